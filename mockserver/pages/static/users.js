// Users, their tokens and their channels.

import { canvas, control } from "./api.js";
import { button, byId, copyButton, debounce, element, empty, notify, onSubmit, replace, run, visible } from "./dom.js";
import { showConnect } from "./worlds.js";

const USERS = 10;
const CHANNELS = 50;
const BOUNCES = ["permanent", "transient", "suppression"];
/** The chosen kind of bounce by channel; the rows are made again after each change. */
const kinds = new Map();

let offset = 0;
let selected = null;
let shownChannels = CHANNELS;
let user = null;
let now = "";
/** The number of the newest search; the result of an older one may arrive after its result. */
let newest = 0;

export async function refreshUsers(clock) {
  now = clock?.now ?? now;
  const query = new URLSearchParams({ search: byId("search").value, limit: USERS, offset });
  const number = ++newest;
  const { total, users } = await control("GET", `users?${query}`);
  if (number !== newest) return;
  if (!users.length && offset) {
    offset = 0;
    return refreshUsers();
  }
  if (!offset && !query.get("search")) showConnect(users.flatMap(({ tokens }) => tokens).find(works)?.value ?? "TOKEN");
  selected ??= users[0]?.id ?? null;
  if (!(await refreshUser()) && users.length) {
    selected = users[0].id; // the world was replaced
    await refreshUser();
  }
  showUsers(users, total);
}

function showUsers(users, total) {
  const rows = users.map((each) => element("li", {}, element(
    "button",
    { type: "button", class: "row", "data-key": `user ${each.id}`, "aria-pressed": String(each.id === selected), onclick: () => run(() => select(each.id)) },
    element("span", { class: "number" }, `${each.id}`),
    element("bdi", { class: "grow" }, visible(each.name, 80)),
    element("span", { class: "muted" }, visible(each.role, 60)),
    element("span", { class: "number" }, each.channels === 1 ? "1 channel" : `${each.channels} channels`),
  )));
  replace(byId("users"), rows.length ? rows : [empty("No user matches.")], byId("search"));
  const last = offset + users.length;
  byId("users-total").textContent = total > users.length ? `${offset + 1} to ${last} of ${total} users` : "";
  byId("users-previous").hidden = offset === 0;
  byId("users-next").hidden = last >= total;
}

async function select(id) {
  selected = id;
  shownChannels = CHANNELS;
  kinds.clear();
  await refreshUsers();
}

/** Show the selected user, and return whether there is one. */
async function refreshUser() {
  const id = selected;
  const found = id === null ? null : await control("GET", `users/${id}`).catch(() => null);
  if (selected !== id) return true; // another user was selected meanwhile
  if (!found) {
    user = selected = null;
    byId("user").hidden = true;
    return false;
  }
  const isOther = user?.id !== found.id;
  user = found;
  byId("user").hidden = false;
  byId("user-name").textContent = visible(user.name, 255);
  const facts = [`id ${user.id}`, user.role, user.login_id && `login ${user.login_id}`, user.admin_of && `admin of ${user.admin_of}`];
  byId("user-facts").textContent = visible(facts.filter(Boolean).join(", "));
  showTokens(isOther);
  showChannels();
  return true;
}

function notes(token) {
  return [
    token.sns && "can create push channels",
    token.scopes && "limited scopes",
    token.expires_at && (token.expires_at <= now ? "expired" : `expires ${token.expires_at}`),
    token.revoked && "revoked",
  ].filter(Boolean).join(", ");
}

function showTokens(isOther) {
  const rows = user.tokens.map((token) => element("li", {},
    element("code", { class: "token", title: visible(token.value) }, visible(token.value, 255)),
    copyButton(token.value, token.value),
    element("span", { class: "note" }, notes(token)),
  ));
  replace(byId("tokens"), rows.length ? rows : [empty("This user has no token.")], byId("user-name"));
  const chooser = byId("channel-token");
  const chosen = isOther ? null : chooser.value;
  chooser.replaceChildren(...user.tokens.map((token) => {
    const note = notes(token);
    return element("option", { value: token.value }, visible(token.value, 40) + (note ? ` (${note})` : ""));
  }));
  if (user.tokens.some((token) => token.value === chosen)) chooser.value = chosen;
  else chooseToken();
}

const works = (token) => !token.revoked && !token.scopes && !(token.expires_at <= now);

const bestToken = ({ sns = false } = {}) =>
  user.tokens.find((token) => works(token) && (!sns || token.sns)) ?? user.tokens.find(works) ?? user.tokens[0];

function chooseToken() {
  const best = bestToken({ sns: byId("channel-type").value === "push" });
  if (best) byId("channel-token").value = best.value;
}

