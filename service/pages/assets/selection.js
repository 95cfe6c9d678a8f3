/* The words that a person has selected, in one passage: the passage, their offsets in the document's text, the words. */
(() => {
  "use strict";
  /* Offsets count code points of the document's text; labels of mental elements are no part of it. */
  function selection() {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    const words = range && !range.collapsed && range.startContainer.parentElement && range.startContainer.parentElement.closest(".words");
    const end = words && range.endContainer.parentElement && range.endContainer.parentElement.closest(".words");
    if (!words || words !== end) return null;
    const passage = words.closest("[data-passage]");
    if (!passage) return null;
    const walk = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
    let count = 0;
    let from = null;
    let to = null;
    while (walk.nextNode()) {
      const node = walk.currentNode;
      if (node.parentElement.closest("[data-not-text]")) continue;
      const points = (until) => Array.from(node.data.slice(0, until)).length;
      if (node === range.startContainer) from = count + points(range.startOffset);
      if (node === range.endContainer) to = count + points(range.endOffset);
      if (from === null && range.comparePoint(node, 0) >= 0) from = count;
      if (to === null && range.comparePoint(node, 0) > 0) to = count;
      count += points(node.data.length);
    }
    from = from === null ? 0 : from;
    to = to === null ? count : to;
    const start = Number(passage.dataset.start);
    return to > from ? { passage, start: start + from, end: start + to, words: range.toString() } : null;
  }

  window.palermo = { selection };
})();
