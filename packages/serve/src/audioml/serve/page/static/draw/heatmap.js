/* Frames as a heat map: time across, dimensions or labels up. */
import { make } from "../dom.js";
import { clock, figure } from "../words.js";
import { onTheme, theme } from "./theme.js";

const SHOWN = 24; // labels: more would be too thin to read
const WIDEST = 8192; // pixels of the hidden image: what browsers surely have; more rows are averaged

/** The drawing of frames; with many labels, of those with the highest peaks. */
export function heatmap(name, frames, summaries = []) {
  const columns = shown(frames, summaries);
  const range = frames.range;
  const labelled = frames.labels.length > 0;
  const cursor = { row: 0, line: columns.length - 1, on: false };
  const less =
    columns.length < frames.columns ? `; the ${columns.length} with the highest peaks are shown` : "";
  const say = (row, line) => {
    const column = columns[line];
    return `${clock(frames.time(row), 2)} · ${frames.label(column)} · ${figure(frames.at(row, column))}`;
  };
  const picture = painter(frames, columns, range);
  return {
    name,
    told: frames.told() + less,
    height: labelled ? Math.max(columns.length * 18, 36) : Math.min(Math.max(columns.length * 1.5, 60), 192),
    beside: margin(frames, columns, labelled),
    legend: legend(range, frames.extremes),
    paint: (context, at) => {
      paint(context, at, frames, picture(at.theme), columns.length);
      if (cursor.on) outline(context, at, frames, columns.length, cursor);
    },
    read: (time, down) =>
      frames.rows && time >= frames.start && time < frames.end
        ? say(frames.row(time), Math.min(Math.floor(down * columns.length), columns.length - 1))
        : "",
    step: (key, now) => move(key, now, frames, columns, cursor, say),
  };
}

/** Columns from the top down: labels in their order, dimensions with 0 at the bottom. */
function shown(frames, summaries) {
  const all = Array.from({ length: frames.columns }, (_, i) => i);
  if (!frames.labels.length) return all.reverse();
  if (all.length <= SHOWN) return all;
  return [...summaries]
    .sort((a, b) => b.peak - a.peak)
    .slice(0, SHOWN)
    .map(({ column }) => column);
}

/** A function that returns the image in a theme's colours, painted once for each. */
function painter(frames, columns, [low, high]) {
  const painted = new Map();
  return (colours) => {
    if (!painted.has(colours.dark))
      painted.set(colours.dark, image(frames, columns, low, high, colours.scale));
    return painted.get(colours.dark);
  };
}

function image(frames, columns, low, high, scale) {
  const pool = Math.max(1, Math.ceil(frames.rows / WIDEST));
  const [width, height] = [Math.max(1, Math.ceil(frames.rows / pool)), Math.max(1, columns.length)];
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  columns.forEach((column, y) => {
    for (let x = 0; x < width; x++) {
      const value = mean(frames, column, x * pool, pool);
      if (Number.isNaN(value)) continue; // stays clear
      const colour = scale[Math.round(255 * Math.min(Math.max((value - low) / (high - low), 0), 1))];
      pixels.data.set(colour, (y * width + x) * 4);
      pixels.data[(y * width + x) * 4 + 3] = 255;
    }
  });
  context.putImageData(pixels, 0, 0);
  return { canvas, pool };
}

function mean(frames, column, first, many) {
  if (many === 1) return frames.at(first, column);
  const end = Math.min(first + many, frames.rows);
  let [total, counted] = [0, 0];
  for (let row = first; row < end; row++) {
    const value = frames.at(row, column);
    if (Number.isFinite(value)) [total, counted] = [total + value, counted + 1];
  }
  return total / counted;
}

function paint(context, { width, height, timeline, theme: colours }, frames, { canvas, pool }, lines) {
  context.fillStyle = colours.faint;
  context.fillRect(0, 0, width, height);
  if (!frames.rows) return;
  // only the columns in view: beyond some magnification browsers draw a whole image wrongly
  const pixel = frames.hop * pool;
  const first = Math.max(0, Math.floor((timeline.from - frames.start) / pixel));
  const last = Math.min(canvas.width, Math.ceil((timeline.to - frames.start) / pixel));
  if (last <= first) return;
  const left = timeline.share(frames.start + first * pixel) * width;
  const right = timeline.share(frames.start + Math.min(last * pixel, frames.rows * frames.hop)) * width;
  context.imageSmoothingEnabled = last - first > width * (devicePixelRatio || 1) || lines > height * 2;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, first, 0, last - first, canvas.height, left, 0, right - left, height);
}

function outline(context, { width, height, timeline, theme: colours }, frames, lines, cursor) {
  const x = timeline.share(frames.time(cursor.row)) * width;
  const wide = Math.max((frames.hop / timeline.span) * width, 5);
  const tall = height / lines;
  const high = Math.max(tall, 5);
  context.lineWidth = 2;
  context.strokeStyle = colours.panel;
  context.strokeRect(x - 1, cursor.line * tall - (high - tall) / 2 - 1, wide + 2, high + 2);
  context.strokeStyle = colours.accent;
  context.strokeRect(x, cursor.line * tall - (high - tall) / 2, wide, high);
}

function move(key, now, frames, columns, cursor, say) {
  if (!frames.rows) return null;
  const row = frames.row(now);
  const moves = {
    ArrowRight: [1, 0],
    ArrowLeft: [-1, 0],
    ArrowDown: [0, 1],
    ArrowUp: [0, -1],
    PageDown: [0, 10],
    PageUp: [0, -10],
    Home: [-frames.rows, 0],
    End: [frames.rows, 0],
  };
  if (!(key in moves)) return null;
  const [across, down] = moves[key];
  cursor.on = true;
  cursor.row = Math.min(Math.max(row + across, 0), frames.rows - 1);
  cursor.line = Math.min(Math.max(cursor.line + down, 0), columns.length - 1);
  return {
    time: across ? frames.time(cursor.row) : undefined,
    text: say(cursor.row, cursor.line),
    redraw: true,
  };
}

function margin(frames, columns, labelled) {
  if (labelled)
    return make(
      "div",
      { class: "names" },
      columns.map((column) => make("span", { title: frames.label(column) }, frames.label(column))),
    );
  return make("div", { class: "ends" }, make("span", {}, String(columns[0] ?? 0)), make("span", {}, "0"));
}

/** The colour scale; its ends say so where values go beyond them. */
function legend([low, high], [least, most]) {
  const canvas = make("canvas", { width: 96, height: 1, "aria-hidden": "true" });
  const draw = () => {
    const context = canvas.getContext("2d");
    theme().scale.forEach(([r, g, b], i) => {
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      context.fillRect((i / 256) * 96, 0, 1, 1);
    });
  };
  onTheme(() => queueMicrotask(draw));
  draw();
  const [from, to] = [
    `${least < low ? "≤ " : ""}${figure(low)}`,
    `${most > high ? "≥ " : ""}${figure(high)}`,
  ];
  return make(
    "span",
    { class: "legend" },
    make("span", { class: "unseen" }, "Colours from "),
    from,
    canvas,
    to,
  );
}
