/* A small form from what a model says of its options. */
import { make } from "./dom.js";
import { figure, sentence } from "./words.js";

/** What can be told to any generator; the API takes nothing else. */
const GENERATING = {
  seconds: { type: "number", default: 10, minimum: 0.1, description: "how long the sound is" },
  seed: { type: "integer", default: 0, minimum: 0, description: "the same number makes the same sound" },
  temperature: {
    type: "number",
    default: 1,
    minimum: 0,
    maximum: 100,
    description: "higher is bolder, lower is safer",
  },
  top_k: { type: "integer", default: null, minimum: 1, description: "choose among so many; empty for all" },
  top_p: {
    type: "number",
    default: null,
    minimum: 0,
    maximum: 1,
    description: "choose among the likeliest up to this share; empty for all",
  },
};

/** What can be set for a model. */
export const settable = (model) => (model.kind === "generator" ? GENERATING : (model.options ?? {}));

/** Fill a form with the options of a model. */
export function fill(form, model) {
  const fields = Object.entries(settable(model)).map(([name, option], index) => field(name, option, index));
  form.replaceChildren(...fields);
  form.hidden = fields.length === 0;
}

function field(name, option, index) {
  const id = `option-${index}`;
  const hint = [option.description && sentence(option.description), limits(option)].filter(Boolean).join(" ");
  const control = input(option, { id, name, "aria-describedby": hint ? `${id}-hint` : null });
  const label = make("label", { for: id }, name.replaceAll("_", " "));
  const about = hint ? make("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  return make("div", { class: option.type === "boolean" ? "field check" : "field" }, label, control, about);
}

function limits({ minimum, maximum }) {
  const [low, high] = [minimum ?? null, maximum ?? null];
  if (low !== null && high !== null) return `From ${figure(low)} to ${figure(high)}.`;
  if (low !== null) return `At least ${figure(low)}.`;
  return high !== null ? `At most ${figure(high)}.` : "";
}

function input(option, attributes) {
  if (option.choices?.length) {
    const choices = option.choices.map((choice) =>
      make("option", { value: String(choice), selected: choice === option.default }, String(choice)),
    );
    return make("select", attributes, choices);
  }
  if (option.type === "boolean")
    return make("input", { ...attributes, type: "checkbox", checked: option.default === true });
  const value = option.default ?? "";
  if (option.type !== "number" && option.type !== "integer")
    return make("input", { ...attributes, type: "text", value });
  const step = option.type === "integer" ? 1 : "any";
  const { minimum: min, maximum: max } = option;
  // what has a default may not be left empty: empty would not mean what it shows
  const required = option.default !== null && option.default !== undefined;
  return make("input", {
    ...attributes,
    type: "number",
    inputmode: "decimal",
    min,
    max,
    step,
    value,
    required,
  });
}

/** What the form says, as values of the options' types; `changed` leaves out what is the default. */
export function values(form, model, { changed = true } = {}) {
  const found = {};
  for (const [name, option] of Object.entries(settable(model))) {
    const value = read(form.elements.namedItem(name), option);
    if (value === null || (changed && value === option.default)) continue;
    found[name] = value;
  }
  return found;
}

function read(control, option) {
  if (option.type === "boolean" && control.type === "checkbox") return control.checked;
  const text = control.value;
  if (option.choices?.length) return option.choices.find((choice) => String(choice) === text);
  if (text === "" && (option.default ?? null) === null) return null;
  return option.type === "number" || option.type === "integer" ? control.valueAsNumber : text;
}
