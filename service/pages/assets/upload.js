/* The start page: drop or choose files or a folder, see that they are sent and read, go to the result or see the reason
   why not. Whatever happens, the wait ends. Without it both forms still work. */
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const words = JSON.parse(byId("words").textContent);
  const problem = byId("problem");
  const folders = window.palermoFolder;
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

  const reasons = {
    LateError: (form, error) => ({ title: words.late, source: error.source, detail: say("late_detail", { seconds: form.dataset.seconds }), hint: words.late_hint }),
    UnreadError: (form, error) => ({ title: words.unread, source: error.source, detail: words.unread_detail, hint: words.unread_hint }),
  };
  const lost = () => ({ title: words.lost, detail: words.lost_detail, hint: words.lost_hint });

  /* One form with its drop area. `look` gives a problem before anything is sent, or null; `post` sends.
     `folder`: the button and the input that choose one; a form without takes one file. */
  function bind({ form, input, drop, name, send, cancel, working, look, post, folder }) {
    let stop = null;
    let inside = null; // files of a folder as {path, file}; they win over those of the input

    function chosen() {
      const files = inside ? inside.map((one) => one.file) : [...input.files];
      const all = files.reduce((sum, file) => sum + file.size, 0);
      const told = { count: files.length, size: size(all) };
      if (inside) name.textContent = say("folder", { ...told, name: inside[0].path.split("/")[0] });
      else name.textContent = files.length === 1 ? `${files[0].name} (${told.size})` : files.length ? say("files", told) : words.none;
      drop.classList.toggle("has-file", files.length > 0);
      input.required = !inside; // else the browser would ask for a file beside the folder
    }

    function take(found) {
      inside = found.length ? found : null;
      if (inside) input.value = "";
      else fail({ title: words.no_files });
      chosen();
    }

    function busy(on) {
      working.hidden = !on;
      cancel.hidden = !on;
      send.disabled = on;
      form.setAttribute("aria-busy", String(on));
    }

    /* Do what takes time: it can be cancelled, and its error is told. True: the next page comes. */
    async function wait(work) {
      stop = new AbortController();
      problem.hidden = true;
      busy(true);
      try {
        if (await work(stop)) return; // stays busy until the next page is there
      } catch (error) {
        if (error.name !== "AbortError") fail(error.name in reasons ? reasons[error.name](form, error) : lost());
      }
      busy(false);
    }

    function submit(event) {
      event.preventDefault();
      const files = inside || [...input.files].map((file) => ({ path: file.name, file }));
      if (!files.length || send.disabled) return;
      const wrong = look(files.map((one) => one.file), inside !== null);
      if (wrong) {
        fail(wrong);
        return;
      }
      wait(async (control) => {
        await folders.check(files, control.signal);
        control.signal.throwIfAborted(); // cancelled while the last file was looked at
        const answer = await post(new FormData(form), control, files, inside !== null);
        if (answer.location) location.assign(answer.location);
        else fail(answer);
        return Boolean(answer.location);
      });
    }

    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.remove("over"); });
    }
    drop.addEventListener("drop", (event) => {
      const entries = folders.entries(event.dataTransfer);
      if (send.disabled || !event.dataTransfer.files.length) return;
      if (!folder && (entries || event.dataTransfer.files.length > 1)) {
        fail({ title: words.one_only, detail: words.one_only_detail, hint: byId("many") ? words.one_only_hint : "" });
      } else if (entries) {
        wait(async (control) => take(await folders.dropped(entries, Number(form.dataset.members), control.signal)));
      } else {
        inside = null;
        input.files = event.dataTransfer.files;
        chosen();
        if (!folder) form.requestSubmit();
      }
    });
    input.addEventListener("change", () => { inside = null; chosen(); });
    if (folder) {
      folder.button.hidden = !("webkitdirectory" in folder.input);
      folder.button.addEventListener("click", () => folder.input.click());
      folder.input.addEventListener("change", () => { take(folders.picked(folder.input)); folder.input.value = ""; });
    }
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
    cancel: byId("cancel"), working: byId("working"), folder: null,
    look(files) {
      const bytes = Number(once.dataset.bytes);
      if (files[0].size <= bytes) return null;
      return { title: words.large, source: files[0].name, detail: say("large_detail", { size: size(files[0].size), limit: size(bytes) }) };
    },
    async post(body, control, files) {
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
        throw late ? Object.assign(new Error(), { name: "LateError", source: files[0].path }) : error;
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
  function tell(key, values, share) {
    byId("many-working-words").textContent = say(key, values);
    if (share === null) progress.removeAttribute("value");
    else progress.value = share;
  }

  bind({
    form: many, input: byId("files"), drop: byId("many-drop"), name: byId("files-name"), send: byId("many-send"),
    cancel: byId("many-cancel"), working: byId("many-working"), folder: { button: byId("choose-folder"), input: byId("folder") },
    look(files, packed) {
      const most = Number(packed ? many.dataset.members : many.dataset.files);
      const bytes = Number(many.dataset.bytes);
      const all = files.reduce((sum, file) => sum + file.size, 0);
      if (files.length > most) return { title: words.many_files, detail: say("many_files_detail", { count: files.length, limit: most }), hint: packed ? "" : words.many_files_hint };
      if (all > bytes) return { title: words.large, detail: say("large_detail", { size: size(all), limit: size(bytes) }) };
      return null;
    },
    async post(body, control, files, packed) {
      if (packed) {
        const told = (done) => tell("packing", { done, count: files.length }, (100 * done) / files.length);
        const archive = await folders.pack(files, told, control.signal);
        body.set("files", archive.data, archive.name);
      }
      tell("sending", {}, 0);
      return upload(many, body, control.signal);
    },
  });

  /* Send a form and hear how much has gone, which fetch does not tell. Where nothing moves for too long, it ends. */
  function upload(form, body, signal) {
    return new Promise((done, failed) => {
      signal.throwIfAborted(); // cancelled while the last file was packed: onabort would not be called again
      const request = new XMLHttpRequest();
      let timer = null;
      const end = (how, what) => { clearTimeout(timer); how(what); };
      const moved = () => {
        clearTimeout(timer);
        timer = setTimeout(() => { end(failed, Object.assign(new Error(), { name: "LateError" })); request.abort(); }, Number(form.dataset.seconds) * 1000);
      };
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json, application/problem+json");
      request.setRequestHeader("X-CSRF-Token", body.get("csrf_token"));
      request.upload.onprogress = (event) => { moved(); if (event.lengthComputable) tell("sending", {}, (100 * event.loaded) / event.total); };
      request.upload.onload = () => { moved(); tell("keeping", {}, null); };
      request.onload = () => {
        let answer;
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          answer = { title: say("error", { status: request.status }), detail: words.no_reason };
        }
        end(done, answer);
      };
      request.onerror = () => end(failed, new Error());
      signal.onabort = () => { end(failed, new DOMException("", "AbortError")); request.abort(); };
      moved();
      request.send(body);
    });
  }
})();
