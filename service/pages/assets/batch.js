/* A batch at work: the page follows it by server-sent events, or asks every few seconds where those don't come.
   It stops when the batch has ended, and says so when the service can't be reached. */
(() => {
  "use strict";
  const ASK = 2000;
  const PATIENCE = 15000; // for one answer
  const box = () => document.getElementById("progress");
  if (!box()) return;
  let source = null;
  let timer = null;
  let asking = false;
  let missed = 0;

  const ended = () => box().dataset.ended === "true";

  async function refresh() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(box().dataset.part, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(String(answer.status));
      const focused = document.activeElement && document.activeElement.closest("#progress") ? document.activeElement.textContent : null;
      const made = document.createElement("template");
      made.innerHTML = await answer.text();
      const part = made.content.querySelector("#progress");
      if (!part) throw new Error("another page"); // that of the log-in
      box().replaceWith(part);
      htmx.process(box());
      if (focused) [...box().querySelectorAll("button")].filter((one) => one.textContent === focused).forEach((one) => one.focus());
      missed = 0;
    } catch {
      missed += 1;
      const lost = document.getElementById("progress-lost");
      lost.textContent = box().dataset.lost;
      lost.hidden = false;
    }
    asking = false;
    if (ended()) stop(true);
  }

  function stop(reload) {
    if (source) source.close();
    source = null;
    clearTimeout(timer);
    timer = null;
    if (reload) location.reload(); // the list of documents below was made when the page was
  }

  function ask() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      await refresh();
      if (!ended()) ask();
    }, Math.min(ASK * (1 + missed), 30000));
  }

  function follow() {
    if (ended()) return;
    ask(); // events only make it faster
    if (!window.EventSource) return;
    source = new EventSource(box().dataset.events);
    source.onmessage = refresh;
    for (const kind of ["progress", "done", "end"]) source.addEventListener(kind, refresh);
    source.onerror = () => { if (source && source.readyState === EventSource.CLOSED) { source.close(); source = null; } };
  }

  document.addEventListener("htmx:afterSettle", () => { if (!source && !timer) follow(); });
  window.addEventListener("pagehide", () => stop(false));
  window.addEventListener("pageshow", (event) => { if (event.persisted) follow(); }); // back from the browser's memory
  follow();
  document.body.dataset.ready = "true";
})();
