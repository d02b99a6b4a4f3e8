/* Tempo as a number. */
import { make } from "../dom.js";
import { clock, figure } from "../words.js";

export function tempo(name, entry) {
  const many = entry.data.length > 1;
  const figures = entry.data.map(({ start, end, value }) =>
    make(
      "p",
      { class: "figure" },
      make("b", {}, figure(typeof value === "number" ? Math.round(value * 10) / 10 : value)),
      " beats per minute",
      many ? ` (${clock(start)}–${clock(end)})` : null,
    ),
  );
  return make(
    "div",
    { class: "fact", "data-fact": name },
    make("h3", {}, name),
    figures.length ? figures : make("p", {}, "None found."),
  );
}
