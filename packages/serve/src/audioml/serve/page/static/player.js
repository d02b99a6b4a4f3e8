/* Plays a sound in step with a timeline. */
import { calm, make } from "./dom.js";
import { clock } from "./words.js";

const SHAPES = { play: "M8 5.5v13l10.5-6.5z", pause: "M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z" };

export class Player {
  constructor(blob, timeline) {
    this.timeline = timeline;
    this.address = URL.createObjectURL(blob);
    this.audio = make("audio", { src: this.address, preload: "auto" });
    this.button = make(
      "button",
      { type: "button", class: "play", id: "play", "aria-label": "Play" },
      icon(SHAPES.play),
    );
    this.clock = make("output", { class: "clock", id: "clock" });
    this.trouble = make("p", { class: "hint" });
    this.element = make("div", { class: "player" }, this.button, this.clock, this.trouble);
    this.listen();
    this.tell();
  }

  listen() {
    const { audio, timeline } = this;
    this.button.addEventListener("click", () => this.toggle());
    timeline.addEventListener("now", () => this.tell());
    timeline.addEventListener("seek", () => {
      if (audio.readyState) audio.currentTime = timeline.now;
    });
    audio.addEventListener("loadedmetadata", () => (audio.currentTime = timeline.now));
    for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, () => this.turned());
    audio.addEventListener("timeupdate", () => audio.paused || timeline.tick(audio.currentTime));
    audio.addEventListener("error", () => {
      this.button.disabled = true;
      this.trouble.textContent = "This browser cannot play this kind of file.";
    });
  }

  async toggle() {
    if (!this.audio.paused) return this.audio.pause();
    if (this.timeline.now >= this.timeline.duration - 0.02) this.timeline.seek(0);
    try {
      await this.audio.play();
    } catch {
      // told by the error event, or paused again before it began
    }
  }

  turned() {
    const playing = !this.audio.paused;
    this.button.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.button.replaceChildren(icon(playing ? SHAPES.pause : SHAPES.play));
    if (playing && !calm.matches) this.follow();
  }

  /** With every picture; who wants less motion gets the four steps a second of `timeupdate`. */
  follow() {
    requestAnimationFrame(() => {
      if (this.audio.paused) return;
      this.timeline.tick(this.audio.currentTime);
      this.follow();
    });
  }

  tell() {
    const { now, duration } = this.timeline;
    this.clock.replaceChildren(make("b", {}, clock(now)), ` / ${clock(duration)}`);
  }

  close() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    URL.revokeObjectURL(this.address);
  }
}

function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", shape);
  svg.append(path);
  return svg;
}
