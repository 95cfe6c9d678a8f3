/* The page of an analysis or a stored document: filter by provision, step through its passages.
   Without it all links still work. Passages and findings may be replaced at any time: nothing is kept but the filter. */
(() => {
  "use strict";
  const text = document.querySelector(".text");
  const state = document.getElementById("filter-state");
  if (!text || !state) return;
  let filter = null;

  const all = (selector) => [...document.querySelectorAll(selector)];
  const listed = (value) => (value || "").split(" ").filter(Boolean);
  const clear = () => document.getElementById("clear");

  function show(provision) {
    filter = provision;
    const chosen = [];
    for (const passage of all(".passage")) {
      const has = provision !== null && listed(passage.dataset.provisions).includes(provision);
      passage.classList.toggle("chosen", has);
      if (has) chosen.push(passage);
    }
    for (const mark of all("mark.evidence, .page-boxes [data-evidence]")) {
      mark.classList.toggle("other", provision !== null && !listed(mark.dataset.evidence).includes(provision));
    }
    text.classList.toggle("filtered", provision !== null);
    if (clear()) clear().hidden = provision === null;
    for (const button of all(".provision-button")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === provision));
    }
    return chosen;
  }

  function go(passage) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    passage.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    passage.focus({ preventScroll: true });
  }

  function press(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    const chosen = show(on ? button.dataset.filter : null);
    const name = button.querySelector(".provision-name").textContent.trim();
    state.textContent = on ? state.dataset.words.replace("{name}", name).replace("{chosen}", chosen.length).replace("{all}", all(".passage").length) : "";
    if (on && chosen.length) go(chosen[0]);
  }

  function reset() {
    const pressed = all(".provision-button").find((button) => button.getAttribute("aria-pressed") === "true");
    show(null);
    state.textContent = "";
    if (pressed) pressed.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && filter !== null && !document.querySelector("dialog[open]")) reset();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    const button = event.target.closest(".provision-button");
    if (button) press(button);
    if (event.target.closest("#clear")) reset();
    const link = event.target.closest('.places a[href^="#p"]');
    const target = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    event.preventDefault();
    history.replaceState(null, "", link.getAttribute("href"));
    go(target);
  });
  document.addEventListener("htmx:afterSettle", () => show(filter));
  text.dataset.ready = "true"; // buttons answer from here on
})();
