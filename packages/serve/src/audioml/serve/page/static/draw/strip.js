/* Segments as a coloured strip with their labels; where they overlap, a row for each label. */
import { make } from "../dom.js";
import { clock, count, figure } from "../words.js";
import { ground } from "./theme.js";

const ROOTS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const MOST = 24; // rows

export function strip(name, entry) {
  const events = entry.data;
  const labels = [...new Set(events.map(spelled))];
  const rows = overlap(events) ? labels.slice(0, MOST) : [];
  const row = (event) => (rows.length ? rows.indexOf(spelled(event)) : 0);
  const say = (event) => `${clock(event.start, 2)}–${clock(event.end, 2)} · ${spelled(event)}${sure(event)}`;
  const lines = Math.max(rows.length, 1);
  return {
    name,
    told: `${count(events.length, "segment")}, ${count(labels.length, "label")}`,
    height: rows.length ? Math.max(lines * 20, 40) : 44,
    beside: rows.length
      ? make(
          "div",
          { class: "names" },
          rows.map((text) => make("span", { title: text }, text)),
        )
      : null,
    paint: (context, at) =>
      paint(context, at, {
        events,
        row,
        lines,
        named: !rows.length,
        hue: hues(labels, /^chord/.test(entry.namespace)),
      }),
    read: (time, down) => {
      const line = Math.min(Math.floor(down * lines), lines - 1);
      const found = events.find((event) => event.start <= time && time < event.end && row(event) === line);
      return found ? say(found) : "";
    },
    events,
    say,
  };
}

export function spelled({ value }) {
  if (typeof value === "number") return figure(value);
  if (value !== null && typeof value === "object") return JSON.stringify(value);
  return value === null ? "–" : String(value);
}

const sure = ({ confidence }) =>
  confidence === null || confidence === undefined ? "" : ` · ${figure(confidence)}`;

function overlap(events) {
  let end = -Infinity;
  return [...events]
    .sort((a, b) => a.start - b.start)
    .some((event) => {
      const over = event.start < end - 1e-6;
      end = Math.max(end, event.end);
      return over;
    });
}

/** label -> colour: chords by their root, others apart from each other in order of appearance. */
function hues(labels, chords) {
  return (label) => {
    if (/^(N|X|–|silence)$/i.test(label)) return ground(0, { strength: 0 });
    if (!chords) return ground((labels.indexOf(label) * 137.5 + 30) % 360);
    const root = (ROOTS[label[0]] ?? 0) + (label[1] === "#" ? 1 : label[1] === "b" ? -1 : 0);
    return ground((root * 30 + 30) % 360, { deep: /:(min|dim|hdim)/.test(label) ? 1 : 0 });
  };
}

function paint(context, { width, height, timeline, theme }, { events, row, lines, named, hue }) {
  const tall = height / lines;
  context.fillStyle = theme.faint;
  context.fillRect(0, 0, width, height);
  for (const event of events) {
    const line = row(event);
    if (line < 0 || event.end < timeline.from || event.start > timeline.to) continue;
    const left = Math.max(timeline.share(event.start) * width, -8);
    const right = Math.min(timeline.share(event.end) * width, width + 8);
    const text = spelled(event);
    context.fillStyle = hue(text);
    context.beginPath();
    // a gap between neighbours, but never so wide that a short segment is lost
    context.roundRect(
      left + 0.5,
      line * tall + 1,
      Math.max(right - left - 1, 1.5),
      tall - 2,
      Math.min(6, tall / 3, Math.max(right - left, 0) / 3),
    );
    context.fill();
    if (named) label(context, text, Math.max(left, 0) + 7, right - 6, line * tall + tall / 2, theme);
  }
}

function label(context, text, from, to, y, theme) {
  context.font = `600 13px ${theme.font}`;
  context.fillStyle = theme.ink;
  if (from + context.measureText(text).width <= to) context.fillText(text, from, y);
}
