/* Buttons that save a result in the forms that the server can give it in. */
import { $, button, make } from "./dom.js";
import { predict } from "./api.js";
import { formats } from "./formats.js";
import { run, status } from "./work.js";
import { stem } from "./words.js";

/** Give a Blob to the browser to be saved. */
export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** `asked` is what the result was asked with, `json` its bytes as they came. */
export function offer(asked, entries, json) {
  const buttons = formats(entries).map(([format, suffix, title]) => {
    const name = `${stem(asked.sound.name)}.${asked.model}${suffix}`;
    const act = format === "json" ? () => save(json, name) : () => again(asked, format, name);
    return button(suffix.slice(1), act, { class: "button small", title, "data-format": format });
  });
  $("downloads").replaceChildren(make("span", { "aria-hidden": "true" }, "Download"), ...buttons);
  $("downloads").hidden = false;
}

export function offerSound(blob, name) {
  $("downloads").replaceChildren(
    make("span", { "aria-hidden": "true" }, "Download"),
    button("wav", () => save(blob, name), { class: "button small" }),
  );
  $("downloads").hidden = false;
}

/** The server keeps no sounds, so another form means asking with the sound once more. */
function again(asked, format, name) {
  const work = async (signal) => {
    status(`Asking for ${name} …`);
    save(await predict({ ...asked, query: { ...asked.query, format }, signal }), name);
    status(`${name} is saved.`);
  };
  const act = () => run(work, act);
  act();
}
