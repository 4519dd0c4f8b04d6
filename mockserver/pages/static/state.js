// The clock, the snapshots and the reset of the world.

import { control } from "./api.js";
import { button, byId, element, empty, notify, onSubmit, replace, run, visible } from "./dom.js";

let clock = { now: "", frozen: false };
let shownAt = 0;

export async function refreshState(newClock) {
  showClock(newClock ?? (await control("GET", "clock")));
  const snapshots = await control("GET", "snapshots");
  const rows = snapshots.map(({ name }) => element("li", {},
    element("span", { class: "grow" }, visible(name)),
    element("span", { class: "actions" },
      button("Restore", () => restore(name), { "data-key": `restore ${name}`, "aria-label": `Restore snapshot ${name}` }),
      button("Delete", () => remove(name), { "data-key": `delete ${name}`, "aria-label": `Delete snapshot ${name}` }))));
  replace(byId("snapshots"), rows.length ? rows : [empty("No snapshots.")], byId("snapshot-name"));
}

function showClock(newClock) {
  clock = newClock;
  shownAt = Date.now();
  byId("clock-freeze").textContent = clock.frozen ? "Let it run" : "Freeze";
  byId("frozen").textContent = clock.frozen ? "(frozen)" : "";
  tick();
}

function tick() {
  if (!clock.now) return;
  const time = Date.parse(clock.now) + (clock.frozen ? 0 : Date.now() - shownAt);
  const text = new Date(time).toISOString().slice(0, 19).replace("T", " ");
  byId("now").dateTime = `${text.replace(" ", "T")}Z`;
  byId("now").textContent = `${text} UTC`;
}

async function restore(name) {
  await control("POST", `snapshots/${name}/restore`);
  notify(`Snapshot ${name} is restored.`);
}

async function remove(name) {
  await control("DELETE", `snapshots/${name}`);
  await refreshState(clock);
}

export function startState(refreshAll) {
  byId("clock-freeze").addEventListener("click", () => run(async () => showClock(await control("PATCH", "clock", { frozen: !clock.frozen }))));
  onSubmit(byId("clock-form"), async () => {
    const seconds = Number(byId("clock-amount").value) * Number(byId("clock-unit").value);
    showClock(await control("POST", "clock/advance", { seconds }));
  });
  onSubmit(byId("snapshot-form"), async () => {
    const { name } = await control("PUT", `snapshots/${byId("snapshot-name").value}`);
    byId("snapshot-name").value = "";
    notify(`Snapshot ${name} is saved.`);
    await refreshState();
  });
  byId("reset").addEventListener("click", () => run(async () => {
    await control("POST", "reset");
    notify("The world is as it was at its start.");
    await refreshAll();
  }, byId("reset")));
  setInterval(tick, 1000);
}
