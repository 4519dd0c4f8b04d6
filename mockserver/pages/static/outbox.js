// The messages that Canvas would have sent.

import { control } from "./api.js";
import { byId, element, empty, replace, run, visible } from "./dom.js";

const FIRST = 20;
const MAXIMUM = 1000;
let limit = FIRST;

export async function refreshOutbox() {
  const messages = await control("GET", `outbox?limit=${limit}`);
  const rows = messages.map((message) => element("li", { "data-message": message.id },
    element("span", { class: "number" }, `${message.id}`),
    element("bdi", { class: "grow" }, visible(message.to)),
    element("span", { class: "note" }, `${message.kind === "confirmation" ? message.channel_type : "push registration"}, user ${message.user_id}, ${message.sent_at}`),
    message.link ? element("a", { href: message.link, target: "_blank", rel: "noopener", "data-key": `message ${message.id}`,
      "aria-label": `Confirmation link for ${visible(message.to, 80)}, in a new tab` }, "Confirmation link") : null,
  ));
  replace(byId("messages"), rows.length ? rows : [empty("No messages yet.")], byId("outbox-title"));
  byId("messages-more").hidden = messages.length < limit || limit >= MAXIMUM;
  byId("outbox-clear").hidden = !messages.length;
}

export function startOutbox() {
  byId("messages-more").addEventListener("click", () => run(async () => {
    limit = Math.min(MAXIMUM, limit * 4);
    await refreshOutbox();
  }));
  byId("outbox-clear").addEventListener("click", () => run(async () => {
    await control("DELETE", "outbox");
    await refreshOutbox();
    byId("outbox-title").focus();
  }));
}
