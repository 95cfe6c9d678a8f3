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
  const { selection } = window.palermo;
  const STILL = "palermo_keys_off";
  let current = null; // id of the tag that keys are about
  let opened = []; // details that were open before a part was replaced
  let picking = null;
  let chosen = null; // words that the person selected
  let moved = false; // whether the queue's tag was gone to, and has not come after a decision
  let added = null; // id of the tag that is being added in a document: it is the one at hand then
  let filling = null; // the provisions on their way to the dialog
  const under = new Set(); // what is under way: requests, and what waits for the provisions
  const waiting = []; // keys pressed meanwhile

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

  /* The next or previous tag; where none is at hand, from the passage that has the focus, else the top of the window. */
  function step(by) {
    if (queue) return queueStep(by);
    const every = tags();
    const at = every.indexOf(here());
    if (at >= 0) return go(every[at + by]);
    const from = document.activeElement && document.activeElement.closest("[data-passage]");
    const follows = (tag) => from.compareDocumentPosition(tag) & Node.DOCUMENT_POSITION_FOLLOWING;
    const beyond = from ? follows : (tag) => tag.getBoundingClientRect().top > 0;
    go((by > 0 ? every.find(beyond) : every.findLast((tag) => !beyond(tag))) || every[0]);
  }

  const lines = () => all("#queue-list [data-item]");
  const lineHere = () => lines().findIndex((line) => line.getAttribute("aria-current") === "true");
  const open = (line) => line.parentElement.classList.contains("open");

  function queueStep(by) {
    const every = lines();
    const at = lineHere();
    const next = at >= 0 ? every[at + by] : by > 0 ? every.find(open) : every.at(-1);
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
    if (queue && last && !moved) last.click();
    else if (!act("undo") && last) last.click();
  }

  /* On the page of a document a tag stands in its passage, in the queue the passage stands in the tag. */
  const passageOf = (tag) => tag && (tag.closest("[data-passage]") || tag.querySelector("[data-passage]"));

  function passageHere() {
    const at = document.activeElement && document.activeElement.closest("[data-passage]");
    return at || passageOf(here()) || document.querySelector(".passage[data-passage]");
  }

  /* A modal dialog gives the focus back only to what had it: without that, it would stay for a moment on a field of the
     closed dialog, which would take the next keys. */
  function show(dialog) {
    if (dialog.open) return;
    if (document.activeElement === document.body) (here() || byId("main")).focus({ preventScroll: true });
    dialog.showModal();
  }

  function fill() {
    const options = byId("picker-options");
    filling ??= fetch(options.dataset.from)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
      .then((html) => {
        options.innerHTML = html;
        search();
      });
    filling.catch(() => {
      filling = null;
      picker.close();
      fail({ title: byId("problem").dataset.lost });
    });
    return filling;
  }

  /* Does it once the provisions are there. */
  function whenFilled(work) {
    if (byId("picker-options").childElementCount) return work();
    begin(work);
    fill().then(() => work(), () => waiting.splice(0)).finally(() => end(work));
  }

  function pick(kind) {
    if (!picker || picker.open) return;
    const tag = here();
    const words = selection() || (chosen && chosen.passage.isConnected ? chosen : null);
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
    for (const input of all("#picker-options input:checked")) input.checked = false;
    search();
    // Open before the provisions are there: what is typed next is meant for it.
    show(picker);
    byId("picker-search").focus();
    fill();
  }

  function search() {
    const wanted = byId("picker-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const option of all("#picker-options .option")) {
      const fits = wanted.length ? wanted.every((word) => option.dataset.search.includes(word)) : !option.classList.contains("finer");
      option.hidden = !fits;
      if (!fits) option.querySelector("input").checked = false;
      shown += fits;
    }
    byId("picker-none").hidden = shown > 0 || !byId("picker-options").childElementCount;
  }

  const visible = () => all("#picker-options .option:not([hidden]) input");

  function down() {
    const every = visible();
    const next = every[every.findIndex((input) => input.checked) + 1];
    if (!next) return;
    next.focus();
    next.checked = true;
  }

  const save = () => { if (picker.open && visible().length) byId("picker-send").click(); };

  /* A key that waited, for the dialog that has opened meanwhile. */
  function type(key) {
    const box = byId("picker-search");
    if (key === "Enter") return whenFilled(save);
    if (key === "ArrowDown") return whenFilled(down);
    box.value = key === "Backspace" ? box.value.slice(0, -1) : box.value + key;
    search();
  }

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
    if (kind === "add") delete values.seen; // which is of the tag at hand
    if (kind === "add" && !queue) added = `t-${passage.dataset.index}-${input.value.replaceAll(".", "-")}`;
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
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      type(event.key);
    });
    byId("picker-form").addEventListener("submit", send);
    picker.querySelector("[data-close]").addEventListener("click", () => picker.close());
    picker.addEventListener("close", () => {
      chosen = selection();
      addHere.hidden = !chosen;
      if (lost()) focusHere();
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
    c: () => pick("change"), n: () => pick("add"), u: undo, "?": () => help && show(help),
  };
  /* What a key means: the character that it types; where that is a letter of another script, the key in its place. */
  function meaning({ key, code, shiftKey }) {
    if (!/^(?:(?!\p{Script=Latin})[\p{L}\p{M}]|؟)+$/u.test(key)) return key.length === 1 ? key.toLowerCase() : key;
    return code === "Slash" && shiftKey ? "?" : /^Key[A-Z]$/.test(code) ? code[3].toLowerCase() : key;
  }
  const known = (key) => on() && Object.hasOwn(KEYS, meaning(key));

  function press(key) {
    if (picker && picker.open) type(key.key);
    else if (!(help && help.open) && known(key)) KEYS[meaning(key)]();
  }

  /* While a step is under way, what it leaves on the page is not there yet: keys wait for it, in their order. */
  function begin(what) {
    under.add(what);
    document.body.dataset.busy = "true";
  }

  function end(what) {
    under.delete(what);
    while (!under.size && waiting.length) press(waiting.shift());
    if (!under.size) delete document.body.dataset.busy;
  }

  function wait(event) {
    if (event.key === "Escape") return waiting.splice(0);
    const typed = (picker && picker.open) || waiting.some((key) => "cn".includes(meaning(key)) && known(key));
    const meant = typed ? event.key.length === 1 || ["Enter", "ArrowDown", "Backspace"].includes(event.key) : known(event);
    if (!meant) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) waiting.push(event);
  }

  /* Fields keep their keys, except those of a closed dialog, which the focus is about to leave. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !event.target.closest) return;
    const dialog = document.querySelector("dialog[open]");
    const field = event.target.closest("input, textarea, select");
    if (dialog ? dialog !== picker : field && !field.closest("dialog")) return;
    if (under.size) return wait(event);
    if (dialog || !known(event)) return;
    event.preventDefault();
    // A key that is held down goes through tags, but decides once.
    if (!event.repeat || "jk".includes(meaning(event))) press(event);
  }, true);
  if (help) {
    const box = byId("keys-on");
    box.checked = on();
    addEventListener("storage", () => { box.checked = on(); });
    box.addEventListener("change", () => (box.checked ? localStorage.removeItem(STILL) : localStorage.setItem(STILL, "1")));
    help.addEventListener("close", () => { if (lost()) focusHere(); });
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    const button = event.target.closest("[data-pick]");
    if (button && !under.size) {
      const tag = button.closest("[data-tag]");
      if (tag) current = tag.id;
      pick(button.dataset.pick);
    }
    if (event.target.closest("#add-here") && !under.size) pick("add");
    if (event.target.closest("[data-help]") && help) show(help);
  });
  document.addEventListener("focusin", (event) => {
    const tag = event.target.closest && event.target.closest("[data-tag]");
    if (tag) current = tag.id;
  });

  function settle() {
    for (const one of all("[data-pick], [data-help]")) one.hidden = false;
    for (const id of opened) if (byId(id)) byId(id).open = true;
  }

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    opened = all("details[open][id]").map((one) => one.id);
    // A decision that came too late brings the newer one as a part of the page.
    const late = detail.xhr.status === 409 && (detail.xhr.getResponseHeader("content-type") || "").startsWith("text/html");
    if (late) Object.assign(detail, { shouldSwap: true, isError: false });
    moved ||= late;
  });
  document.addEventListener("palermo:refused", (event) => fail(event.detail));
  document.addEventListener("htmx:afterSettle", settle);

  const lost = () => document.activeElement === document.body || document.activeElement.closest("dialog:not([open])");

  /* The tag at hand gets the focus, unless the person is in a dialog or a field. */
  function focusHere() {
    const tag = queue ? document.querySelector("#item [data-tag]") : current && byId(current);
    const at = document.activeElement;
    const field = at && at.matches("input, textarea, select") && !at.closest("dialog:not([open])");
    if (!tag || field || document.querySelector("dialog[open]")) return;
    current = tag.id;
    tag.focus({ preventScroll: !queue });
  }

  /* Steps are what people ask for: decisions, and other tags of the queue; not pictures that load by themselves. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { xhr, requestConfig } = event.detail;
    const post = requestConfig.verb === "post";
    if (byId("problem")) byId("problem").hidden = true;
    if (!post && !requestConfig.path.startsWith("/queue")) return;
    const more = event.target.id === "queue-more";
    const listed = lines().length;
    begin(xhr);
    // The last event of a request, however it ends; HTMX has put the answer in by then.
    xhr.addEventListener("loadend", () => {
      const well = xhr.status >= 200 && xhr.status < 300;
      if (!well) { waiting.splice(0); mark(); }
      else arrive(post, more ? listed : null);
      if (well && !queue && lost()) byId(event.detail.target.id)?.focus({ preventScroll: true });
      end(xhr);
    });
  });

  function arrive(post, listed) {
    mark();
    if (post && added) current = added;
    if (post) added = null;
    focusHere();
    if (listed !== null) {
      const more = lines().slice(listed);
      const next = more.find(open) || more[0];
      if (next) next.click();
      return;
    }
    moved = !post;
    const left = post && queue && "flows" in queue.dataset && !document.querySelector("#item [data-item]");
    if (left && byId("queue-more")) byId("queue-more").click();
  }
  document.addEventListener("palermo:said", (event) => {
    status.textContent = event.detail.text;
    status.classList.add("toast");
    clearTimeout(settle.timer);
    settle.timer = setTimeout(() => status.classList.remove("toast"), 4000);
  });
  function fail(text) {
    const box = byId("problem");
    if (!box) return;
    for (const part of ["title", "detail", "hint"]) byId(`problem-${part}`).textContent = text[part] || "";
    box.hidden = false;
    box.focus();
  }
  /* The queue goes on with the next line that nobody has decided. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (!queue || event.detail.verb !== "post") return;
    const every = lines();
    const at = lineHere();
    const next = every.slice(at + 1).find(open) || every.slice(0, Math.max(at, 0)).find(open);
    event.detail.parameters.next = next ? next.dataset.item : "";
  });
  function mark() {
    const now = document.querySelector("#item [data-item]");
    for (const link of lines()) {
      const is = now !== null && link.dataset.item === now.dataset.item;
      if (is) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      if (is) link.scrollIntoView({ block: "nearest" });
    }
  }
  document.addEventListener("htmx:responseError", (event) => {
    try {
      fail(JSON.parse(event.detail.xhr.responseText));
    } catch {
      fail({ title: `${event.detail.xhr.status}` });
    }
  });
  document.addEventListener("htmx:sendError", () => fail({ title: byId("problem").dataset.lost }));
  settle();
  if (queue) current = "now";
  document.body.dataset.ready = "true";
})();
