// Scalar's mock server with state: `node scalar.mjs CONTRACT PORT`. Its handlers implement only what the workloads use.

import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { createMockServer } from "@scalar/mock-server";

const [contractFile, port] = process.argv.slice(2);
const contract = JSON.parse(readFileSync(contractFile, "utf8"));

// The users of workload_users.py that have channels, without those of `mixed`, which this server does not support.
contract.components.schemas.CommunicationChannel["x-seed"] = `
  const addChannels = (userId, count) => {
    for (let n = 1; n <= count; n++) {
      store.create("channels of " + userId, {
        id: userId * 1000 + n, position: n, workflow_state: "active", user_id: userId,
        created_at: "2026-01-05T08:00:00Z", address: "person" + userId + "-" + n + "@school.example", type: "email",
      });
    }
  };
  addChannels(1, 10);
  addChannels(2, 80);
  for (let n = 0; n < 200; n++) addChannels(1000 + n, 1);
`;

const handlers = {
  list_communication_channels: `
    const page = Number(req.query.page ?? 1), size = Number(req.query.per_page ?? 10);
    const channels = store.list("channels of " + req.params.user_id).filter((row) => row.workflow_state != "retired");
    return channels.slice((page - 1) * size, page * size);
  `,
  create_communication_channel: `
    const rows = "channels of " + req.params.user_id, userId = Number(req.params.user_id);
    const address = req.body["communication_channel[address]"], position = store.list(rows).length + 1;
    const existing = store.list(rows).find((row) => row.address == address);
    if (existing) return store.update(rows, existing.id, { workflow_state: "unconfirmed" });
    return store.create(rows, {
      id: userId * 1000 + position, position, workflow_state: "unconfirmed", user_id: userId,
      created_at: new Date().toISOString(), address, type: req.body["communication_channel[type]"],
    });
  `,
  delete_communication_channel_by_address: `
    const rows = "channels of " + req.params.user_id;
    const channel = store.list(rows).find((row) => row.address == req.params.address);
    return store.update(rows, channel && channel.id, { workflow_state: "retired" });
  `,
};

for (const pathItem of Object.values(contract.paths)) {
  for (const operation of Object.values(pathItem)) {
    if (operation.operationId in handlers) operation["x-handler"] = handlers[operation.operationId];
  }
}

const app = await createMockServer({ document: contract, logger: false });
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(port) });
