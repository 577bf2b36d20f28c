"use strict";
// The turntable. The disc turns clockwise under a stylus that stands at three o'clock; where it
// stands is told by the sound alone, so that picture and sound cannot drift apart.
(() => {
  const find = (id) => document.getElementById(id);
  const data = JSON.parse(find("data").textContent);
  const root = document.documentElement;
  const stage = find("stage"), platter = find("platter"), disc = find("disc");
  const light = find("light"), loupe = find("loupe"), timeline = find("timeline");
  const TURN = 2 * Math.PI;
  const SECONDS_PER_TURN = 60 / data.rpm;
  const PLATTER = 0.93; // part of the stage's width, as in the style sheet
  const LIT_TURNS = 0.85;
  const LOUPE_PITCHES = 9;
  const ARROW_S = 5;

  // ---- the sound ----------------------------------------------------------------------------

  const players = [...document.querySelectorAll(".sound")].map((script) => {
    const bytes = Uint8Array.from(atob(script.textContent.trim()), (c) => c.charCodeAt(0));
    const audio = new Audio();
    audio.preload = "auto";
    audio.preservesPitch = false; // a record that turns faster sounds higher
    audio.src = URL.createObjectURL(new Blob([bytes], { type: "audio/mpeg" }));
    script.remove();
    return audio;
  });
  let audio = players[0];
  let speed = data.rpm;

  const playing = () => data.sounds[players.indexOf(audio)];
  const now = () => Math.min(audio.currentTime, playing().duration);
  const seek = (seconds) => {
    audio.currentTime = Math.max(0, Math.min(seconds, playing().duration - 0.01));
    draw();
  };
  const toggle = () => {
    if (!audio.paused) return audio.pause();
    if (now() >= playing().duration - 0.02) audio.currentTime = 0;
    return audio.play().catch((error) => fault(`The sound cannot be played: ${error.message}`));
  };
  const fault = (text) => {
    find("fault").textContent = text;
    find("fault").hidden = false;
  };
  for (const player of players) {
    player.addEventListener("error", () => fault("This browser cannot play the sound (MP3)."));
    for (const event of ["play", "pause", "ended"]) player.addEventListener(event, shown);
    player.addEventListener("seeked", () => draw());
  }
  function shown() {
    const on = !audio.paused && !audio.ended;
    document.body.classList.toggle("playing", on);
    find("play").setAttribute("aria-label", on ? "Pause" : "Play");
    if (on) requestAnimationFrame(frame);
    else draw();
  }

  // ---- where the groove runs ----------------------------------------------------------------

  // Where the speed of the lathe was corrected, a table tells when each node is heard.
  const turnAt = (seconds) => {
    const table = playing().seconds;
    if (!table) return Math.min(seconds / SECONDS_PER_TURN, data.turns);
    let low = 0, high = table.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (table[middle] <= seconds) low = middle;
      else high = middle;
    }
    const part = (seconds - table[low]) / Math.max(table[high] - table[low], 1e-9);
    return Math.max(0, Math.min((low + part) / data.nodesPerTurn, data.turns));
  };
  const secondsAt = (turn) => {
    const table = playing().seconds;
    if (!table) return turn * SECONDS_PER_TURN;
    const place = Math.max(0, Math.min(turn * data.nodesPerTurn, table.length - 1.001));
    const node = Math.floor(place);
    return table[node] + (place - node) * (table[node + 1] - table[node]);
  };
  const radiusAt = (turn) => {
    const place = Math.max(0, Math.min(turn * data.nodesPerTurn, data.radius.length - 1.001));
    const node = Math.floor(place);
    return data.radius[node] + (place - node) * (data.radius[node + 1] - data.radius[node]);
  };
  const angleAt = (turn) => data.start + data.direction * TURN * turn;

  // Position, in turns, of the groove nearest to a point of the stage; null beside the groove.
  function turnUnder(x, y) {
    const size = stage.clientWidth;
    const right = (x - size / 2) / ((size * PLATTER) / 2);
    const up = (size / 2 - y) / ((size * PLATTER) / 2);
    const radius = Math.hypot(right, up);
    const angle = Math.atan2(up, right) + rotation;
    const part = (((data.direction * (angle - data.start)) / TURN) % 1 + 1) % 1;
    let best = null, miss = Infinity;
    for (let turn = part; turn <= data.turns; turn += 1) {
      const distance = Math.abs(radiusAt(turn) - radius);
      if (distance < miss) [best, miss] = [turn, distance];
    }
    const reach = Math.max(1.5 * pitch, 12 / ((size * PLATTER) / 2));
    return miss <= reach ? best : null;
  }
  const pitch = Math.abs(data.radius[0] - data.radius[data.radius.length - 1]) / data.turns;

  // ---- drawing ------------------------------------------------------------------------------

  let rotation = 0, hovered = null, still = false;
  const colours = () => (root.dataset.room === "dark"
    ? ["#12110f", "#3a2410", "#8f5414", "#e09a3e", "#fff0d2"]
    : ["#fbf9f4", "#ecd9bb", "#d69a54", "#8c4a12", "#2a1606"]);
  const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // Canvas of as many pixels as the screen has there, with its drawing context in CSS px.
  function prepared(canvas) {
    const ratio = Math.min(window.devicePixelRatio || 1, 2.5);
    const width = Math.max(1, canvas.clientWidth), height = Math.max(1, canvas.clientHeight);
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
    }
    const brush = canvas.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, width, height);
    return [brush, width, height];
  }

  // The groove between two positions, as a path in the stage as it stands now.
  function groove(brush, from, to, size) {
    const steps = Math.max(2, Math.ceil(Math.abs(to - from) * 120));
    brush.beginPath();
    for (let i = 0; i <= steps; i += 1) {
      const turn = from + ((to - from) * i) / steps;
      const angle = angleAt(turn) - rotation;
      const radius = (radiusAt(turn) * size * PLATTER) / 2;
      brush.lineTo(size / 2 + radius * Math.cos(angle), size / 2 - radius * Math.sin(angle));
    }
  }

  function drawLight(turn) {
    const [brush, size] = prepared(light);
    const width = Math.max(1.2, Math.min(pitch * size * PLATTER * 0.3, 5));
    brush.lineCap = "butt";
    if (hovered !== null) {
      groove(brush, Math.max(0, hovered - 0.5), Math.min(data.turns, hovered + 0.5), size);
      brush.strokeStyle = "rgb(255 255 255 / 0.55)";
      brush.lineWidth = width;
      brush.stroke();
    }
    if (still) {
      groove(brush, Math.floor(turn), Math.min(Math.floor(turn) + 1, data.turns), size);
      glow(brush, width, 1);
    } else {
      const pieces = 10; // the light fades behind the stylus
      for (let i = 0; i < pieces; i += 1) {
        const from = Math.max(0, turn - (LIT_TURNS * (i + 1)) / pieces);
        const to = Math.max(0, turn - (LIT_TURNS * i) / pieces);
        if (to <= from) break;
        groove(brush, from, to, size);
        glow(brush, width, (1 - i / pieces) ** 1.6);
      }
    }
    const tip = size / 2 + (radiusAt(turn) * size * PLATTER) / 2;
    const beam = brush.createLinearGradient(size, 0, tip, 0);
    beam.addColorStop(0, "rgb(255 190 100 / 0)");
    beam.addColorStop(0.35, "rgb(255 190 100 / 0.85)");
    beam.addColorStop(1, "rgb(255 236 200 / 1)");
    brush.strokeStyle = "rgb(20 12 0 / 0.55)";
    brush.lineWidth = 4;
    line(brush, size * (0.5 + PLATTER / 2), tip, size / 2);
    brush.strokeStyle = beam;
    brush.lineWidth = 1.6;
    line(brush, size, tip, size / 2);
    for (const [radius, colour] of [[9, "rgb(255 170 70 / 0.30)"], [5, "rgb(40 20 0 / 0.6)"], [3.4, "#fff3dc"]]) {
      brush.beginPath();
      brush.arc(tip, size / 2, radius, 0, TURN);
      brush.fillStyle = colour;
      brush.fill();
    }
  }
  function line(brush, from, to, height) {
    brush.beginPath();
    brush.moveTo(from, height);
    brush.lineTo(to, height);
    brush.stroke();
  }
  function glow(brush, width, strength) {
    brush.lineWidth = width * 4.5;
    brush.strokeStyle = `rgb(255 150 40 / ${0.16 * strength})`;
    brush.stroke();
    brush.lineWidth = width;
    brush.strokeStyle = `rgb(255 200 110 / ${0.95 * strength})`;
    brush.stroke();
  }

  function drawLoupe(turn) {
    if (!disc.complete || !disc.naturalWidth || !loupe.clientWidth) return;
    const [brush, size] = prepared(loupe);
    const half = Math.min(0.4, Math.max(LOUPE_PITCHES * pitch, 0.012)) / 2; // of the radius
    const scale = size / 2 / half; // CSS px per radius
    const radius = radiusAt(turn), angle = still ? 0 : angleAt(turn);
    const [u, v] = [radius * Math.cos(angle), -radius * Math.sin(angle)];
    const natural = disc.naturalWidth / 2;
    const reach = half * 1.45;
    brush.save();
    brush.translate(size / 2, size / 2);
    brush.rotate(angle);
    brush.imageSmoothingQuality = "high";
    brush.drawImage(
      disc,
      (1 + u - reach) * natural, (1 + v - reach) * natural, 2 * reach * natural, 2 * reach * natural,
      -reach * scale, -reach * scale, 2 * reach * scale, 2 * reach * scale,
    );
    brush.restore();
    const own = [];
    for (let step = -0.06; step <= 0.06; step += 0.004) {
      const there = Math.max(0, Math.min(turn + step, data.turns));
      const bend = angleAt(there) - angleAt(turn), far = radiusAt(there);
      own.push([size / 2 + (far * Math.cos(bend) - radius) * scale, size / 2 - far * Math.sin(bend) * scale]);
    }
    brush.beginPath();
    for (const point of own) brush.lineTo(...point);
    glow(brush, 1.4, 0.9);
  }

  function draw() {
    const seconds = now(), turn = turnAt(seconds);
    rotation = still ? 0 : angleAt(turn);
    platter.style.transform = `rotate(${rotation % TURN}rad)`;
    stage.dataset.turn = turn.toFixed(4);
    stage.dataset.seconds = seconds.toFixed(4);
    drawLight(turn);
    drawLoupe(turn);
    const part = seconds / playing().duration;
    find("cursor").style.transform = `translateX(${part * timeline.clientWidth}px)`;
    find("played").style.clipPath = `inset(0 ${100 * (1 - part)}% 0 0)`;
    tell(seconds, turn);
  }
  function frame() {
    draw();
    if (!audio.paused && !audio.ended) requestAnimationFrame(frame);
  }

  const minutes = (seconds, digits = 0) => {
    const tenths = Math.floor(seconds * 10 ** digits) / 10 ** digits;
    const rest = (tenths % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
    return `${Math.floor(tenths / 60)}:${rest}`;
  };
  let told = "";
  function tell(seconds, turn) {
    const clock = minutes(seconds);
    const whole = Math.max(1, Math.round(data.turns));
    const count = `turn ${Math.min(Math.floor(turn) + 1, whole)} of ${whole}`;
    if (told === clock + count) return;
    told = clock + count;
    find("now").textContent = clock;
    find("turn").textContent = count;
    timeline.setAttribute("aria-valuenow", seconds.toFixed(1));
    timeline.setAttribute("aria-valuetext", `${clock}, ${count}`);
  }

  function drawWave(canvas, colour) {
    const [brush, width, height] = prepared(canvas);
    brush.fillStyle = colour;
    brush.beginPath();
    const count = data.high.length;
    data.high.forEach((value, i) => brush.lineTo(((i + 0.5) / count) * width, height / 2 - Math.max(value * height * 0.49, 0.5)));
    for (let i = count - 1; i >= 0; i -= 1) brush.lineTo(((i + 0.5) / count) * width, height / 2 - Math.min(data.low[i] * height * 0.49, -0.5));
    brush.fill();
  }

  // The levels are grey in the file; each room gives them its own ramp of colours.
  const levels = new Image();
  levels.addEventListener("load", () => drawSpectrum());
  levels.src = `data:image/png;base64,${find("levels").textContent.trim()}`;
  function drawSpectrum() {
    if (!levels.naturalWidth) return;
    const canvas = find("spectrum");
    [canvas.width, canvas.height] = [levels.naturalWidth, levels.naturalHeight];
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush.drawImage(levels, 0, 0);
    const picture = brush.getImageData(0, 0, canvas.width, canvas.height);
    const ramp = rampOf(colours());
    for (let i = 0; i < picture.data.length; i += 4) picture.data.set(ramp[picture.data[i]], i);
    brush.putImageData(picture, 0, 0);
  }
  function rampOf(stops) {
    const parts = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
    return Array.from({ length: 256 }, (_, i) => {
      const place = (i / 255) * (parts.length - 1), low = Math.min(Math.floor(place), parts.length - 2);
      return [...parts[low].map((value, c) => value + (place - low) * (parts[low + 1][c] - value)), 255];
    });
  }

  // What was read, painted once on the disc itself and turned with it.
  function drawTrace() {
    const canvas = find("trace");
    const size = Math.min(2048, Math.max(600, Math.round(stage.clientWidth * (window.devicePixelRatio || 1))));
    [canvas.width, canvas.height] = [size, size];
    const brush = canvas.getContext("2d");
    brush.lineWidth = Math.max(1, Math.min(pitch * size * 0.28, 4));
    const count = data.sure.length, length = data.turns / count;
    const classes = new Map();
    data.sure.forEach((sure, i) => {
      const colour = sure < 0 ? "gone" : data.ramp[Math.min(data.ramp.length - 1, Math.floor((sure / 100) * data.ramp.length))];
      if (!classes.has(colour)) classes.set(colour, []);
      classes.get(colour).push(i);
    });
    for (const [colour, list] of classes) {
      brush.strokeStyle = colour === "gone" ? style("--missing") : colour;
      brush.globalAlpha = colour === "gone" ? 1 : 0.8;
      brush.beginPath();
      for (const i of list) {
        for (let k = 0; k <= 3; k += 1) {
          const turn = (i + k / 3) * length, radius = (radiusAt(turn) * size) / 2;
          const x = size / 2 + radius * Math.cos(angleAt(turn)), y = size / 2 - radius * Math.sin(angleAt(turn));
          if (k) brush.lineTo(x, y);
          else brush.moveTo(x, y);
        }
      }
      brush.stroke();
    }
  }

  function drawTicks() {
    const wanted = Math.max(2, timeline.clientWidth / 90);
    const duration = playing().duration;
    const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
    const step = steps.find((each) => duration / each <= wanted) || 1200;
    const ticks = [];
    for (let at = 0; at < duration - 0.35 * step || at === 0; at += step) {
      const tick = document.createElement("span");
      tick.style.left = `${(100 * at) / duration}%`;
      tick.textContent = minutes(at, step < 1 ? 1 : 0);
      ticks.push(tick);
    }
    find("ticks").replaceChildren(...ticks);
  }

  function drawAll() {
    drawWave(find("wave"), style("--wave"));
    drawWave(find("played"), style("--accent"));
    drawSpectrum();
    drawTicks();
    if (!find("trace").hidden) drawTrace();
    draw();
  }

  // ---- what people do -----------------------------------------------------------------------

  const pressed = (button, on) => find(button).setAttribute("aria-pressed", String(on));
  const isPressed = (button) => find(button).getAttribute("aria-pressed") === "true";

  function choices(box, labels, chosen, choose) {
    const buttons = labels.map((label, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-pressed", String(i === chosen));
      button.addEventListener("click", () => {
        buttons.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
        choose(i);
      });
      return button;
    });
    box.append(...buttons);
  }
  const named = (rpm) => (Math.abs(rpm - 100 / 3) < 0.01 ? "33⅓" : String(rpm));
  choices(find("speeds"), data.speeds.map(named), data.speeds.findIndex((rpm) => Math.abs(rpm - data.rpm) < 0.006), (i) => {
    speed = data.speeds[i];
    for (const player of players) player.playbackRate = speed / data.rpm;
  });
  if (players.length > 1) {
    find("sounds").hidden = false;
    choices(find("sounds"), data.sounds.map((sound) => sound.name), 0, (i) => {
      const [before, on, turn] = [audio, !audio.paused, turnAt(now())];
      before.pause();
      audio = players[i];
      audio.currentTime = Math.min(secondsAt(turn), playing().duration - 0.01);
      audio.playbackRate = speed / data.rpm;
      audio.loop = before.loop;
      if (on) audio.play();
      drawTicks();
      shown();
    });
  }

  const traced = () => {
    const on = !isPressed("traced");
    pressed("traced", on);
    find("trace").hidden = find("key").hidden = !on;
    if (on) drawTrace();
  };
  const hold = (on) => {
    still = on;
    pressed("still", on);
    draw();
  };
  const repeat = () => {
    pressed("repeat", !isPressed("repeat"));
    for (const player of players) player.loop = isPressed("repeat");
  };
  const room = (dark) => {
    root.dataset.room = dark ? "dark" : "light";
    pressed("room", dark);
    drawAll();
  };
  const exhibit = async () => {
    const on = !document.body.classList.contains("exhibit");
    document.body.classList.toggle("exhibit", on);
    pressed("exhibit", on);
    window.scrollTo(0, 0);
    try {
      if (on) await root.requestFullscreen();
      else if (document.fullscreenElement) await document.exitFullscreen();
    } catch { /* some tablets have no full screen; the page alone is enough */ }
    drawAll();
  };
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && document.body.classList.contains("exhibit")) exhibit();
  });

  find("play").addEventListener("click", toggle);
  find("traced").addEventListener("click", traced);
  find("still").addEventListener("click", () => hold(!still));
  find("repeat").addEventListener("click", repeat);
  find("room").addEventListener("click", () => room(root.dataset.room !== "dark"));
  find("exhibit").addEventListener("click", exhibit);

  const onStage = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  stage.addEventListener("click", (event) => {
    const turn = turnUnder(...onStage(event));
    if (turn !== null) seek(secondsAt(turn));
  });
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const [x, y] = onStage(event);
    hovered = turnUnder(x, y);
    const hint = find("hint");
    hint.hidden = hovered === null;
    if (hovered !== null) {
      hint.textContent = `turn ${Math.floor(hovered) + 1} · ${minutes(secondsAt(hovered), 1)}`;
      [hint.style.left, hint.style.top] = [`${x}px`, `${y}px`];
    }
    if (audio.paused) draw();
  });
  stage.addEventListener("pointerleave", () => {
    hovered = null;
    find("hint").hidden = true;
    if (audio.paused) draw();
  });

  let dragging = false;
  const scrub = (event) => {
    const box = timeline.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * playing().duration);
  };
  timeline.addEventListener("pointerdown", (event) => {
    dragging = true;
    timeline.setPointerCapture(event.pointerId);
    scrub(event);
  });
  timeline.addEventListener("pointermove", (event) => dragging && scrub(event));
  for (const end of ["pointerup", "pointercancel"]) timeline.addEventListener(end, () => { dragging = false; });

  const keys = {
    " ": toggle,
    ArrowLeft: (event) => seek(now() - (event.shiftKey ? SECONDS_PER_TURN : ARROW_S)),
    ArrowRight: (event) => seek(now() + (event.shiftKey ? SECONDS_PER_TURN : ARROW_S)),
    Home: () => seek(0),
    End: () => seek(playing().duration),
    c: traced, s: () => hold(!still), r: repeat, f: exhibit,
  };
  // a button that was clicked keeps no focus: the space bar would press it again instead of playing
  document.addEventListener("click", (event) => {
    const button = event.detail > 0 && event.target.closest("button");
    if (button) button.blur();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const own = event.target.closest("button, summary, a, input");
    if (own && (event.key === " " || event.key === "Enter")) return;
    const act = keys[event.key] || keys[event.key.toLowerCase()];
    if (!act || ((event.key === "Home" || event.key === "End") && event.target !== timeline)) return;
    event.preventDefault();
    act(event);
  });

  // ---- chapters: the cuts and bands of the disc -----------------------------------------------

  for (const cue of data.cues) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(cue.label, " ", Object.assign(document.createElement("span"), { className: "at", textContent: minutes(cue.start) }));
    button.addEventListener("click", () => { seek(cue.start); if (audio.paused) toggle(); });
    find("chapters").append(button);
    const mark = document.createElement("span");
    mark.className = "chapter";
    mark.style.left = `${(100 * cue.start) / data.sounds[0].duration}%`;
    timeline.append(mark);
  }
  find("chapters").hidden = data.cues.length < 2;

  // ---- begin --------------------------------------------------------------------------------

  find("whole").textContent = minutes(playing().duration);
  timeline.setAttribute("aria-valuemax", playing().duration.toFixed(1));
  find("ramp").style.background = `linear-gradient(to right, ${data.ramp.join(", ")})`;
  pressed("room", root.dataset.room === "dark");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  hold(calm.matches);
  calm.addEventListener("change", () => hold(calm.matches));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => room(event.matches));
  new ResizeObserver(drawAll).observe(stage);
  disc.decode().then(draw, draw);
})();