function showChannels() {
  const channels = user.channels
    .filter((channel) => channel.state !== "retired" || byId("retired").checked)
    .sort((one, other) => one.position - other.position || one.id - other.id);
  const rows = channels.slice(0, shownChannels).map(channelRow);
  replace(byId("channels"), rows.length ? rows : [empty("This user has no channel.")], byId("user-name"));
  byId("channels-more").hidden = channels.length <= shownChannels;
}

function channelRow(channel) {
  const { id, state } = channel;
  const name = visible(channel.address ?? channel.type, 60);
  const isRetired = state === "retired";
  const marks = [channel.imported && "imported by a SIS", channel.one_time_password && "one-time passwords"].filter(Boolean);
  const actions = isRetired ? [] : [
    state === "unconfirmed" && button("Confirm", () => confirm(channel), { "data-key": `confirm ${id}`, "aria-label": `Confirm ${name}` }),
    ...bounceMenu(channel, name),
    button("Delete", () => remove(channel), { "data-key": `delete ${id}`, "aria-label": `Delete ${name}` }),
  ].filter(Boolean);
  return element("li", { "data-channel": id },
    element("span", { class: "number", title: "Position" }, `${channel.position}.`),
    element("bdi", { class: "grow" }, visible(channel.address ?? "")),
    element("span", { class: "muted" }, channel.type),
    element("span", { class: `badge ${{ active: "good", unconfirmed: "warn" }[state] ?? "muted"}` }, isRetired ? "deleted" : state),
    element("span", { class: "line" },
      element("span", { class: "note grow" }, [`id ${id}`, ...marks, ...bounces(channel.bounces)].join(", ")),
      element("span", { class: "actions" }, actions)),
  );
}

function bounces(values) {
  if (!values) return [];
  const times = Object.entries({ last: "last_bounce_at", transient: "last_transient_bounce_at", suppression: "last_suppression_bounce_at" })
    .filter(([, field]) => values[field]).map(([kind, field]) => `${kind} ${values[field]}`);
  const summaries = [values.last_bounce_summary, values.last_transient_bounce_summary].filter(Boolean).map((text) => visible(text, 200));
  return [`bounces ${values.bounce_count ?? 0}`, ...times, ...summaries];
}

function bounceMenu(channel, name) {
  const menu = element("select", {
    "data-key": `kind ${channel.id}`,
    "aria-label": `Kind of bounce of ${name}`,
    onchange: () => kinds.set(channel.id, menu.value),
  }, BOUNCES.map((kind) => element("option", { value: kind }, `${kind} bounce`)));
  menu.value = kinds.get(channel.id) ?? BOUNCES[0];
  return [menu, button("Bounce", () => bounce(channel, menu.value), { "data-key": `bounce ${channel.id}`, "aria-label": `Bounce ${name}` })];
}

async function confirm({ id, address }) {
  await control("POST", `channels/${id}/confirm`);
  notify(`${visible(address, 80)} is confirmed.`);
  await refreshUsers();
}

async function bounce({ id, address }, kind) {
  await control("POST", `channels/${id}/bounces`, { kind });
  notify(`A message to ${visible(address, 80)} bounced.`);
  await refreshUsers();
}

function sender(token) {
  if (!token) throw new Error("This user has no token with which the page could send the request.");
  return token;
}

async function remove({ id, address }) {
  await canvas("DELETE", `users/self/communication_channels/${id}`, sender(bestToken()?.value));
  notify(`${visible(address, 80)} is deleted.`);
  await refreshUsers();
}

async function add() {
  const type = byId("channel-type").value;
  const field = type === "push" ? "token" : "address";
  const form = { "communication_channel[type]": type, [`communication_channel[${field}]`]: byId("channel-address").value };
  const created = await canvas("POST", "users/self/communication_channels", sender(byId("channel-token").value), form);
  const isUnconfirmed = created.workflow_state === "unconfirmed";
  byId("channel-address").value = "";
  notify(`Channel ${created.id} is ${created.workflow_state}.${isUnconfirmed ? " The outbox has its confirmation message." : ""}`);
  await refreshUsers();
}

export function startUsers() {
  const search = debounce(() => run(async () => {
    offset = 0;
    await refreshUsers();
  }));
  byId("search").addEventListener("input", search);
  onSubmit(byId("search-form"), refreshUsers);
  byId("users-previous").addEventListener("click", () => page(-USERS));
  byId("users-next").addEventListener("click", () => page(USERS));
  byId("retired").addEventListener("change", showChannels);
  byId("channels-more").addEventListener("click", () => {
    shownChannels += CHANNELS;
    showChannels();
  });
  byId("channel-type").addEventListener("change", () => {
    byId("channel-address-label").textContent = byId("channel-type").value === "push" ? "Push token" : "Address";
    chooseToken();
  });
  onSubmit(byId("channel-form"), add);
}

function page(step) {
  offset = Math.max(0, offset + step);
  run(refreshUsers);
}
