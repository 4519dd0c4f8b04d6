/**
 * The page: lists, adds and removes the channels of the user whose token is in the page's address.
 *
 * @typedef {import("../../canvas-mock/canvas").components["schemas"]["CommunicationChannel"]} Channel
 * @typedef {import("../../canvas-mock/canvas").components["schemas"]["CreateCommunicationChannelForm"]} ChannelForm
 */

const settings = new URLSearchParams(location.search);
const channelsUrl = `${settings.get("canvas") ?? "http://127.0.0.1:8000"}/api/v1/users/self/communication_channels`;
const token = settings.get("token") ?? "student-token";

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** An error that the page shows to the user. */
class ApiError extends Error {}

/**
 * Return the element with this id.
 *
 * @template {HTMLElement} Type
 * @param {string} id
 * @param {new () => Type} type
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${type.name} with the id ${id}`);
  return found;
}

const add = element("add", HTMLFormElement);
const alert = element("error", HTMLElement);
const message = element("message", HTMLElement);
const retry = element("retry", HTMLButtonElement);
const rows = element("channels", HTMLElement);
const row = element("row", HTMLTemplateElement);
const status = element("status", HTMLElement);

/**
 * Send a request to the API, and return the body of its response. Throws ApiError.
 *
 * @param {string} url
 * @param {RequestInit} options
 */
async function send(url, options = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(url, { ...options, headers }).catch(() => {
    throw new ApiError("Canvas did not respond.");
  });
  if (!response.ok) throw new ApiError(await errorMessage(response));
  return response.json();
}

/** @param {Response} response */
async function errorMessage(response) {
  if (response.status === 404) return "Canvas did not find this.";
  if (response.status === 429 || response.status >= 500) return `Canvas is busy or not available (${response.status}).`;
  const { errors } = await response.json().catch(() => ({}));
  const [first] = Array.isArray(errors) ? errors : Object.values(errors ?? {}).flat();
  return first?.message ?? `Canvas rejected the request (${response.status}).`;
}

/** Show the channels. */
async function list() {
  /** @type {Channel[]} */
  const channels = await send(`${channelsUrl}?per_page=100`);
  rows.replaceChildren(...channels.map(channelRow));
  status.textContent = channels.length === 1 ? "1 channel" : `${channels.length} channels`;
}

/** @param {Channel} channel */
function channelRow({ id, address, type, workflow_state, created_at }) {
  const copy = /** @type {DocumentFragment} */ (row.content.cloneNode(true));
  const [name, kind, state, added] = copy.querySelectorAll("th, td");
  name.textContent = address;
  kind.textContent = type;
  state.textContent = workflow_state;
  state.setAttribute("data-state", workflow_state);
  added.textContent = created_at && day.format(new Date(created_at));
  copy.querySelector("button")?.addEventListener("click", () => run(() => remove(id)));
  return copy;
}

/** Create the channel that the form describes. */
async function create() {
  const entries = new FormData(add);
  /** @satisfies {ChannelForm} */
  const form = {
    "communication_channel[address]": String(entries.get("address")),
    "communication_channel[type]": entries.get("type") === "sms" ? "sms" : "email",
  };
  await send(channelsUrl, { method: "POST", body: new URLSearchParams(form) });
  add.reset();
  await list();
}

/** @param {number} id */
async function remove(id) {
  await send(`${channelsUrl}/${id}`, { method: "DELETE" });
  await list();
}

/**
 * Run an action; show its error, with a button that runs it again.
 *
 * @param {() => Promise<void>} action
 */
async function run(action) {
  alert.hidden = true;
  try {
    await action();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    message.textContent = error.message;
    retry.onclick = () => run(action);
    alert.hidden = false;
  }
}

add.addEventListener("submit", (event) => {
  event.preventDefault();
  run(create);
});
element("refresh", HTMLButtonElement).addEventListener("click", () => run(list));
run(list);
