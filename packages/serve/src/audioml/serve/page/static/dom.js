/* Elements. What comes from a server becomes text, never HTML. */

export const $ = (id) => document.getElementById(id);

/** A new element. Attributes that are null or false are left out; strings become text nodes. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function button(text, act, attributes = {}) {
  const element = make("button", { type: "button", class: "button", ...attributes }, text);
  element.addEventListener("click", act);
  return element;
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");
