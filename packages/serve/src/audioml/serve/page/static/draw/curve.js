/* Frames of one number each: a line. */
import { make } from "../dom.js";
import { clock, figure } from "../words.js";

export function curve(name, frames) {
  const [least, most] = frames.rows ? frames.extremes : [0, 1];
  const [low, high] = least < most ? [least, most] : [least - 1, least + 1];
  const say = (row) => `${clock(frames.time(row), 2)} · ${figure(frames.at(row, 0))}`;
  return {
    name,
    told: frames.told(),
    height: 96,
    beside: make(
      "div",
      { class: "ends" },
      make("span", {}, figure(high, 3)),
      make("span", {}, figure(low, 3)),
    ),
    paint: (context, at) => paint(context, at, frames, low, high),
    read: (time) => (frames.rows && time >= frames.start && time < frames.end ? say(frames.row(time)) : ""),
    step: (key, now) => {
      const row =
        frames.rows &&
        { ArrowRight: frames.row(now) + 1, ArrowLeft: frames.row(now) - 1, Home: 0, End: frames.rows - 1 }[
          key
        ];
      const inside = Math.min(Math.max(row, 0), frames.rows - 1);
      return Number.isInteger(row) && frames.rows ? { time: frames.time(inside), text: say(inside) } : null;
    },
  };
}

function paint(context, { width, height, timeline, theme }, frames, low, high) {
  context.fillStyle = theme.faint;
  context.fillRect(0, 0, width, height);
  if (!frames.rows) return;
  const y = (value) => 4 + (1 - (value - low) / (high - low)) * (height - 8);
  const [first, last] = [frames.row(timeline.from), frames.row(timeline.to)];
  context.beginPath();
  let drawing = false;
  for (let row = Math.max(first - 1, 0); row <= Math.min(last + 1, frames.rows - 1); row++) {
    const value = frames.at(row, 0);
    const point = [timeline.share(frames.time(row) + frames.hop / 2) * width, y(value)];
    if (Number.isNaN(value)) drawing = false;
    else if (drawing) context.lineTo(...point);
    else context.moveTo(...point);
    drawing = !Number.isNaN(value);
  }
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.stroke();
}
