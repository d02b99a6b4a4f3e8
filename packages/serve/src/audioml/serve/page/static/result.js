/* What a sound is and what was found in it, below the form. */
import { $, calm, make } from "./dom.js";
import { outline } from "./decode.js";
import { choose } from "./draw/choose.js";
import { Stage } from "./stage.js";
import { table } from "./tables.js";
import { clock } from "./words.js";

let stage = null;
let turn = 0; // of the sounds that were to be shown, the last one wins
let drawn = null; // the outline of the sound on the stage

export const current = () => stage;

/** Show a sound alone; false where another came in between. `seconds` is how long it is said to be, where the browser cannot tell. */
export async function showSound(sound, title, seconds = 0) {
  const mine = ++turn;
  const found = await outline(sound.blob);
  if (mine !== turn) return false;
  clear();
  drawn = found;
  stage = new Stage(sound, found?.duration || seconds, found);
  $("stage").replaceChildren(stage.element);
  $("result-title").textContent = title;
  $("result").hidden = false;
  return true;
}

export function clear() {
  stage?.close();
  stage = drawn = null;
  for (const id of ["facts", "stage", "tables", "downloads", "result-about"]) $(id).replaceChildren();
  $("downloads").hidden = true;
  $("result").hidden = true;
}

/** Show what a document holds along its sound. */
export async function showDocument(document, sound, model) {
  const seconds = document.recording?.duration ?? 0;
  if (!(await showSound(sound, sound.name, seconds))) return [];
  const entries = entriesOf(document);
  for (const [name, entry] of entries) {
    const chosen = choose(name, entry, drawn);
    $("facts").append(...chosen.facts);
    chosen.drawings.forEach((drawing) => stage.add(drawing));
    $("tables").append(table(name, entry, chosen, (time) => stage.timeline.seek(time)));
  }
  if (!entries.length) $("facts").append(make("p", {}, "The model found nothing to tell."));
  $("result-about").textContent = `${clock(seconds || stage.timeline.duration)} · ${told(entries, model)}`;
  return entries;
}

/** [[name, entry], ...]; the names of estimators stand before them where there are several. */
export function entriesOf(document) {
  const estimators = Object.entries(document.estimators ?? {});
  return estimators.flatMap(([estimator, prediction]) =>
    Object.entries(prediction).map(([name, entry]) => [
      estimators.length > 1 ? `${estimator} ${name}` : name,
      entry,
    ]),
  );
}

function told(entries, model) {
  const sources = entries
    .map(([, { source }]) => source && `${source.name} ${source.version}`)
    .filter(Boolean);
  return [...new Set(sources)].join(", ") || model;
}

/** Bring the result into view, unless it is. */
export function reveal() {
  const { top } = $("result").getBoundingClientRect();
  if (top > innerHeight * 0.6 || top < 0)
    $("result").scrollIntoView({ behavior: calm.matches ? "auto" : "smooth" });
}
