/* Review by keyboard and mouse: go from tag to tag, decide, pick another provision, add one to chosen words.
   Works on the page of a document and on the queue. The server decides and answers with HTML; without this script,
   accepting, rejecting and undoing still work by plain forms. */
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const status = byId("status");
  const picker = byId("picker");
  const help = byId("help");
  const addHere = byId("add-here");
  const queue = byId("queue");
  const STILL = "palermo_keys_off";
  let current = null; // id of the tag that keys are about
  let opened = []; // details that were open before a part was replaced
  let picking = null;
  let chosen = null; // words that the person selected

  const tags = () => all("[data-tag]");
  const here = () => {
    const at = document.activeElement && document.activeElement.closest("[data-tag]");
    return at || (current && byId(current)) || null;
  };

  function go(tag) {
    if (!tag) return;
    current = tag.id;
    for (const one of tags()) one.toggleAttribute("data-current", one === tag);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    tag.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    tag.focus({ preventScroll: true });
  }

  /* The next or previous tag; where none has the focus yet, the first one below the top of the window. */
  function step(by) {
    if (queue) return queueStep(by);
    const every = tags();
    const at = every.indexOf(here());
    if (at >= 0) return go(every[at + by]);
    go(every.find((tag) => tag.getBoundingClientRect().top > 0) || every[0]);
  }

  function queueStep(by) {
    const links = all("#queue-list [data-item]");
    const at = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    const next = links[at + by];
    if (next) next.click();
    else if (by > 0 && byId("queue-more")) byId("queue-more").click();
  }

  function act(action) {
    const tag = here();
    const button = tag && tag.querySelector(`form.acts button[value="${action}"]`);
    if (!button) return false;
    current = tag.id;
    button.click();
    return true;
  }

  function undo() {
    const last = byId("undo-last");
    if (queue && last) last.click();
    else if (!act("undo") && last) last.click();
  }

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

  /* On the page of a document a tag stands in its passage, in the queue the passage stands in the tag. */
  const passageOf = (tag) => tag && (tag.closest("[data-passage]") || tag.querySelector("[data-passage]"));

  function passageHere() {
    const at = document.activeElement && document.activeElement.closest("[data-passage]");
    return at || passageOf(here()) || document.querySelector(".passage[data-passage]");
  }

  async function pick(kind) {
    if (!picker) return;
    const tag = here();
    const words = chosen || selection();
    const passage = kind === "add" ? (words ? words.passage : passageHere()) : passageOf(tag);
    if (!passage || (kind === "change" && !tag)) return;
    picking = { kind, passage, tag, words: kind === "add" ? words : null };
    const title = byId("picker-title");
    title.textContent = title.dataset[kind].replace("{label}", tag ? tag.dataset.label : "");
    const quote = words ? words.words : passage.querySelector(".words").textContent;
    byId("picker-words").textContent = quote.length > 240 ? `${quote.slice(0, 240)}…` : quote;
    byId("picker-words").hidden = kind === "change";
    byId("picker-comment").value = "";
    byId("picker-search").value = "";
    const options = byId("picker-options");
    if (!options.childElementCount) options.innerHTML = await (await fetch(options.dataset.from)).text();
    for (const input of options.querySelectorAll("input:checked")) input.checked = false;
    search();
    if (!picker.open) picker.showModal();
    byId("picker-search").focus();
  }

  function search() {
    const wanted = byId("picker-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const option of all("#picker-options .option")) {
      const fits = wanted.length ? wanted.every((word) => option.dataset.search.includes(word)) : !option.classList.contains("finer");
      option.hidden = !fits;
      shown += fits;
    }
    byId("picker-none").hidden = shown > 0;
  }

  const visible = () => all("#picker-options .option:not([hidden]) input");

  function send(event) {
    const input = byId("picker-options").querySelector("input:checked") || (visible().length === 1 ? visible()[0] : null);
    if (!input) {
      event.preventDefault();
      byId("picker-search").focus();
      return;
    }
    const { kind, passage, tag, words } = picking;
    const form = tag && tag.querySelector("form.acts");
    const values = { passage: passage.dataset.passage, index: passage.dataset.index, action: kind, comment: byId("picker-comment").value };
    if (form) Object.assign(values, Object.fromEntries(new FormData(form)), { action: kind, passage: passage.dataset.passage, index: passage.dataset.index });
    if (kind === "change") Object.assign(values, { provision: tag.dataset.provision, replacement: input.value });
    else values.provision = input.value;
    if (words) Object.assign(values, { start: words.start, end: words.end });
    chosen = null;
    addHere.hidden = true;
    const text = document.querySelector("[data-add]");
    const target = text.dataset.target || `#${passage.id}`;
    htmx.ajax("POST", text.dataset.add, { target, swap: "outerHTML", values });
  }

  if (picker) {
    byId("picker-search").addEventListener("input", search);
    byId("picker-search").addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && visible().length) {
        event.preventDefault();
        visible()[0].focus();
        visible()[0].checked = true;
      }
      if (event.key === "Enter") {
        event.preventDefault();
        if (visible().length) byId("picker-send").click();
      }
    });
    byId("picker-form").addEventListener("submit", send);
    picker.querySelector("[data-close]").addEventListener("click", () => picker.close());
    picker.addEventListener("close", () => {
      const back = picking && picking.tag && byId(picking.tag.id);
      if (back) back.focus({ preventScroll: true });
    });
  }

  /* A button beside chosen words, for those who choose by mouse or touch. */
  document.addEventListener("selectionchange", () => {
    if (!addHere || (picker && picker.open)) return;
    chosen = selection();
    addHere.hidden = !chosen;
    if (!chosen) return;
    const box = getSelection().getRangeAt(0).getBoundingClientRect();
    addHere.style.top = `${scrollY + box.bottom + 8}px`;
    addHere.style.left = `${Math.max(8, Math.min(scrollX + box.left, innerWidth - 220))}px`;
  });

  const on = () => localStorage.getItem(STILL) === null;
  const KEYS = {
    j: () => step(1), k: () => step(-1), a: () => act("accept"), r: () => act("reject"),
    c: () => pick("change"), n: () => pick("add"), u: undo, "?": () => help && help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea, select, dialog[open]");
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !(key in KEYS) || !(on() || key === "?")) return;
    event.preventDefault();
    KEYS[key]();
  });
  if (help) {
    const box = byId("keys-on");
    box.checked = on();
    box.addEventListener("change", () => (box.checked ? localStorage.removeItem(STILL) : localStorage.setItem(STILL, "1")));
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    const button = event.target.closest("[data-pick]");
    if (button) {
      const tag = button.closest("[data-tag]");
      if (tag) current = tag.id;
      pick(button.dataset.pick);
    }
    if (event.target.closest("#add-here")) pick("add");
    if (event.target.closest("[data-help]") && help) help.showModal();
  });
  document.addEventListener("focusin", (event) => {
    const tag = event.target.closest && event.target.closest("[data-tag]");
    if (tag) current = tag.id;
  });

  function settle() {
    for (const one of all("[data-pick], [data-help]")) one.hidden = false;
    for (const id of opened) if (byId(id)) byId(id).open = true;
  }

  document.addEventListener("htmx:beforeSwap", () => { opened = all("details[open][id]").map((one) => one.id); });
  document.addEventListener("htmx:afterSettle", () => {
    settle();
    const tag = queue ? document.querySelector("#item [data-tag]") : current && byId(current);
    if (tag && !(picker && picker.open)) {
      current = tag.id;
      tag.focus({ preventScroll: !queue });
    }
    if (queue) mark();
  });
  document.addEventListener("palermo:said", (event) => {
    status.textContent = event.detail.text;
    status.classList.add("toast");
    clearTimeout(settle.timer);
    settle.timer = setTimeout(() => status.classList.remove("toast"), 4000);
  });
  function fail(text) {
    const box = byId("problem");
    if (!box) return;
    byId("problem-title").textContent = text.title || "";
    byId("problem-detail").textContent = text.detail || "";
    byId("problem-hint").textContent = text.hint || "";
    box.hidden = false;
    box.focus();
  }
  /* The queue goes on with the next line that nobody has decided. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (!queue || event.detail.verb !== "post") return;
    const links = all("#queue-list [data-item]");
    const at = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    const open = (link) => link.parentElement.classList.contains("open");
    const next = links.slice(at + 1).find(open) || links.slice(0, Math.max(at, 0)).find(open);
    event.detail.parameters.next = next ? next.dataset.item : "";
  });
  function mark() {
    const now = document.querySelector("#item [data-item]");
    for (const link of all("#queue-list [data-item]")) {
      const is = now !== null && link.dataset.item === now.dataset.item;
      if (is) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      if (is) link.scrollIntoView({ block: "nearest" });
    }
  }
  document.addEventListener("htmx:beforeRequest", () => { if (byId("problem")) byId("problem").hidden = true; });
  document.addEventListener("htmx:responseError", (event) => {
    try {
      fail(JSON.parse(event.detail.xhr.responseText));
    } catch {
      fail({ title: `${event.detail.xhr.status}` });
    }
  });
  document.addEventListener("htmx:sendError", () => fail({ title: document.body.dataset.lost || "" }));
  settle();
  if (queue) current = "now";
  document.body.dataset.ready = "true";
})();
