/* Labels as bars, the strongest first: the mean filled, the peak as a mark. */
import { button, make } from "../dom.js";
import { clock, figure } from "../words.js";

const FIRST = 12;

/** `rows`: [{label, mean, peak, when}], of which all but the label may be missing. */
export function bars(name, rows) {
  const sorted = [...rows].sort((a, b) => (b.peak || 0) - (a.peak || 0));
  const most = sorted.reduce((high, { peak }) => Math.max(high, peak || 0), 0);
  const least = sorted.reduce((low, { mean, peak }) => Math.min(low, (mean ?? peak) || 0), 0);
  // shares of one are shown as such, unless they would all be slivers
  const full = most <= 1 && most > 0.25 ? 1 : most || 1;
  const list = make(
    "ol",
    { class: rows.some(({ mean }) => mean !== undefined) ? "bars" : "bars single" },
    sorted.slice(0, FIRST).map((row) => bar(row, least, full)),
  );
  const none = sorted.length ? null : make("p", {}, "None found.");
  const element = make("div", { class: "fact", "data-fact": name }, make("h3", {}, name), none ?? list);
  if (sorted.length > FIRST) element.append(more(list, sorted, least, full));
  if (rows.some(({ mean }) => mean !== undefined)) element.append(key());
  return element;
}

function more(list, sorted, least, full) {
  return button(
    `Show all ${sorted.length}`,
    (event) => {
      list.append(...sorted.slice(FIRST).map((row) => bar(row, least, full)));
      event.currentTarget.remove();
      list.children[FIRST].setAttribute("tabindex", -1);
      list.children[FIRST].focus();
    },
    { class: "button small" },
  );
}

function bar({ label, mean, peak, when }, least, full) {
  if (peak === undefined) return make("li", {}, make("span", { class: "label" }, label));
  const track = make(
    "span",
    { class: "track", "aria-hidden": "true" },
    make("i"),
    mean === undefined ? null : make("b"),
  );
  const share = (value) => `${Math.min(Math.max(((value || 0) - least) / (full - least), 0), 1) * 100}%`;
  track.firstChild.style.width = share(mean ?? peak);
  if (mean !== undefined) track.lastChild.style.left = share(peak);
  const said = mean === undefined ? figure(peak, 3) : `${figure(mean, 3)} mean, ${figure(peak, 3)} peak`;
  const at = when === undefined ? null : make("span", { class: "when" }, `at ${clock(when)}`);
  return make(
    "li",
    {},
    make("span", { class: "label" }, label),
    track,
    make("span", { class: "value" }, said, " ", at),
  );
}

const key = () =>
  make(
    "p",
    { class: "hint bar-key", "aria-hidden": "true" },
    make("i", { class: "key-mean" }),
    "mean ",
    make("i", { class: "key-peak" }),
    "peak",
  );
