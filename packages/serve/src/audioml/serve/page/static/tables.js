/* What the drawings show, as tables: for readers of screens, and for whoever wants the numbers. */
import { button, make } from "./dom.js";
import { pitchName, pitchOf } from "./draw/roll.js";
import { spelled } from "./draw/strip.js";
import { clock, count, figure } from "./words.js";

const AT_ONCE = 200; // rows

/** A closed table of an entry, filled when it is opened. `seek` goes to a time. */
export function table(name, entry, { frames, summaries, drawings }, seek) {
  const [head, rows, told] = frames ? ofFrames(frames, summaries) : ofEvents(entry, drawings[0]?.told);
  const body = make("tbody");
  const columns = make(
    "tr",
    {},
    head.map((text) => make("th", { scope: "col" }, text)),
  );
  const scroll = make(
    "div",
    { class: "rows", tabindex: 0, role: "region", "aria-label": `${name} as a table` },
    make(
      "table",
      {},
      make("caption", { class: "unseen" }, `${name}: ${told}`),
      make("thead", {}, columns),
      body,
    ),
  );
  const summary = make("summary", {}, make("b", {}, name), " ", make("span", {}, told));
  const details = make("details", { class: "table", "data-table": name }, summary, scroll);
  details.addEventListener("toggle", () => body.children.length || fill(body, scroll, rows, seek), {
    once: true,
  });
  return details;
}

function fill(body, scroll, rows, seek) {
  const from = body.children.length;
  body.append(
    ...rows.slice(from, from + AT_ONCE).map((cells) =>
      make(
        "tr",
        {},
        cells.map((value) => cell(value, seek)),
      ),
    ),
  );
  if (body.children.length >= rows.length) return;
  const rest = rows.length - body.children.length;
  const more = button(
    `Show ${Math.min(rest, AT_ONCE)} more of ${rest.toLocaleString("en")}`,
    () => {
      more.remove();
      fill(body, scroll, rows, seek);
    },
    { class: "button small" },
  );
  scroll.append(more);
}

/** Times are {at: seconds} and can be gone to. */
function cell(value, seek) {
  if (value === null || typeof value !== "object") return make("td", {}, figure(value));
  return make(
    "td",
    {},
    button(clock(value.at, 2), () => seek(value.at), {
      class: "at",
      "aria-label": `Go to ${clock(value.at, 2)}`,
    }),
  );
}

function ofFrames(frames, summaries) {
  if (summaries) {
    const rows = [...summaries].sort((a, b) => b.peak - a.peak);
    return [
      ["Label", "Mean", "Peak", "Peak at"],
      rows.map(({ label, mean, peak, when }) => [label, mean, peak, { at: when }]),
      frames.told(),
    ];
  }
  if (frames.columns === 1) {
    const rows = Array.from({ length: frames.rows }, (_, row) => [
      { at: frames.time(row) },
      frames.at(row, 0),
    ]);
    return [["Time", "Value"], rows, frames.told()];
  }
  const rows = Array.from({ length: frames.rows }, (_, row) => {
    const values = frames.values
      .subarray(row * frames.columns, (row + 1) * frames.columns)
      .filter(Number.isFinite);
    const [total, squares] = values.reduce(
      ([sum, square], value) => [sum + value, square + value * value],
      [0, 0],
    );
    const extremes = values.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Infinity, -Infinity],
    );
    return [{ at: frames.time(row) }, ...extremes, total / values.length, Math.sqrt(squares)];
  });
  return [["Time", "Least", "Most", "Mean", "Length of the vector"], rows, frames.told()];
}

function ofEvents({ namespace, data }, told) {
  const extras = [...new Set(data.flatMap(({ attributes }) => Object.keys(attributes ?? {})))];
  const sure = data.some(({ confidence }) => confidence !== null && confidence !== undefined);
  const lasting = data.some(({ start, end }) => end > start);
  const head = ["Start", lasting && "End", "Value", sure && "Confidence", ...extras].filter(Boolean);
  const rows = data.map((event) => [
    { at: event.start },
    ...(lasting ? [{ at: event.end }] : []),
    said(namespace, event),
    ...(sure ? [event.confidence] : []),
    ...extras.map((name) => spelled({ value: event.attributes?.[name] ?? null })),
  ]);
  return [head, rows, told ?? count(data.length, "event")];
}

function said(namespace, event) {
  const pitched = /^note_/.test(namespace) && typeof event.value === "number";
  return pitched ? `${pitchName(pitchOf(namespace, event.value))} (${figure(event.value)})` : spelled(event);
}
