// The request journal.

import { base, control, operation } from "./api.js";
import { breakable, byId, copyButton, debounce, element, empty, onSubmit, replace, run, visible } from "./dom.js";

const FIRST = 50;
const MAXIMUM = 1000;

let limit = FIRST;
let entries = [];
/** The numbers of the requests whose details are shown. */
const opened = new Set();
/** The entry and the list item of each shown request, by its number. */
const rows = new Map();

/** Show the journal, or that the mock has none. */
export async function refreshRequests(counters, options) {
  try {
    await refresh(counters, options);
  } catch (error) {
    if (error.code !== "journal_disabled") throw error;
    replace(byId("requests"), [empty(error.message)], byId("requests-title"));
  }
}

/** Load what is new; `counters` are those of the event. */
async function refresh({ last_request: last, requests } = {}, { all = false } = {}) {
  const oldest = last - requests + 1;
  const newest = entries[0]?.number ?? 0;
  if (all || newest > last) entries = []; // smaller numbers: a new world, or a new start of the mock
  else entries = entries.filter((entry) => entry.number >= oldest);
  const after = entries[0]?.number ?? 0;
  if (last === undefined || last > after) {
    const query = new URLSearchParams({ limit, after });
    if (byId("requests-contains").value) query.set("contains", byId("requests-contains").value);
    if (byId("requests-violations").checked) query.set("violation", "true");
    const added = await control("GET", `requests?${query}`);
    entries = [...added, ...entries].slice(0, limit);
  }
  show(last === undefined ? entries.length : requests);
}

function show(total) {
  const numbers = new Set(entries.map((entry) => entry.number));
  for (const number of rows.keys()) {
    if (numbers.has(number)) continue;
    rows.delete(number);
    opened.delete(number);
  }
  for (const entry of entries) if (rows.get(entry.number)?.entry !== entry) rows.set(entry.number, { entry, node: row(entry) });
  const nodes = entries.map((entry) => rows.get(entry.number).node);
  const list = byId("requests");
  if (!nodes.length) {
    replace(list, [empty(isFiltered() ? "No request matches." : "No requests yet.")], byId("requests-title"));
  } else {
    update(list, nodes);
  }
  byId("requests-total").textContent = total ? `${entries.length} of ${total} requests` : "";
  byId("requests-more").hidden = entries.length < limit || limit >= MAXIMUM;
}

const isFiltered = () => Boolean(byId("requests-contains").value) || byId("requests-violations").checked;

/** Make `nodes` the children of the list without moving the ones that stay, so that focus and scrolling stay. */
function update(list, nodes) {
  const focused = document.activeElement?.closest("#requests > li")?.dataset.request;
  const kept = new Set(nodes);
  for (const child of [...list.children]) if (!kept.has(child)) child.remove();
  let next = list.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else list.insertBefore(node, next);
  }
  const isGone = focused && !list.contains(document.activeElement);
  if (isGone) (list.querySelector(`[data-request="${focused}"] button`) ?? byId("requests-title")).focus();
}

function row(entry) {
  const { number, status, violations } = entry;
  const summary = element("button", {
    type: "button",
    class: "row",
    "aria-expanded": "false",
    onclick: () => toggle(entry, summary),
  },
  element("span", { class: "number" }, `${number}`),
  element("span", { class: "method mono" }, visible(entry.method, 20)),
  element("span", { class: `mono ${status && status < 400 ? "good" : "bad"}` }, status ? `${status}` : "dropped"),
  element("span", { class: "url mono" }, breakable(visible(entry.url.replace(/^\/api\/v1/, ""), 160))),
  element("span", { class: "number" }, `${entry.received_at.slice(11, 19)}, ${entry.milliseconds < 10 ? entry.milliseconds.toFixed(1) : Math.round(entry.milliseconds)} ms`),
  violations.length ? element("span", { class: "badge bad" }, violations.length === 1 ? "1 violation" : `${violations.length} violations`)
    : entry.operation_id ? null : element("span", { class: "badge warn" }, "no operation"),
  entry.effect ? element("span", { class: "badge warn" }, visible(entry.fault_id ? `fault ${entry.fault_id}: ${entry.effect}` : entry.effect, 80)) : null);
  const node = element("li", { class: "fresh", "data-request": number }, summary);
  if (opened.has(number)) run(() => open(entry, summary));
  return node;
}

function toggle(entry, summary) {
  if (opened.delete(entry.number)) {
    summary.setAttribute("aria-expanded", "false");
    summary.nextElementSibling?.remove();
  } else {
    opened.add(entry.number);
    run(() => open(entry, summary));
  }
}

async function open(entry, summary) {
  summary.setAttribute("aria-expanded", "true");
  const contract = await verdict(entry);
  if (!opened.has(entry.number) || summary.nextElementSibling) return; // it was closed meanwhile, or opened twice
  summary.after(element("div", { class: "detail" },
    contract,
    part("Request", `${entry.method} ${entry.url}`, entry.headers, entry.body),
    part("Response", entry.status ? `Status ${entry.status}` : "The connection was dropped.", entry.response_headers, entry.response_body),
    element("div", {}, element("h3", {}, "curl"),
      entry.curl.includes("$TOKEN") ? element("p", { class: "muted" }, "Set the shell variable TOKEN to the access token first.") : null,
      element("pre", { tabindex: "0", "aria-label": "curl command" }, visible(entry.curl, 20000)),
      copyButton(entry.curl, `the curl command of request ${entry.number}`)),
  ));
}

async function verdict({ operation_id: id, violations, response_violations: inResponse, route }) {
  const described = id ? await operation(id) : undefined;
  const link = described
    ? element("a", { href: new URL(`docs/#/${encodeURIComponent(described.tags[0])}/${id}`, base).href }, `${described.summary} in the API reference`)
    : element("a", { href: new URL("docs/", base).href }, "API reference");
  const facts = violations.length
    ? sentences(violations)
    : element("p", {}, id ? "The request does not violate the contract." : visible(route, 2000));
  return element("div", {},
    element("h3", {}, violations.length ? "Violations of the contract" : "Contract"),
    facts,
    inResponse.length ? [element("p", {}, "The response violates the contract:"), sentences(inResponse)] : null,
    link);
}

const sentences = (texts) => element("ul", {}, texts.map((text) => element("li", { class: "bad grow" }, visible(text, 2000))));

function part(title, first, headers, body) {
  const lines = [first, ...headers.map(({ name, value }) => `${name}: ${value}`)].map((line) => visible(line, 4000)).join("\n");
  return element("div", {}, element("h3", {}, title),
    element("pre", { tabindex: "0", "aria-label": `${title} headers` }, lines),
    body ? element("pre", { tabindex: "0", "aria-label": `${title} body` }, visible(pretty(body), 50000)) : null);
}

function pretty(body) {
  try {
    return body.length > 50000 ? body : JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

export function startRequests(reload) {
  const filter = () => run(async () => {
    limit = FIRST;
    await reload();
  });
  byId("requests-contains").addEventListener("input", debounce(filter));
  byId("requests-violations").addEventListener("change", filter);
  onSubmit(byId("requests-form"), reload);
  byId("requests-more").addEventListener("click", () => run(async () => {
    limit = Math.min(MAXIMUM, limit * 4);
    await reload();
  }));
  byId("requests-clear").addEventListener("click", () => run(async () => {
    await control("DELETE", "requests");
    await reload();
  }));
}
