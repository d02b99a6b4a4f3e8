/* Beats and onsets as ticks over the outline of the sound; the first of a bar is taller. */
import { clock, count, figure } from "../words.js";
import { paintWave } from "./wave.js";

export function ticks(name, entry, outline) {
  const events = entry.data;
  const what = /^beat/.test(entry.namespace) ? "beat" : entry.namespace === "onset" ? "onset" : "instant";
  const say = (event) =>
    [clock(event.start, 2), what + (position(event) === null ? "" : ` ${figure(position(event))}`)].join(
      " · ",
    );
  return {
    name,
    told: count(events.length, what),
    height: 64,
    paint: (context, at) => paint(context, at, events, outline),
    read: (time) => {
      const found = nearest(events, time);
      return found ? say(found) : "";
    },
    events,
    say,
  };
}

export function position({ value }) {
  if (typeof value === "number") return value;
  return typeof value?.position === "number" ? value.position : null;
}

function nearest(events, time) {
  let best = null;
  for (const event of events) {
    if (!best || Math.abs(event.start - time) < Math.abs(best.start - time)) best = event;
  }
  return best;
}

function paint(context, { width, height, timeline, theme }, events, outline) {
  context.fillStyle = theme.faint;
  context.fillRect(0, 0, width, height);
  context.globalAlpha = 0.55;
  paintWave(context, { width, height, timeline, colour: theme.wave }, outline);
  context.globalAlpha = 1;
  for (const event of events) {
    if (event.start < timeline.from || event.start > timeline.to) continue;
    const x = timeline.share(event.start) * width;
    const first = position(event) === 1;
    context.fillStyle = first ? theme.head : theme.accent;
    const tall = first ? height : height * 0.62;
    context.fillRect(x - (first ? 1 : 0.75), (height - tall) / 2, first ? 2 : 1.5, tall);
  }
}
