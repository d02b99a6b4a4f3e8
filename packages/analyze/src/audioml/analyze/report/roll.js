"use strict";
/* A piano roll that knows its notes: returns a function that lights what sounds at a time. */
const pianoRoll = (lane, keyboard, duration, clock) => {
  const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
  const isBlack = (pitch) => [1, 3, 6, 8, 10].includes(pitch % 12);
  const svg = lane.querySelector("svg"), drawn = svg.querySelector(".notes");
  const high = Number(drawn.dataset.high), rows = svg.viewBox.baseVal.height;

  // the notes, out of the drawing
  const read = (path) => {
    const velocities = path.dataset.velocity?.split(","), sure = path.dataset.sure?.split(",");
    const boxes = path.getAttribute("d").matchAll(/M([-\d.]+) (\d+)\.08h([\d.]+)v[^z]+z/g);
    return [...boxes].map(([box, start, row, length], i) => ({
      box, start: Number(start), end: Number(start) + Number(length), pitch: high - row,
      velocity: velocities?.[i], sure: sure?.[i],
    }));
  };
  const notes = [...drawn.children].flatMap(read).sort((a, b) => a.start - b.start);
  const byPitch = Map.groupBy(notes, (note) => note.pitch);

  // light
  const over = svg.cloneNode(false); // of its own, so that the notes below are not drawn anew
  over.setAttribute("class", "over");
  over.setAttribute("aria-hidden", "true");
  lane.append(over);
  const overlay = (kind) => {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("class", kind);
    over.append(path);
    return path;
  };
  const sounding = overlay("sounding"), pointed = overlay("pointed");
  const draw = (path, shape) => { if (path.getAttribute("d") !== shape) path.setAttribute("d", shape); };
  const boxes = (some) => some.map((note) => note.box).join("");
  const key = (pitch) => {
    if (isBlack(pitch)) return `M0 ${high - pitch}h.58v1h-.58z`;
    const above = isBlack(pitch + 1) ? 0.5 : 0, below = isBlack(pitch + 11) ? 0.5 : 0;
    return `M0 ${high - pitch - above}h1v${1 + above + below}h-1z`;
  };
  const light = (now) => {
    const some = notes.filter((note) => note.start <= now && now < note.end);
    const pitches = [...new Set(some.map((note) => note.pitch))];
    draw(sounding, boxes(some));
    draw(keyboard.querySelector(".lit"), pitches.filter((p) => !isBlack(p)).map(key).join(""));
    draw(keyboard.querySelector(".lit-black"), pitches.filter(isBlack).map(key).join(""));
  };

  // tell of the note under the pointer
  const tip = document.createElement("p"), title = document.createElement("b");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const noteAt = (x, y) => {
    const box = lane.getBoundingClientRect(), second = box.width / duration;
    const time = (x - box.left) / second, near = 3 / second; // pixels
    const pitch = high - Math.floor(((y - box.top) / box.height) * rows);
    return byPitch.get(pitch)?.findLast((n) => n.start - near <= time && time <= n.end + near);
  };
  const words = ({ start, end, velocity, sure }) => [
    clock(start), `${(end - start).toFixed(2)} s`,
    velocity && `velocity ${velocity}`, sure && `confidence ${sure}%`,
  ].filter(Boolean).join(" · ");
  const tell = ({ clientX: x, clientY: y }) => {
    const note = noteAt(x, y);
    tip.hidden = !note;
    draw(pointed, note?.box ?? "");
    if (!note) return;
    title.textContent = `${NAMES[note.pitch % 12]}${Math.floor(note.pitch / 12) - 1}`;
    tip.replaceChildren(title, words(note));
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(Math.min(x + 12, room), 8)}px`;
    tip.style.top = `${y > tip.offsetHeight + 24 ? y - tip.offsetHeight - 12 : y + 20}px`;
  };
  let pointer; // a mouse over the lane, under which the notes may move
  const leave = () => { pointer = undefined; tip.hidden = true; draw(pointed, ""); };
  lane.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") tell(pointer = event);
  });
  lane.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") leave(); });
  lane.addEventListener("click", (event) => { if (event.pointerType === "touch") tell(event); });
  document.addEventListener("scroll", () => (pointer ? tell(pointer) : leave()), { capture: true, passive: true });
  return light;
};
