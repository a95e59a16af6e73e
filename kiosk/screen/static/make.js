// Elements that scripts make: a plain one, and a room's shape beside others of its kind.

let made = 0;

export function make(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

/** A copy of the shape, with hatches of its own: a pattern takes its colours from where it stands, not where it is used. */
export function shape() {
  made += 1;
  const signal = document.getElementById("signal").cloneNode(true);
  for (const pattern of signal.querySelectorAll("pattern")) pattern.id += made;
  signal.querySelector(".hatched").style.fill = `url(#hatch${made})`;
  signal.querySelector(".crossed").style.fill = `url(#cross${made})`;
  const [left, count] = [signal.querySelector(".left"), signal.querySelector(".count")];
  for (const each of [signal, left, count]) each.removeAttribute("id");
  return { signal, left, count };
}
