/* Which forms the server can give a result in: a table of frames alone would have no rows. */

const NOTES = new Set(["note_midi", "note_hz"]);
const NOT_SEGMENTS = new Set([...NOTES, "beat", "beat_position", "onset", "tempo"]);

const segments = (entry) =>
  !NOT_SEGMENTS.has(entry.namespace) && entry.data.every(({ value }) => typeof value === "string");
const played = (name, entry) =>
  NOTES.has(entry.namespace) || ["chord", "chord_harte"].includes(entry.namespace) || name === "pedal";

/** [[format, suffix, title], ...] for the entries of a document, [[name, entry], ...]. */
export function formats(entries) {
  const annotations = entries.filter(([, entry]) => entry.kind === "annotation");
  const frames = entries.filter(([, entry]) => entry.kind === "frames");
  return [
    ["json", ".json", "everything, as JSON"],
    annotations.length && ["csv", ".csv", "a table"],
    frames.length === 1 && ["npy", ".npy", "a numpy array"],
    ["npz", ".npz", "numpy arrays"],
    annotations.length && ["jams", ".jams", "JSON annotated music specification"],
    annotations.some(([, entry]) => segments(entry)) && ["lab", ".lab", "labels, as MIREX has them"],
    annotations.some(([name, entry]) => played(name, entry)) && ["midi", ".mid", "to play and to notate"],
  ].filter(Boolean);
}
