/* The server's API. The page lies at ROOT/app/, so that the API is at ROOT/v1/ behind any proxy. */
import { headers } from "./key.js";

export const root = new URL("../", document.baseURI);

/** An address of the API, with query parameters. */
export function address(path, query = {}) {
  const url = new URL(path, root);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

const path = (name, action = "") => `v1/models/${encodeURIComponent(name)}${action}`;
export const predicting = (name, query) => address(path(name, "/predict"), query);
export const generating = (name) => address(path(name, "/generate"));

/** What a server answered instead of a result, or that it did not answer (`status` 0). */
export class Refusal extends Error {
  constructor(status, { problem = {}, after = null, sent = false } = {}) {
    super(problem.detail || problem.title || `status ${status}`);
    Object.assign(this, { status, problem, after, sent });
  }
}

async function refusal(status, blob, after) {
  let problem = {};
  try {
    problem = JSON.parse(await blob.text()) ?? {};
  } catch {
    // a proxy answered: its page says nothing that the status does not
  }
  return new Refusal(status, { problem, after: Number.parseFloat(after) || null });
}

async function ask(url, init = {}) {
  let response;
  try {
    response = await fetch(url, { ...init, headers: { ...headers(), ...init.headers } });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refusal(0);
  }
  if (!response.ok)
    throw await refusal(response.status, await response.blob(), response.headers.get("Retry-After"));
  return response;
}

/** JSON as a value; what answers something else is no server of ours. */
export function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("what answers at this address is not the API: a proxy may stand before it");
  }
}

export async function models() {
  const answer = read(await (await ask(address("v1/models"), { cache: "no-cache" })).text());
  return answer.models ?? [];
}

/**
 * Send a sound; the answer is a Blob. XMLHttpRequest, since fetch cannot tell how much is sent.
 * `progress` gets the share that is sent, 1 once the server has it all.
 */
export function predict({ model, sound, query, progress = () => {}, signal }) {
  const form = new FormData();
  form.append("audio", sound.blob, sound.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let sent = 0;
    request.open("POST", predicting(model, query));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.responseType = "blob";
    request.upload.onprogress = (event) => {
      sent = event.lengthComputable ? event.loaded / event.total : 0;
      progress(sent);
    };
    request.upload.onload = () => progress((sent = 1));
    request.onload = () =>
      request.status < 400
        ? resolve(request.response)
        : refusal(request.status, request.response, request.getResponseHeader("Retry-After")).then(reject);
    request.onerror = () => reject(new Refusal(0, { sent: sent > 0 && sent < 1 }));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Ask for a sound; the answer is its bytes. `progress` gets how many have come. */
export async function generate({ model, body, progress = () => {}, signal }) {
  const response = await ask(generating(model), {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: "audio/wav" },
    signal,
  });
  const chunks = [];
  let bytes = 0;
  try {
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
      chunks.push(value);
      progress((bytes += value.length));
    }
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refusal(0);
  }
}
