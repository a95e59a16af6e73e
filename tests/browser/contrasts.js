// The contrast of every visible text against the worst colour it can stand on: the nearest painted ground, which for
// the page itself is both tones of the hatch. Evaluated in the page by test_colours.py; returns [{ text, ratio }].
() => {
  const channel = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(Number).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

  const tones = (e) => {
    const probe = document.createElement("i");
    e.append(probe);
    const both = ["--bg", "--bg2"].map((name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return both;
  };
  const page = tones(document.body);

  const grounds = (e) => {
    for (; e && e !== document.body; e = e.parentElement) {
      if (e.matches(".tile, .chip")) return tones(e);
      const colour = getComputedStyle(e).backgroundColor;
      if (!/rgba\(.*, 0\)|transparent/.test(colour)) return [colour];
    }
    return page;
  };

  const faded = (e) => e !== null && (getComputedStyle(e).opacity !== "1" || faded(e.parentElement));

  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || e.closest(".spoken, [hidden]") || !e.checkVisibility()) continue;
    const drawn = e.ownerSVGElement !== undefined && e.ownerSVGElement !== null;
    if (drawn ? getComputedStyle(e.closest("g")).display === "none" : !e.offsetParent && !e.closest(".sign")) continue;
    const text = luminance(drawn ? getComputedStyle(e).fill : getComputedStyle(e).color);
    const worst = Math.min(...grounds(e).map((ground) => contrast(luminance(ground), text)));
    found.push({ text: walker.currentNode.data, ratio: faded(e) ? 0 : worst });
  }
  return found;
};
