"use strict";
// What only a browser can do: take files that are dropped, and change over between sounds.
(() => {
  const say = (text) => {
    const place = document.getElementById("arriving");
    if (place) place.textContent = text;
  };

  // --- photographs come in, one after the other

  const isPhotograph = (name) => {
    const dot = name.lastIndexOf(".");
    return dot > 0 && window.photographEndings.includes(name.slice(dot).toLowerCase());
  };

  const megabytes = (bytes) => `${Math.max(1, Math.round(bytes / 1e6))} MB`;

  const bring = (file, drop) => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `photographs/${encodeURIComponent(file.name)}${drop ? `?drop=${drop}` : ""}`);
    request.upload.onprogress = (event) =>
      say(`Bringing ${file.name}: ${Math.round((100 * event.loaded) / Math.max(event.total, 1))} % of ${megabytes(event.total)}`);
    request.onloadend = () => done(request.status === 200);
    request.send(file);
  });

  let queue = Promise.resolve();

  const bringAll = async (files, whole) => {
    const wanted = whole ? files.filter((file) => isPhotograph(file.name)) : files;
    const left = files.filter((file) => !wanted.includes(file) && !file.name.startsWith("."));
    wanted.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
    let failed = 0;
    // those that come together may be of one disc: that is asked when all are there
    const drop = wanted.length > 1 ? String(Math.random()).slice(2) : "";
    for (const file of wanted) failed += !(await bring(file, drop));
    if (drop) await fetch(`drops/${drop}`, { method: "POST" }).catch(() => {});
    const told = [];
    if (failed) told.push(`${failed} could not be brought`);
    if (left.length) told.push(`not taken, no photographs by their names: ${left.slice(0, 5).map((f) => f.name).join(", ")}${left.length > 5 ? ` and ${left.length - 5} more` : ""}`);
    if (!files.length) told.push("there is no file in it");
    say(told.join("; "));
  };

  const take = (files, whole) => { queue = queue.then(() => bringAll(files, whole)); };

  const entriesOf = (folder) => new Promise((done) => {
    const reader = folder.createReader(), found = [];
    const more = () => reader.readEntries((some) => {
      if (!some.length) return done(found);
      found.push(...some);
      more();
    }, () => done(found));
    more();
  });

  const filesIn = async (entry) => {
    if (entry.isFile) return new Promise((done) => entry.file((file) => done([file]), () => done([])));
    const inside = await Promise.all((await entriesOf(entry)).map(filesIn));
    return inside.flat();
  };

  const dropped = async (transfer) => {
    // what lies in the event is gone after it: take hold of all of it first
    const items = [...transfer.items].filter((item) => item.kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
    const plain = items.map((item) => item.getAsFile());
    const found = await Promise.all(entries.map((entry, n) => (entry ? filesIn(entry) : [plain[n]].filter(Boolean))));
    take(found.flat(), entries.some((entry) => entry && entry.isDirectory));
  };

  let over = 0;
  const mark = () => document.body.classList.toggle("dropping", over > 0);
  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { over += 1; mark(); } });
  document.addEventListener("dragleave", (event) => { if (holdsFiles(event)) { over = Math.max(0, over - 1); mark(); } });
  document.addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
  // where a drag ends outside of the page, nobody says so
  document.addEventListener("pointermove", () => { if (over) { over = 0; mark(); } });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over = 0;
    mark();
    dropped(event.dataTransfer);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "files" && event.target.id !== "folder") return;
    take([...event.target.files], event.target.id === "folder");
    event.target.value = "";
  });

  // --- sounds: all are loaded, one is heard, and the place is kept

  const sounds = () => [...document.querySelectorAll("audio[data-track]")];

  const hear = (number) => {
    const all = sounds(), next = all.find((one) => one.dataset.track === number);
    const now = all.find((one) => !one.classList.contains("off"));
    if (!next || next === now) return;
    const playing = now && !now.paused;
    if (now) { next.currentTime = Math.min(now.currentTime, next.duration || now.currentTime); now.pause(); }
    for (const one of all) one.classList.toggle("off", one !== next);
    if (playing) next.play();
    for (const button of document.querySelectorAll("button[data-track]"))
      button.setAttribute("aria-pressed", String(button.dataset.track === number));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button[data-track]");
    if (button) hear(button.dataset.track);
  });
  document.addEventListener("play", (event) => {
    if (event.target.dataset.volume) event.target.volume = Math.min(1, Number(event.target.dataset.volume));
  }, true);

  window.hasEnded = () => {
    document.body.innerHTML = '<main class="ended"><h1>groovescan has ended</h1><p>This page can be closed.</p></main>';
  };
})();
