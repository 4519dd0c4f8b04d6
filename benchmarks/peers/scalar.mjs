// Scalar's mock server with a state: `node scalar.mjs CONTRACT PORT`. Its handlers do what the loads ask for, no more.

import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { createMockServer } from "@scalar/mock-server";

const [file, port] = process.argv.slice(2);
const contract = JSON.parse(readFileSync(file, "utf8"));

// The people of crowd.py who have channels.
contract.components.schemas.CommunicationChannel["x-seed"] = `
  const join = (person, count) => {
    for (let n = 1; n <= count; n++) {
      store.create("channels of " + person, {
        id: person * 1000 + n, position: n, workflow_state: "active", user_id: person,
        created_at: "2026-01-05T08:00:00Z", address: "person" + person + "-" + n + "@school.example", type: "email",
      });
    }
  };
  join(1, 10);
  join(2, 80);
  for (let n = 0; n < 200; n++) join(1000 + n, 1);
`;

const handlers = {
  list_communication_channels: `
    const page = Number(req.query.page ?? 1), size = Number(req.query.per_page ?? 10);
    const live = store.list("channels of " + req.params.user_id).filter((row) => row.workflow_state != "retired");
    return live.slice((page - 1) * size, page * size);
  `,
  create_communication_channel: `
    const rows = "channels of " + req.params.user_id, person = Number(req.params.user_id);
    const address = req.body["communication_channel[address]"], position = store.list(rows).length + 1;
    const same = store.list(rows).find((row) => row.address == address);
    if (same) return store.update(rows, same.id, { workflow_state: "unconfirmed" });
    return store.create(rows, {
      id: person * 1000 + position, position, workflow_state: "unconfirmed", user_id: person,
      created_at: new Date().toISOString(), address, type: req.body["communication_channel[type]"],
    });
  `,
  delete_communication_channel_by_address: `
    const rows = "channels of " + req.params.user_id;
    const found = store.list(rows).find((row) => row.address == req.params.address);
    return store.update(rows, found && found.id, { workflow_state: "retired" });
  `,
};

for (const path of Object.values(contract.paths)) {
  for (const operation of Object.values(path)) {
    if (operation.operationId in handlers) operation["x-handler"] = handlers[operation.operationId];
  }
}

const app = await createMockServer({ document: contract, logger: false });
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(port) });
