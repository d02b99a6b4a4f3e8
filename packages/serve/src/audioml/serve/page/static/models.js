/* The list of models, and what is told of the one that is chosen. */
import { $, make } from "./dom.js";
import { sentence } from "./words.js";

const GROUPS = { estimator: "Analyse a sound", generator: "Make a sound" };

/** Fill the list; the model of the address (`#name`) is chosen, or else the first. */
export function list(models) {
  const groups = Object.entries(GROUPS).map(([kind, title]) => [
    title,
    models.filter((m) => kindOf(m) === kind),
  ]);
  const filled = groups.filter(([, members]) => members.length);
  const options = (members) => members.map((model) => make("option", { value: model.name }, model.name));
  $("model").replaceChildren(
    ...(filled.length > 1
      ? filled.map(([title, members]) => make("optgroup", { label: title }, options(members)))
      : options(models)),
  );
  $("model").disabled = models.length === 0;
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (models.some((model) => model.name === wanted)) $("model").value = wanted;
}

const kindOf = (model) => (model.kind === "generator" ? "generator" : "estimator");

/** Tell what a model is. */
export function tell(model) {
  const facts = [
    ["Answers", (model.answers ?? []).join(", ")],
    ["Listens at", model.rate && kindOf(model) === "estimator" ? listening(model) : ""],
    ["Version", [model.version, model.precision].filter(Boolean).join(", ")],
    ["Licence", model.license],
    ["Source", source(model.source)],
  ].filter(([, value]) => value);
  $("about").replaceChildren(
    make("p", {}, sentence(model.description ?? "")),
    make(
      "dl",
      {},
      facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    ),
  );
}

function listening({ rate, channels }) {
  const kilohertz = `${Number((rate / 1000).toFixed(3))} kHz`;
  const how = channels === 1 ? ", mono" : channels === 2 ? ", stereo" : "";
  return `${kilohertz}${how}`;
}

/** A link where it is one of the web's, text where not: `javascript:` must not become a link. */
function source(text) {
  if (!/^https?:\/\//i.test(text ?? "")) return text;
  return make("a", { href: text, rel: "noreferrer", target: "_blank" }, text.replace(/^https?:\/\//i, ""));
}
