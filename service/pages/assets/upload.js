/* The start page: drop files, see that they are sent and read, go to the result or see the reason why not.
   Without it both forms still work. */
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const words = JSON.parse(byId("words").textContent);
  const problem = byId("problem");
  const say = (key, values) =>
    Object.entries(values || {}).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key]);

  function size(count) {
    return count < 1000000 ? `${Math.max(1, Math.round(count / 1000))} kB` : `${(count / 1000000).toFixed(1)} MB`;
  }

  function fail(details) {
    byId("problem-title").textContent = details.title || words.failed;
    byId("problem-detail").textContent = (details.source ? `${details.source}: ` : "") + (details.detail || "");
    byId("problem-hint").textContent = details.hint || "";
    for (const id of ["problem-detail", "problem-hint"]) byId(id).lang = details.status ? "en" : document.documentElement.lang;
    problem.hidden = false;
    problem.focus();
  }

  /* One form with its drop area. `look` gives a problem before anything is sent, or null; `post` sends. */
  function bind({ form, input, drop, name, send, cancel, working, look, post, auto }) {
    let stop = null;

    function chosen() {
      const files = [...input.files];
      const all = files.reduce((sum, file) => sum + file.size, 0);
      name.textContent = files.length === 1 ? `${files[0].name} (${size(all)})`
        : files.length ? say("files", { count: files.length, size: size(all) }) : words.none;
      drop.classList.toggle("has-file", files.length > 0);
    }

    function busy(on) {
      working.hidden = !on;
      cancel.hidden = !on;
      send.disabled = on;
      form.setAttribute("aria-busy", String(on));
    }

    async function submit(event) {
      event.preventDefault();
      problem.hidden = true;
      const files = [...input.files];
      if (!files.length || send.disabled) return;
      const wrong = look(files);
      if (wrong) {
        fail(wrong);
        return;
      }
      const control = new AbortController();
      stop = control;
      busy(true);
      try {
        const answer = await post(new FormData(form), control, files);
        if (answer.location) {
          location.assign(answer.location);
          return; // stays busy until the next page is there
        }
        fail(answer);
      } catch (error) {
        if (error.name === "LateError") fail({ title: words.late, source: files[0].name, detail: say("late_detail", { seconds: form.dataset.seconds }), hint: words.late_hint });
        else if (error.name !== "AbortError") fail({ title: words.lost, detail: words.lost_detail, hint: words.lost_hint });
      }
      busy(false);
    }

    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.remove("over"); });
    }
    drop.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      chosen();
      if (auto) form.requestSubmit();
    });
    input.addEventListener("change", chosen);
    cancel.addEventListener("click", () => stop && stop.abort());
    form.addEventListener("submit", submit);
    // A page that the browser brings back from its memory must not still look busy.
    window.addEventListener("pageshow", () => { busy(false); chosen(); });
    chosen();
    form.dataset.ready = "true";
  }

  async function read(response) {
    const type = response.headers.get("content-type") || "";
    if (type.includes("json")) return response.json();
    return { title: say("error", { status: response.status }), detail: words.no_reason };
  }

  const once = byId("upload");
  bind({
    form: once, input: byId("file"), drop: byId("drop"), name: byId("file-name"), send: byId("send"),
    cancel: byId("cancel"), working: byId("working"), auto: true,
    look(files) {
      const bytes = Number(once.dataset.bytes);
      if (files[0].size <= bytes) return null;
      return { title: words.large, source: files[0].name, detail: say("large_detail", { size: size(files[0].size), limit: size(bytes) }) };
    },
    async post(body, control) {
      let late = false;
      const started = Date.now();
      const timer = setTimeout(() => { late = true; control.abort(); }, Number(once.dataset.seconds) * 1000);
      const ticking = setInterval(() => {
        const past = Math.round((Date.now() - started) / 1000);
        byId("working-words").textContent = past < 10 ? words.reading : say("reading_for", { seconds: past });
      }, 1000);
      try {
        const headers = { Accept: "application/json, application/problem+json", "X-CSRF-Token": body.get("csrf_token") };
        return await read(await fetch(once.action, { method: "POST", body, headers, signal: control.signal }));
      } catch (error) {
        throw late ? Object.assign(new Error(), { name: "LateError" }) : error;
      } finally {
        clearTimeout(timer);
        clearInterval(ticking);
        byId("working-words").textContent = words.reading;
      }
    },
  });

  const many = byId("many");
  if (!many) return;
  const progress = byId("many-progress");
  bind({
    form: many, input: byId("files"), drop: byId("many-drop"), name: byId("files-name"), send: byId("many-send"),
    cancel: byId("many-cancel"), working: byId("many-working"), auto: false,
    look(files) {
      const most = Number(many.dataset.files);
      const bytes = Number(many.dataset.bytes);
      const all = files.reduce((sum, file) => sum + file.size, 0);
      if (files.length > most) return { title: words.many_files, detail: say("many_files_detail", { count: files.length, limit: most }), hint: words.many_files_hint };
      if (all > bytes) return { title: words.large, detail: say("large_detail", { size: size(all), limit: size(bytes) }) };
      return null;
    },
    post(body, control) {
      // fetch does not tell how much has been sent.
      return new Promise((done, lost) => {
        const request = new XMLHttpRequest();
        request.open("POST", many.action);
        request.responseType = "text";
        request.setRequestHeader("Accept", "application/json, application/problem+json");
        request.setRequestHeader("X-CSRF-Token", body.get("csrf_token"));
        request.upload.onprogress = (event) => { if (event.lengthComputable) progress.value = (100 * event.loaded) / event.total; };
        request.onload = () => {
          try {
            done(JSON.parse(request.responseText));
          } catch {
            done({ title: say("error", { status: request.status }), detail: words.no_reason });
          }
        };
        request.onerror = () => lost(new Error());
        control.signal.onabort = () => { request.abort(); lost(new DOMException("", "AbortError")); };
        progress.value = 0;
        request.send(body);
      });
    },
  });
})();
