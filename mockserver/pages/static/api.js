// Requests to the control API and to the API, in the world of this page's address.

import { byId } from "./dom.js";

/** The address of the world: the mock's, or http://HOST/worlds/NAME/. */
export const base = new URL(".", document.baseURI);
export const worldName = /\/worlds\/([^/]+)\/$/.exec(base.pathname)?.[1] ?? "default";
/** The address of the mock without a world. */
export const root = new URL(base.pathname.replace(/worlds\/[^/]+\/$/, ""), base);

const STORED = "mock control token";
/** The promise of the open dialog for the control token; null while it is closed. */
let tokenRequest = null;

/** Send a request to the control API and return the parsed body. Throws an error with a message and the `code` of the problem. */
export async function control(method, path, body, { from = base } = {}) {
  const isRefused = sessionStorage.getItem(STORED) !== null;
  const response = await send(method, path, body, from);
  if (response.status === 403 && (await code(response)) === "control_token") {
    if (!(await requestToken(isRefused))) throw new Error("Nothing was changed: the mock requires its control token.");
    return control(method, path, body, { from });
  }
  if (!response.ok) throw await failure(response);
  return response.status === 204 ? null : response.json();
}

/** Send a request to the API with an access token. Throws an error with Canvas's message. */
export async function canvas(method, path, token, form) {
  const response = await fetch(new URL(`api/v1/${path}`, base), {
    method,
    headers: { Authorization: `Bearer ${token}` },
    body: form && new URLSearchParams(form),
  });
  if (!response.ok) throw new Error(`${response.status}: ${canvasMessage(await response.text())}`);
  return response.json();
}

function send(method, path, body, from) {
  const headers = {};
  const token = sessionStorage.getItem(STORED);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token && method !== "GET") headers["X-Mock-Control-Token"] = token;
  return fetch(new URL(`_mock/${path}`, from), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function code(response) {
  return (await response.clone().json().catch(() => ({}))).code;
}

/** Return the error of a failed request: the sentences of the problem document, and its `code`. */
async function failure(response) {
  const text = await response.text();
  try {
    const { code, detail, mistakes = [] } = JSON.parse(text);
    const lines = [detail, ...mistakes.map(({ place, message }) => `${place}: ${message}`)];
    return Object.assign(new Error(lines.join("\n")), { code });
  } catch {
    return new Error(`${response.status}: ${text}`);
  }
}

function canvasMessage(text) {
  try {
    const { errors, message } = JSON.parse(text);
    const list = Array.isArray(errors) ? errors : Object.values(errors ?? {}).flat();
    return list.map((error) => error.message ?? JSON.stringify(error)).join("; ") || message || text;
  } catch {
    return text;
  }
}

/** Show the dialog for the control token, once for all requests that wait; return whether there is a new one. */
function requestToken(isRefused) {
  tokenRequest ??= new Promise((resolve) => {
    const dialog = byId("token-dialog");
    const input = byId("control-token");
    input.value = "";
    byId("token-error").textContent = isRefused ? "The mock does not accept this token." : "";
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      tokenRequest = null;
      const isGiven = dialog.returnValue === "send" && input.value !== "";
      if (isGiven) sessionStorage.setItem(STORED, input.value);
      resolve(isGiven);
    }, { once: true });
    dialog.showModal();
  });
  return tokenRequest;
}

let contractRequest = null;

/** Return the contract of the API, which is loaded when it is first needed. */
export function contract() {
  contractRequest ??= fetch(new URL("openapi.json", base)).then((response) => response.json());
  contractRequest.catch(() => { contractRequest = null; });
  return contractRequest;
}

/** Return the operation of the contract with this id, or undefined. */
export async function operation(id) {
  const { paths } = await contract();
  return Object.values(paths).flatMap((item) => Object.values(item)).find((each) => each.operationId === id);
}

/** Return the target of a reference, or the value itself. */
export function resolve(document, value) {
  if (!value?.$ref) return value;
  return resolve(document, value.$ref.slice(2).split("/").reduce((part, step) => part[step], document));
}
