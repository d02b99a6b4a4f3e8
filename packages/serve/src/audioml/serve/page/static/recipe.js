/* The same as the form, as lines for a terminal and for Python. */
import { $, button, make } from "./dom.js";
import { generating, predicting, root } from "./api.js";
import { known } from "./key.js";

const VARIABLE = "AUDIOML_API_KEY";

/** One word of a shell. */
export const shell = (text) => (/^[\w/:=.,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** curl reads `;` and `,` in the name of a file as its own, unless it stands in quotes. */
const part = (name) =>
  /[;,"\\]/.test(name) ? `audio=@"${name.replace(/["\\]/g, "\\$&")}"` : `audio=@${name}`;

export function curl({ model, file, options }) {
  const key = known() ? [`-H "Authorization: Bearer $${VARIABLE}"`] : [];
  if (model.kind !== "generator") {
    return ["curl", ...key, "-F", shell(part(file)), shell(predicting(model.name, options).href)].join(" ");
  }
  const body = ["-H", shell("Content-Type: application/json"), "-d", shell(JSON.stringify(options))];
  return ["curl", ...key, ...body, "-o", shell(`${model.name}.wav`), shell(generating(model.name).href)].join(
    " ",
  );
}

const WORDS = new Set(
  `False None True and as assert async await break class continue def del elif else except finally for from global
  if import in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/),
);

/** A value in Python's spelling; the escapes of JSON's strings are also Python's. */
function literal(value) {
  if (value === true) return "True";
  if (value === false) return "False";
  return value === null ? "None" : JSON.stringify(value);
}

function keywords(options) {
  const named = ([name]) => /^[A-Za-z_]\w*$/.test(name) && !WORDS.has(name);
  const plain = Object.entries(options).filter(named);
  const other = Object.entries(options).filter((option) => !named(option));
  const unpacked = other.map(([name, value]) => `${literal(name)}: ${literal(value)}`).join(", ");
  return [
    ...plain.map(([name, value]) => `${name}=${literal(value)}`),
    ...(unpacked ? [`**{${unpacked}}`] : []),
  ];
}

export function python({ model, file, options }) {
  const key = known() ? `  # with the key in $${VARIABLE}` : "";
  const client = `Client(${literal(root.href.replace(/\/$/, ""))})`;
  const made = model.kind === "generator";
  const given = [literal(model.name), ...(made ? [] : [literal(file)]), ...keywords(options)].join(", ");
  const call = made ? `blocks = list(${client}.generate(${given}))` : `result = ${client}.predict(${given})`;
  return `from audioml.serve.client import Client\n\n${call}${key}`;
}

/** Show both; called whenever the form changes. */
export function tell(form) {
  $("recipe").hidden = false;
  const blocks = [
    ["curl", curl(form)],
    ["Python", python(form)],
  ];
  if (!$("recipes").children.length) $("recipes").append(...blocks.map(([name]) => block(name)));
  blocks.forEach(([, text], i) => ($("recipes").children[i].querySelector("code").textContent = text));
}

function block(name) {
  const code = make("code");
  const copy = button(
    "Copy",
    async () => {
      await put(code);
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 1500);
    },
    { class: "button small", "aria-label": `Copy the ${name} lines`, "aria-live": "polite" },
  );
  const title = make("h3", {}, name);
  return make(
    "div",
    { class: "lines", id: `recipe-${name.toLowerCase()}` },
    title,
    copy,
    make("pre", { tabindex: 0, "aria-label": name }, code),
  );
}

async function put(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // without HTTPS there is no clipboard: what is selected can still be copied
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
}
