/* The axis of time. */
import { clock } from "../words.js";

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const APART = 76; // CSS pixels, for the widest label

/** The least round step whose labels do not touch. */
export function step(span, width) {
  return STEPS.find((seconds) => (seconds / span) * width >= APART) ?? STEPS.at(-1);
}

export function paintRuler(context, { width, height, timeline, theme }) {
  const every = step(timeline.span, width);
  const digits = every >= 1 ? 0 : every >= 0.1 ? 1 : 2;
  context.strokeStyle = theme.line;
  context.fillStyle = theme.soft;
  context.font = `500 11px ${theme.font}`;
  const last = Math.floor(timeline.to / every + 1e-6);
  for (let tick = Math.ceil(timeline.from / every - 1e-6); tick <= last; tick++) {
    const x = Math.round(timeline.share(tick * every) * width) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, 7);
    context.stroke();
    const text = clock(tick * every, digits);
    if (x + 4 + context.measureText(text).width <= width) context.fillText(text, x + 4, height / 2 + 2);
  }
}
