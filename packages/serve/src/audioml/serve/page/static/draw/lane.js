/* One drawing along time: a canvas that stays sharp, follows zoom and theme, seeks and reads out. */
import { make } from "../dom.js";
import { onTheme, theme } from "./theme.js";

/**
 * A lane is made from what it draws:
 *   name      its heading
 *   told      what it shows, in words
 *   height    CSS pixels
 *   paint     (context, {width, height, timeline, theme}) => void
 *   read      (time, share of the height) => text under the pointer, or ""
 *   step      (key, now) => {time, text} for arrow keys, or null
 *   beside    element in the margin, or none
 *   role      "img", or "slider" for the one that stands for the position
 */
export class Lane {
  constructor(timeline, drawing) {
    Object.assign(this, { timeline, drawing });
    this.closing = new AbortController();
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.output = make("output", { class: "read" });
    this.field = make(
      "div",
      { class: "field", tabindex: 0, "aria-label": `${drawing.name}: ${drawing.told}` },
      this.canvas,
    );
    this.field.setAttribute("role", drawing.role ?? "application");
    if (!drawing.role) this.field.setAttribute("aria-roledescription", "drawing");
    this.field.style.height = `${drawing.height}px`;
    const head = make(
      "div",
      { class: "lane-head" },
      make("h3", {}, drawing.name),
      drawing.legend ?? null,
      this.output,
    );
    const beside = make("div", { class: "beside", "aria-hidden": "true" }, drawing.beside ?? null);
    this.element = make("div", { class: "lane", "data-lane": drawing.name }, head, beside, this.field);
    this.listen();
  }

  listen() {
    const { signal } = this.closing;
    const redraw = () => this.draw();
    this.observer = new ResizeObserver(redraw);
    this.observer.observe(this.field);
    onTheme(redraw, signal);
    this.timeline.addEventListener("view", redraw, { signal });
    this.field.addEventListener("pointerdown", (event) => this.pressed(event));
    this.field.addEventListener("pointermove", (event) => this.moved(event));
    this.field.addEventListener("pointerleave", () => this.say(""));
    this.field.addEventListener("keydown", (event) => this.typed(event));
  }

  draw() {
    const [width, height] = [this.field.clientWidth, this.drawing.height];
    if (!width) return;
    const sharp = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(width * sharp), Math.round(height * sharp)];
    const context = this.canvas.getContext("2d");
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    const colours = theme();
    context.font = `500 12px ${colours.font}`;
    context.textBaseline = "middle";
    this.drawing.paint(context, { width, height, timeline: this.timeline, theme: colours });
  }

  place(event) {
    const box = this.field.getBoundingClientRect();
    const inside = (value) => Math.min(Math.max(value, 0), 1);
    const across = inside((event.clientX - box.left) / box.width);
    return [this.timeline.time(across), inside((event.clientY - box.top) / box.height)];
  }

  pressed(event) {
    if (event.button) return;
    this.field.setPointerCapture(event.pointerId);
    this.timeline.seek(this.place(event)[0]);
  }

  moved(event) {
    const [time, down] = this.place(event);
    if (event.buttons & 1) this.timeline.seek(time);
    this.say(this.drawing.read?.(time, down) ?? "");
  }

  typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const stepped = this.drawing.step?.(event.key, this.timeline.now, event.shiftKey);
    if (!stepped) return;
    event.preventDefault();
    event.stopPropagation();
    if (stepped.time !== undefined) this.timeline.seek(stepped.time);
    if (stepped.redraw) this.draw();
    this.say(stepped.text ?? "", true);
  }

  /** Readers of screens hear what keys moved to, not every place the pointer crosses. */
  say(text, aloud = false) {
    this.output.setAttribute("aria-live", aloud ? "polite" : "off");
    this.output.textContent = text;
  }

  close() {
    this.closing.abort();
    this.observer.disconnect();
  }
}

/** Steps from event to event, for lanes that show events; `say` spells one. */
export function eventSteps(events, say) {
  return (key, now) => {
    const moves = {
      ArrowRight: () => events.findIndex((event) => event.start > now + 1e-3),
      ArrowLeft: () => events.findLastIndex((event) => event.start < now - 1e-3),
      Home: () => 0,
      End: () => events.length - 1,
    };
    const found = events[moves[key]?.() ?? -1];
    if (found) return { time: found.start, text: say(found) };
    return key in moves ? { text: "" } : null;
  };
}
