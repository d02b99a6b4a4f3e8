/* Which drawings show an entry of a document. */
import { Frames } from "../frames.js";
import { bars } from "./bars.js";
import { curve } from "./curve.js";
import { heatmap } from "./heatmap.js";
import { roll } from "./roll.js";
import { spelled, strip } from "./strip.js";
import { tempo } from "./tempo.js";
import { ticks } from "./ticks.js";

const INSTANTS = new Set(["beat", "beat_position", "onset"]);
const NOTES = new Set(["note_midi", "note_hz", "pitch_midi", "pitch_hz"]);

/**
 * {facts, drawings, frames}: elements that stand for the whole sound, drawings along time, and the
 * frames, read once.
 */
export function choose(name, entry, outline) {
  if (entry.kind === "frames") return ofFrames(name, entry);
  if (entry.namespace === "tempo") return { facts: [tempo(name, entry)], drawings: [] };
  if (NOTES.has(entry.namespace) && numbers(entry)) return { facts: [], drawings: [roll(name, entry)] };
  if (INSTANTS.has(entry.namespace) || instants(entry))
    return { facts: [], drawings: [ticks(name, entry, outline)] };
  if (whole(entry)) return { facts: [bars(name, entry.data.map(tag))], drawings: [] };
  return { facts: [], drawings: [strip(name, entry)] };
}

function ofFrames(name, entry) {
  const frames = new Frames(entry);
  if (frames.columns === 1) return { facts: [], drawings: [curve(name, frames)], frames };
  if (!frames.labels.length) return { facts: [], drawings: [heatmap(name, frames)], frames };
  const summaries = frames.summaries();
  return { facts: [bars(name, summaries)], drawings: [heatmap(name, frames, summaries)], frames, summaries };
}

const tag = (event) => ({ label: spelled(event), peak: event.confidence ?? undefined });
const numbers = ({ data }) => data.every(({ value }) => typeof value === "number");
const instants = ({ data }) => data.length > 0 && data.every(({ start, end }) => start === end);

/** Tags of the whole sound, as opposed to segments of it. */
function whole({ namespace, data }) {
  const same = data.every(({ start, end }) => start === data[0].start && end === data[0].end);
  return same && (data.length > 1 || /^tag/.test(namespace));
}
