/* The API key: kept in this tab, asked for when the server wants one. */
import { $ } from "./dom.js";

const NAME = "audioml-key";

export const known = () => sessionStorage.getItem(NAME) ?? "";
export const headers = () => (known() ? { Authorization: `Bearer ${known()}` } : {});

/** Show the field; `then` runs once a key was given. */
export function ask(then) {
  const form = $("key");
  form.hidden = false;
  $("key-text").value = "";
  $("key-text").focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    const key = $("key-text").value.trim();
    if (!key) return;
    sessionStorage.setItem(NAME, key);
    form.hidden = true;
    then();
  };
}

export const forget = () => sessionStorage.removeItem(NAME);
