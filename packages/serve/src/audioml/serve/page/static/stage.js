/* The sound and what is drawn along it: player, lanes, one play head across them all. */
import { button, make } from "./dom.js";
import { eventSteps, Lane } from "./draw/lane.js";
import { paintRuler } from "./draw/ruler.js";
import { slide, wave } from "./draw/wave.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";

export class Stage {
  /** `duration` in seconds; `outline` as decode.js gives it, or null. */
  constructor(sound, duration, outline) {
    this.timeline = new Timeline(duration);
    this.player = new Player(sound.blob, this.timeline);
    this.lanes = [];
    this.head = make("div", { class: "playhead", "aria-hidden": "true" });
    this.track = make("div", { class: "lanes" }, this.head);
    this.element = make(
      "div",
      { class: "stage" },
      make("div", { class: "controls" }, this.player.element, this.zooms()),
      this.track,
    );
    slide(this.add(wave(outline, this.timeline)).field, this.timeline);
    this.ruler = this.add({ name: "Time", told: "", height: 22, paint: paintRuler });
    this.ruler.element.classList.add("ruler");
    this.ruler.field.removeAttribute("tabindex");
    this.ruler.field.setAttribute("role", "presentation");
    for (const name of ["now", "view"]) this.timeline.addEventListener(name, () => this.follow());
    this.track.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.follow();
  }

  /** Draw along the sound, above the ruler. */
  add(drawing) {
    const step = drawing.step ?? (drawing.events ? eventSteps(drawing.events, drawing.say) : undefined);
    const lane = new Lane(this.timeline, { ...drawing, step });
    this.lanes.push(lane);
    this.track.insertBefore(lane.element, this.ruler?.element ?? this.head);
    return lane;
  }

  zooms() {
    const group = make("div", { class: "zoom", role: "group", "aria-label": "Zoom" });
    group.append(
      button("−", () => this.timeline.zoom(0.5), { class: "button small", "aria-label": "Zoom out" }),
      button("Fit", () => this.timeline.fit(), { class: "button small" }),
      button("+", () => this.timeline.zoom(2), { class: "button small", "aria-label": "Zoom in" }),
    );
    return group;
  }

  follow() {
    const share = this.timeline.share(this.timeline.now);
    this.head.style.setProperty("--share", share);
    this.head.hidden = share < 0 || share > 1;
  }

  /** Sideways moves along time, with Ctrl it zooms, as trackpads do when pinched; else it scrolls the page. */
  wheel(event) {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) this.timeline.zoom(Math.exp(-event.deltaY / 200));
    else if (sideways && Math.abs(sideways) >= Math.abs(event.shiftKey ? 0 : event.deltaY))
      this.timeline.pan((sideways / 600) * this.timeline.span);
    else return;
    event.preventDefault();
  }

  close() {
    this.player.close();
    this.lanes.forEach((lane) => lane.close());
    this.element.remove();
  }
}

/** Keys for the whole page, unless a control has the focus. */
export function shortcuts(current) {
  addEventListener("keydown", (event) => {
    const stage = current();
    const busy = event.target.closest?.("input, select, textarea, button, a, summary, [contenteditable]");
    if (!stage || busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      " ": () => stage.player.toggle(),
      ArrowRight: () => stage.timeline.seek(stage.timeline.now + 1),
      ArrowLeft: () => stage.timeline.seek(stage.timeline.now - 1),
      "+": () => stage.timeline.zoom(2),
      "-": () => stage.timeline.zoom(0.5),
      0: () => stage.timeline.fit(),
    };
    if (!acts[event.key] || (event.key.startsWith("Arrow") && event.target.closest?.(".rows, pre"))) return;
    event.preventDefault();
    acts[event.key]();
  });
}
