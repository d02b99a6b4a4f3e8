/* What went wrong, as one sentence for people, and what they can do about it. */
import { $, button, make } from "./dom.js";
import { Refusal } from "./api.js";
import * as key from "./key.js";
import { count, sentence } from "./words.js";

const SAID = {
  401: "This server wants an API key",
  403: "This key may not do that",
  404: "The server has no such model",
  413: "The file is too big for this server",
  415: "The server cannot read this kind of file",
  422: "The server cannot make sense of this file",
  429: "You have asked very often in a short time",
  502: "The server behind this address does not answer",
  503: "The server is busy",
  504: "The model took too long",
};
const PASSING = new Set([0, 429, 502, 503, 504]);

function spell(error) {
  const { status, problem, after } = error;
  if (status === 0) return error.sent ? broken : offline;
  if (status === 401) return key.known() ? "The server does not accept this API key." : `${SAID[401]}.`;
  const detail = problem.detail || problem.title;
  const said = SAID[status];
  const wait = after && PASSING.has(status) ? `; try again in ${count(Math.ceil(after), "second")}` : "";
  if (!detail) return sentence((said ?? `The server refused with status ${status}`) + wait);
  const known = said && ![415, 422, 404].includes(status);
  return sentence(`${known ? `${said}: ` : ""}${String(detail).replace(/[.\s]+$/, "")}${wait}`);
}

const offline = "The server cannot be reached: check that it is running and that you are connected.";
const broken =
  "The connection broke during the upload: the server is gone, or the file is bigger than it takes.";

/** Show an error. `again` does what failed once more. */
export function show(error, again) {
  if (error.name === "AbortError") return;
  const refused = error instanceof Refusal;
  const text = refused ? spell(error) : sentence(error.message || error);
  const retry = refused && again && PASSING.has(error.status);
  $("alert").replaceChildren(
    make("div", { class: "alert" }, make("p", {}, text), retry ? button("Try again", again) : null),
  );
  if (refused && (error.status === 401 || error.status === 403) && again) {
    key.forget();
    key.ask(again);
  }
}

export function clear() {
  $("alert").replaceChildren();
  $("key").hidden = true;
}
