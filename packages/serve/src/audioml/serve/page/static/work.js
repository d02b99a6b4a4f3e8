/* One piece of work at a time: what is told while it runs, and how it is stopped. */
import { $ } from "./dom.js";
import * as problems from "./problems.js";

let running = null;

export const status = (text) => ($("status").textContent = text);

/** `share` of the upload from 0 to 1, or null where there is nothing to measure. */
export function progress(share) {
  $("progress").hidden = share === null || share >= 1;
  $("spinner").hidden = share !== null && share < 1;
  if (share !== null) $("progress").value = share;
}

/**
 * Run `work(signal)`; what it throws is told, with an offer to do it again where that may help.
 * `work` tells by `status` what was done.
 */
export async function run(work, again) {
  if (running) return;
  running = new AbortController();
  problems.clear();
  busy(true);
  try {
    await work(running.signal);
  } catch (error) {
    status(error.name === "AbortError" ? "Cancelled." : "");
    problems.show(error, again);
    if (!(error instanceof Error) && error.name !== "AbortError") throw error;
  } finally {
    running = null;
    busy(false);
  }
}

export const cancel = () => running?.abort();

function busy(on) {
  const held = document.activeElement === $("cancel");
  $("go").setAttribute("aria-disabled", on);
  $("cancel").hidden = !on;
  $("spinner").hidden = !on;
  if (on) return;
  $("progress").hidden = true;
  if (held) $("go").focus(); // the button that had the focus is gone
}
