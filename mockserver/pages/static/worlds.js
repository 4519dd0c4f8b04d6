// The selector of worlds, and the lines with which a client connects to this one.

import { base, control, root, worldName } from "./api.js";
import { byId, copyButton, element, notify, onSubmit, quoted, replace, run, visible } from "./dom.js";

const SHOWN = 100;
const NEW = "new world";

let shownToken = null;

const addressOf = (name) => new URL(name === "default" ? "." : `worlds/${name}/`, root);

export async function refreshWorlds() {
  const worlds = await control("GET", "worlds", undefined, { from: root });
  // The default world comes first in the list, then this one, then the others, the most recently used first.
  const names = new Set(["default", worldName, ...worlds.slice(1).reverse().map(({ name }) => name)]);
  const options = [...names].slice(0, SHOWN).map((name) => element("option", { value: name }, visible(name, 40)));
  const chooser = byId("world");
  // An open list would close if its options were replaced.
  if (document.activeElement === chooser && chooser.options.length > 1) return;
  // No world has a name with a slash.
  chooser.replaceChildren(...options, element("option", { value: `/${NEW}` }, "New world, or another name"));
  chooser.value = worldName;
  byId("world-delete").hidden = worldName === "default";
}

/** Show how to connect with this token. */
export function showConnect(token) {
  if (token === shownToken) return;
  shownToken = token;
  const url = new URL("api/v1", base).href;
  const own = `${url}/users/self/communication_channels`;
  const authorization = quoted(`Authorization: Bearer ${token}`);
  const form = "-d 'communication_channel[address]=new@example.com' -d 'communication_channel[type]=email'";
  const lines = [
    ["Base URL", url],
    ["List channels", `curl -H ${authorization} ${quoted(own)}`],
    ["Add a channel", `curl -H ${authorization} ${form} ${quoted(own)}`],
  ];
  if (worldName !== "default") {
    const plain = new URL("api/v1", root).href;
    lines.splice(1, 0, ["Header for the base URL", `X-Mock-World: ${worldName}`]);
    lines.push(["With the header", `curl -H ${quoted(`X-Mock-World: ${worldName}`)} -H ${authorization} ${quoted(`${plain}/users/self/communication_channels`)}`]);
  }
  replace(byId("connect"), lines.map(([label, text]) => element("li", {},
    element("strong", { class: "grow" }, label), copyButton(text, label),
    element("pre", { class: "full", tabindex: "0", "aria-label": label }, visible(text, 2000)))), byId("connect-title"));
}

export function startWorlds() {
  byId("world").append(element("option", { value: worldName }, visible(worldName, 40)));
  byId("world").addEventListener("change", () => {
    const name = byId("world").value;
    byId("world-new").hidden = name !== `/${NEW}`;
    if (name === `/${NEW}`) byId("world-name").focus();
    else if (name !== worldName) location.assign(addressOf(name));
  });
  onSubmit(byId("world-form"), async () => {
    const name = byId("world-name").value;
    if (name) location.assign(addressOf(name));
  });
  byId("world-delete").addEventListener("click", () => run(async () => {
    await control("DELETE", `worlds/${worldName}`, undefined, { from: root });
    notify(`The world ${worldName} is deleted.`);
    location.assign(addressOf("default"));
  }));
}
