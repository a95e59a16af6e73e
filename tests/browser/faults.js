// What is wrong with how the page is laid out: text that is cut, leaves the screen or is smaller than `least` pixels,
// and parts that overlap. Evaluated in the page by test_sizes.py; returns a list of sentences.
(least) => {
  const faults = [];
  const bar = document.querySelector(".bar");

  const visible = (e) => {
    if (e.closest(".spoken, [hidden]") || !e.checkVisibility()) return false;
    if (e.closest(".sign")) return true;
    if (!bar.hidden && e.closest(".foot") && !e.closest(".bar")) return false; // the bar lies over it
    return e.ownerSVGElement ? getComputedStyle(e.closest("g")).display !== "none" : e.offsetParent !== null;
  };

  const size = (e) => {
    const drawn = e.ownerSVGElement ? e.ownerSVGElement.clientWidth / 100 : 1;
    return parseFloat(getComputedStyle(e).fontSize) * drawn;
  };

  const judge = (e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    const r = range.getBoundingClientRect();
    const name = `${e.className.baseVal ?? e.className}: ${e.textContent}`;
    const cut = e.closest(".cut");
    if (!cut && (r.left < -1 || r.right > innerWidth + 1)) faults.push(`beside the screen  ${name}`);
    if (r.top < -1 || r.bottom > innerHeight + 1) faults.push(`above or below the screen  ${name}`);
    if (size(e) < least) faults.push(`tiny, ${size(e).toFixed(1)}px  ${name}`);
    const box = e.closest(".key, .told, .undo, .facts, .sure, .room, .line, .chip, .name, .back, .note");
    if (!box || cut) return;
    const b = box.getBoundingClientRect();
    if (r.left < b.left - 1 || r.right > b.right + 1) faults.push(`wider than its place  ${name}`);
    const frame = e.closest(".tile, .row")?.getBoundingClientRect();
    if (frame && (r.top < frame.top - 1 || r.bottom > frame.bottom + 1)) faults.push(`taller than its tile or row  ${name}`);
    const tall = box.matches(".key, .chip, .back") && (r.top < b.top - 1 || r.bottom > b.bottom + 1);
    if (tall) faults.push(`taller than its button  ${name}`);
  };

  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(e)) continue;
    seen.add(e);
    if (visible(e)) judge(e);
  }

  const ALL = {
    room: [".panel", [".room", ".clock", ".date", ".word", ".line", ".after", ".strip", ".deck", ".hint", ".foot", ".signal"]],
    home: [".tile", [".room", ".word", ".line", ".after", ".signal"]],
    board: [".row", [".chip", ".name", ".floor", ".line", ".after"]],
    waiting: [".sign", [".named", ".number", ".print"]],
  };
  const [each, names] = ALL[document.documentElement.dataset.scene];
  for (const box of document.querySelectorAll(each)) overlaps(box, names);
  return faults;

  function overlaps(box, names) {
    const parts = names
      .map((name) => [name, box.querySelector(name)])
      .filter(([name, e]) => e && e.checkVisibility() && (name === ".signal" || e.textContent.trim()))
      .map(([name, e]) => [name, e.getBoundingClientRect()]);
    for (const [i, [a, p]] of parts.entries()) {
      for (const [b, q] of parts.slice(i + 1)) {
        const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
        const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
        const slack = [a, b].some((name) => [".line", ".after"].includes(name)) ? 4 : 1; // the space below their letters
        if (wide > 1 && high > slack) faults.push(`overlap of ${high.toFixed(0)}px  ${a} ${b} ${box.dataset.room ?? ""}`);
      }
    }
  }
};
