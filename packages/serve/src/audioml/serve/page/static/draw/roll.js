/* Notes as a piano roll. */
import { make } from "../dom.js";
import { clock, count, figure } from "../words.js";

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);

export const pitchOf = (namespace, value) =>
  /hz$/.test(namespace) ? 69 + 12 * Math.log2(Math.max(Math.abs(value), 1) / 440) : value;

/** 60 -> "C4" */
export const pitchName = (pitch) =>
  `${NAMES[((Math.round(pitch) % 12) + 12) % 12]}${Math.floor(Math.round(pitch) / 12) - 1}`;

export function roll(name, entry) {
  const notes = entry.data.map((event) => ({ ...event, pitch: pitchOf(entry.namespace, event.value) }));
  const pitches = notes.map(({ pitch }) => Math.round(pitch));
  const low = pitches.reduce((a, b) => Math.min(a, b), 127) - 2;
  const high = pitches.reduce((a, b) => Math.max(a, b), 0) + 2;
  const [bottom, top] = notes.length ? [low, Math.max(high, low + 12)] : [54, 78];
  const say = (note) =>
    `${clock(note.start, 2)} · ${pitchName(note.pitch)} · ${figure(note.end - note.start)} s${loud(note)}`;
  return {
    name,
    told: notes.length
      ? `${count(notes.length, "note")}, ${pitchName(low + 2)} to ${pitchName(high - 2)}`
      : "no notes",
    height: Math.min(Math.max((top - bottom + 1) * 6, 110), 280),
    beside: keys(bottom, top),
    paint: (context, at) => paint(context, at, notes, bottom, top),
    read: (time, down) => {
      const pitch = Math.round(top - down * (top - bottom + 1) + 0.5 - 1e-9);
      const found = notes.find(
        (note) => note.start <= time && time < note.end && Math.round(note.pitch) === pitch,
      );
      return found ? say(found) : `${clock(time, 2)} · ${pitchName(pitch)}`;
    },
    events: notes,
    say,
  };
}

const velocity = ({ attributes }) => (typeof attributes?.velocity === "number" ? attributes.velocity : null);
const loud = (note) => (velocity(note) === null ? "" : ` · velocity ${figure(velocity(note))}`);

function keys(bottom, top) {
  const marks = Array.from({ length: top - bottom + 1 }, (_, i) => bottom + i).filter(
    (pitch) => pitch % 12 === 0,
  );
  return make(
    "div",
    { class: "keys" },
    marks.map((pitch) => {
      const mark = make("span", {}, pitchName(pitch));
      mark.style.bottom = `${((pitch - bottom + 0.5) / (top - bottom + 1)) * 100}%`;
      return mark;
    }),
  );
}

function paint(context, { width, height, timeline, theme }, notes, bottom, top) {
  const tall = height / (top - bottom + 1);
  const y = (pitch) => (top - pitch) * tall;
  context.fillStyle = theme.faint;
  context.fillRect(0, 0, width, height);
  context.fillStyle = theme.line;
  for (let pitch = bottom; pitch <= top; pitch++) {
    if (BLACK.has(((pitch % 12) + 12) % 12)) context.fillRect(0, y(pitch), width, tall);
  }
  context.fillStyle = theme.accent;
  for (const note of notes) {
    if (note.end < timeline.from || note.start > timeline.to) continue;
    const left = timeline.share(note.start) * width;
    const wide = Math.max(timeline.share(note.end) * width - left - 1, 2);
    const force = velocity(note);
    context.globalAlpha = force === null ? 0.9 : 0.4 + 0.6 * Math.min(force / (force > 1 ? 127 : 1), 1);
    context.beginPath();
    context.roundRect(left, y(note.pitch) + 0.5, wide, Math.max(tall - 1, 2), Math.min(2.5, wide / 2));
    context.fill();
  }
  context.globalAlpha = 1;
}
