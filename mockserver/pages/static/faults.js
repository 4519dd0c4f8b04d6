// Faults: a short form, and the list.

import { contract, control, resolve } from "./api.js";
import { button, byId, element, empty, notify, onSubmit, replace, run, visible } from "./dom.js";

const SHOWN = 50;
/** The label, the value, the step and the maximum of the number that belongs to a choice of times. */
const NUMBERS = {
  next: ["Number of requests", "1", "1", ""],
  every: ["Every nth: n", "2", "1", ""],
  probability: ["Probability from 0 to 1", "0.5", "any", "1"],
};
const SERVER_ERRORS = [
  ["503 Service Unavailable", { kind: "server_error", status: 503 }],
  ["500 Internal Server Error", { kind: "server_error", status: 500 }],
  ["502 of a gateway", { kind: "server_error", status: 502, source: "gateway" }],
  ["504 of a gateway", { kind: "server_error", status: 504, source: "gateway" }],
];
const CONNECTION = [
  ["Only the delay", { kind: "delay" }],
  ["Connection dropped before the change", { kind: "dropped_connection", time: "before_change" }],
  ["Connection dropped after the change", { kind: "dropped_connection", time: "after_change" }],
  ["Truncated body", { kind: "truncated_body" }],
  ["Malformed body", { kind: "malformed_body" }],
];
const VIOLATIONS = [
  "missing_field", "text_instead_of_number", "unknown_enum_value", "null_address", "malformed_time",
  "undocumented_status", "wrong_content_type", "missing_link_header", "object_instead_of_list",
].map((violation) => [violation.replaceAll("_", " "), { kind: "contract_violation", violation }]);

export async function refreshFaults() {
  const faults = await control("GET", "faults");
  const rows = faults.slice(0, SHOWN).map(row);
  if (faults.length > SHOWN) rows.push(empty(`and ${faults.length - SHOWN} more`));
  replace(byId("faults"), rows.length ? rows : [empty("No faults.")], byId("faults-title"));
  byId("faults-clear").hidden = !faults.length;
}

function row(fault) {
  const { id, enabled, hits, matches, description, times } = fault;
  const isUsedUp = enabled && times?.next <= hits;
  return element("li", { "data-fault": id },
    element("span", { class: "number" }, `${id}`),
    element("span", { class: "grow" }, visible(described(fault)), description ? element("span", { class: "note" }, ` ${visible(description)}`) : null),
    element("span", { class: `badge ${enabled && !isUsedUp ? "warn" : "muted"}` }, isUsedUp ? "used up" : enabled ? "on" : "off"),
    element("span", { class: "number" }, `hit ${hits} of ${matches} requests`),
    element("span", { class: "actions" },
      button(enabled ? "Switch off" : "Switch on", () => change(fault), { "data-key": `switch ${id}`, "aria-label": `Switch ${enabled ? "off" : "on"} fault ${id}` }),
      button("Delete", () => remove(id), { "data-key": `delete ${id}`, "aria-label": `Delete fault ${id}` })));
}

function described({ effect, match = {}, times = {}, delay }) {
  const { kind, ...values } = effect;
  const what = [kind.replaceAll("_", " "), ...Object.values(values).map((value) => String(value).replaceAll("_", " "))].join(" ");
  const where = [match.operation_id ?? "all operations", match.user_id && `user ${match.user_id}`, match.token && `token ${match.token}`];
  const often = times.next ? `next ${times.next}` : times.every ? `every ${times.every}` : "probability" in times ? `probability ${times.probability}` : "always";
  const late = delay && `after ${delay.min_seconds}${delay.max_seconds === undefined ? "" : ` to ${delay.max_seconds}`} s`;
  return [what, ...where, often, late].filter(Boolean).join(", ");
}

async function change({ id, enabled }) {
  await control("PATCH", `faults/${id}`, { enabled: !enabled });
  await refreshFaults();
}

async function remove(id) {
  await control("DELETE", `faults/${id}`);
  await refreshFaults();
}

async function add() {
  const [operation, user, times] = ["fault-operation", "fault-user", "fault-times"].map((id) => byId(id).value);
  const delay = Number(byId("fault-delay").value);
  const body = { effect: JSON.parse(byId("fault-effect").value) };
  if (operation || user) body.match = { ...(operation && { operation_id: operation }), ...(user && { user_id: Number(user) }) };
  if (times !== "always") body.times = { [times]: Number(byId("fault-number").value) };
  if (delay) body.delay = { min_seconds: delay };
  const fault = await control("POST", "faults", body);
  notify(`Fault ${fault.id} is on.`);
  await refreshFaults();
}

/** Offer the errors that the contract documents for the chosen operation, of every operation without one. */
async function showEffects() {
  const document = await contract();
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item)).filter((each) => each.operationId);
  const chooser = byId("fault-operation");
  if (chooser.options.length === 1) { // only "all operations", from the page
    chooser.append(...operations.map((each) => element("option", { value: each.operationId }, each.summary)));
  }
  const chosen = operations.filter((each) => !chooser.value || each.operationId === chooser.value);
  const documented = new Map(chosen.flatMap((each) => documentedErrors(document, each)));
  const before = byId("fault-effect").value;
  byId("fault-effect").replaceChildren(
    group("Server errors", SERVER_ERRORS),
    group("Errors of the contract", [...documented].sort(([one], [other]) => one.localeCompare(other))),
    group("Connection", CONNECTION),
    group("Violations of the contract", VIOLATIONS),
  );
  if ([...byId("fault-effect").options].some((option) => option.value === before)) byId("fault-effect").value = before;
}

function documentedErrors(document, { responses }) {
  return Object.entries(responses).filter(([status]) => status.startsWith("4")).flatMap(([status, reference]) => {
    const contents = Object.values(resolve(document, reference).content ?? {});
    const names = contents.flatMap(({ examples = {} }) => Object.keys(examples));
    return names.map((example) => [`${status} ${example.replaceAll("_", " ")}`, { kind: "documented_response", status: Number(status), example }]);
  });
}

const group = (label, effects) => element("optgroup", { label },
  effects.map(([text, effect]) => element("option", { value: JSON.stringify(effect) }, text)));

function showNumber() {
  const [label, value, step, maximum] = NUMBERS[byId("fault-times").value] ?? [];
  byId("fault-number-field").hidden = !label;
  byId("fault-number").disabled = !label;
  if (!label) return;
  byId("fault-number-label").textContent = label;
  Object.assign(byId("fault-number"), { min: maximum ? "0" : "1", max: maximum, step, value });
}

export async function startFaults() {
  byId("fault-operation").addEventListener("change", () => run(showEffects));
  byId("fault-times").addEventListener("change", showNumber);
  byId("faults-clear").addEventListener("click", () => run(async () => {
    await control("DELETE", "faults");
    await refreshFaults();
    byId("faults-title").focus();
  }));
  onSubmit(byId("fault-form"), add);
  await showEffects();
}
