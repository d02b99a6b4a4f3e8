/* The outline of the sound, which also stands for the position: a slider. */
import { clock, spoken } from "../words.js";

/** Draw `outline` (see decode.js) in the middle of a canvas. */
export function paintWave(context, { width, height, timeline, colour }, outline) {
  if (!outline) return;
  const { low, high, step } = outline;
  const middle = height / 2;
  context.fillStyle = colour;
  const perPixel = timeline.span / width / step;
  const loudest = Math.max(0.05, (outline.loudest ??= loudestOf(outline)));
  for (let x = 0; x < width; x++) {
    const first = Math.floor(timeline.time(x / width) / step);
    const end = Math.max(first + 1, Math.floor(first + perPixel));
    let [least, most] = [0, 0];
    for (let i = Math.max(first, 0); i < end && i < low.length; i++) {
      if (low[i] < least) least = low[i];
      if (high[i] > most) most = high[i];
    }
    const [top, bottom] = [(most / loudest) * middle * 0.94, (least / loudest) * middle * 0.94];
    context.fillRect(x, middle - Math.max(top, 0.5), 1, Math.max(top - bottom, 1));
  }
}

function loudestOf({ low, high }) {
  let loudest = 0;
  for (let i = 0; i < low.length; i++) loudest = Math.max(loudest, high[i], -low[i]);
  return loudest;
}

const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

export function wave(outline, timeline) {
  return {
    name: "Sound",
    told: outline
      ? spoken(timeline.duration)
      : `${spoken(timeline.duration)}, which this browser cannot draw`,
    role: "slider",
    height: 84,
    paint: (context, at) => paintWave(context, { ...at, colour: at.theme.wave }, outline),
    read: (time) => clock(time, 2),
    step: (key, now, fine) => {
      const duration = timeline.duration;
      if (key === "Home") return { time: 0 };
      if (key === "End") return { time: duration };
      return key in KEYS ? { time: now + KEYS[key] * (fine ? 0.1 : duration > 120 ? 5 : 1) } : null;
    },
  };
}

/** Keep what a screen reader says of the slider true. */
export function slide(field, timeline) {
  field.setAttribute("aria-label", "Position");
  field.setAttribute("aria-valuemin", 0);
  field.setAttribute("aria-valuemax", timeline.duration.toFixed(2));
  const tell = () => {
    field.setAttribute("aria-valuenow", timeline.now.toFixed(2));
    field.setAttribute("aria-valuetext", `${spoken(timeline.now)} of ${spoken(timeline.duration)}`);
  };
  timeline.addEventListener("now", tell);
  tell();
}
