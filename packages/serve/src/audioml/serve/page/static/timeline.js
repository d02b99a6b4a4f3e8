/* What part of time is shown, and where in it the play head is. Events: "view", "now", "seek". */

const CLOSEST = 0.25; // seconds across the whole width

export class Timeline extends EventTarget {
  constructor(duration) {
    super();
    this.duration = Math.max(duration, 0.01);
    this.now = 0;
    [this.from, this.to] = [0, this.duration];
  }

  get span() {
    return this.to - this.from;
  }

  /** Where a time is: 0 at the left edge of what is shown, 1 at the right. */
  share(time) {
    return (time - this.from) / this.span;
  }

  time(share) {
    return this.from + share * this.span;
  }

  /** The sound has come to here. */
  tick(time) {
    this.now = Math.min(Math.max(time, 0), this.duration);
    this.reveal();
    this.dispatchEvent(new Event("now"));
  }

  /** Somebody wants to be here. */
  seek(time) {
    this.tick(time);
    this.dispatchEvent(new Event("seek"));
  }

  zoom(factor) {
    const span = Math.min(this.duration, Math.max(CLOSEST, this.span / factor));
    this.show(this.now - span * this.share(this.now), span);
  }

  fit() {
    this.show(0, this.duration);
  }

  pan(seconds) {
    this.show(this.from + seconds, this.span);
  }

  /** Turn the page where the play head has left what is shown. */
  reveal() {
    if (this.now < this.from || this.now > this.to) this.show(this.now - this.span * 0.1, this.span);
  }

  show(from, span) {
    this.from = Math.min(Math.max(from, 0), this.duration - span);
    this.to = this.from + span;
    this.dispatchEvent(new Event("view"));
  }
}
