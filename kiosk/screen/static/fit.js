// Makes text fit its place: smaller down to a floor, then on two lines. Nothing on the glass is ever cut off.

/** Shrinks an element's font until its text fits its width, to `floor` of the designed size at least; true if it fits. */
export function shrink(element, floor) {
  element.style.fontSize = "";
  element.classList.remove("wrapped");
  const room = element.clientWidth;
  const need = element.scrollWidth;
  if (need <= room || room === 0) return true;
  const size = parseFloat(getComputedStyle(element).fontSize);
  const share = Math.max(floor, (room / need) * 0.99);
  element.style.fontSize = `${(size * share).toFixed(2)}px`;
  return element.scrollWidth <= element.clientWidth;
}

/** Shrinks, and where that is not enough lets the text take more than one line. */
export function fit(element, floor = 0.62) {
  if (!shrink(element, floor)) element.classList.add("wrapped");
}

const pen = document.createElement("canvas").getContext("2d");

/** The width of a text in em, as the element would set it. */
export function widthInEm(text, element) {
  const style = getComputedStyle(element);
  pen.font = `${style.fontWeight} 100px ${style.fontFamily}`;
  const spacing = parseFloat(style.letterSpacing) / parseFloat(style.fontSize) || 0;
  return pen.measureText(text).width / 100 + spacing * text.length;
}
