/* A folder that is dropped or chosen: its files are found and packed into one ZIP archive, stored and not compressed,
   which the service opens as any other. So its paths stay, a manifest can name them, and no limit of files applies.
   Without it, files can still be chosen one by one. */
window.palermoFolder = (() => {
  "use strict";
  const CLUTTER = /^(\..*|Thumbs\.db|desktop\.ini)$/i;
  const UTF8 = 0x0800; // names are UTF-8 (APPNOTE 4.4.4, bit 11)
  const MADE = 0x21; // 1 January 1980: the archive says nothing of when

  const unread = (path) => Object.assign(new Error(path), { name: "UnreadError", source: path });
  const wanted = (path) => !path.split("/").some((name) => CLUTTER.test(name));

  /* Files below an entry of a drop, as {path, file}; at most `most`. */
  async function walk(entry, most, signal, found = []) {
    signal.throwIfAborted();
    if (found.length > most || CLUTTER.test(entry.name)) return found;
    if (entry.isFile) {
      const path = entry.fullPath.replace(/^\/+/, "");
      const file = await new Promise((done, lost) => entry.file(done, () => lost(unread(path))));
      found.push({ path, file });
      return found;
    }
    const reader = entry.createReader();
    for (;;) { // a reader gives some at a time, then none
      const some = await new Promise((done, lost) => reader.readEntries(done, () => lost(unread(entry.fullPath))));
      if (!some.length) return found;
      for (const one of some) await walk(one, most, signal, found);
    }
  }

  /* Entries of a drop with a folder among them; null where there is none. They must be asked for before any wait. */
  function entries(transfer) {
    const all = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
    return all.some((entry) => entry.isDirectory) ? all : null;
  }

  async function dropped(all, most, signal) {
    const found = [];
    for (const entry of all) await walk(entry, most, signal, found);
    return found;
  }

  function picked(input) {
    const found = [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    return found.filter((one) => wanted(one.path));
  }

  const content = (blob, path) => blob.arrayBuffer().catch(() => { throw unread(path); });

  /* Whether each file can still be read: an upload that meets one that can't looks like a lost connection. */
  async function check(files, signal) {
    for (const { path, file } of files) {
      signal.throwIfAborted();
      await content(file.slice(0, 1), path);
    }
  }

  const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });

  function crc(bytes) {
    let value = 0xffffffff;
    for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
    return (value ^ 0xffffffff) >>> 0;
  }

  /* Little-endian numbers, each as [value, bytes]. */
  function numbers(...all) {
    return Uint8Array.from(all.flatMap(([value, size]) => Array.from({ length: size }, (_, at) => (value >>> (8 * at)) & 255)));
  }

  /* The archive of the files, without the folder that holds them all. `tell` hears how many are read.
     Here and in `check`, a file that can't be read is an UnreadError with its path as `source`. */
  async function pack(files, tell, signal) {
    const top = `${files[0].path.split("/")[0]}/`;
    const shared = files.every((one) => one.path.startsWith(top)) ? top.length : 0;
    const parts = [];
    const listed = [];
    let offset = 0;
    for (const [at, { path, file }] of files.entries()) {
      signal.throwIfAborted();
      const bytes = new Uint8Array(await content(file, path));
      const name = new TextEncoder().encode(path.slice(shared));
      const common = [[20, 2], [UTF8, 2], [0, 2], [0, 2], [MADE, 2], [crc(bytes), 4], [bytes.length, 4], [bytes.length, 4], [name.length, 2], [0, 2]];
      const head = numbers([0x04034b50, 4], ...common);
      parts.push(head, name, bytes);
      listed.push(numbers([0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), name);
      offset += head.length + name.length + bytes.length;
      tell(at + 1);
    }
    const size = listed.reduce((sum, one) => sum + one.length, 0);
    const end = numbers([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]);
    return { data: new Blob([...parts, ...listed, end], { type: "application/zip" }), name: `${top.slice(0, -1) || "folder"}.zip` };
  }

  return { entries, dropped, picked, check, pack };
})();
