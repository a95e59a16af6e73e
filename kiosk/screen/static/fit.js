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

/** Shrinks, and where that is not enough lets the text take more than one line; no more of them than `box` is high. */
export function fit(element, floor = 0.62, box = null) {
  if (shrink(element, floor)) return;
  element.classList.add("wrapped");
  const size = parseFloat(getComputedStyle(element).fontSize);
  for (let share = 0.95; box && element.offsetHeight > box.clientHeight && share > 0.5; share -= 0.05) {
    element.style.fontSize = `${(size * share).toFixed(2)}px`;
  }
}

const pen = document.createElement("canvas").getContext("2d");

const EM = 1000; // px, for what is measured comes in whole ones

function penFor(style) {
  pen.font = `${style.fontWeight} ${EM}px ${style.fontFamily}`;
}

/** The height of a capital in em, in the font the element has got: no two systems have the same. */
export function capInEm(element) {
  penFor(getComputedStyle(element));
  return pen.measureText("H").actualBoundingBoxAscent / EM;
}

/** The width of a text in em, as the element would set it. */
export function widthInEm(text, element) {
  const style = getComputedStyle(element);
  penFor(style);
  const spacing = parseFloat(style.letterSpacing) / parseFloat(style.fontSize) || 0;
  return pen.measureText(text).width / EM + spacing * text.length;
}
