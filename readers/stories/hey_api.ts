// The story, told by the client that @hey-api/openapi-ts generates.
import assert from "node:assert/strict";
import { createClient } from "../generated/hey_api/client/index.js";
import {
  createCommunicationChannel,
  deleteCommunicationChannel,
  deleteCommunicationChannelByAddress,
  deletePushToken,
  listCommunicationChannels,
} from "../generated/hey_api/index.js";
import { address, base, device, many, tell } from "./telling.mjs";

const path = { user_id: "self" };

// With a plain string the token would also be put into the query.
const client = (token: string) =>
  createClient({ baseUrl: base, auth: ({ scheme }) => (scheme === "bearer" ? token : undefined) });
const student = client("student-token");

const create = (address: string, type: "email" | "sms") =>
  createCommunicationChannel({
    client: student,
    path,
    body: { "communication_channel[address]": address, "communication_channel[type]": type },
  });

tell({
  async send_token() {
    const plain = createClient({ baseUrl: base, auth: "student-token" });
    const { response } = await listCommunicationChannels({ client: plain, path, query: { page: 1 } });
    assert.equal(response?.status, 200);
    assert.equal(new URL(response.url).search, "?page=1");
  },
  async list_first_page() {
    const { data } = await listCommunicationChannels({ client: student, path });
    assert.deepEqual(data?.map(({ id }) => id), [1, 2, 3]);
  },
  async page_through_all() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const { data, response } = await listCommunicationChannels({ client: client("many-token"), path, query: { page, per_page: 10 } });
      ids.push(...(data ?? []).map(({ id }) => id));
      more = response!.headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, many);
  },
  async create_by_form() {
    assert.equal((await create(address, "sms")).data?.address, address);
  },
  async delete_by_id() {
    const { data } = await deleteCommunicationChannel({ client: student, path: { ...path, id: 3 } });
    assert.equal(data?.workflow_state, "retired");
  },
  async delete_by_address() {
    const { data } = await deleteCommunicationChannelByAddress({ client: student, path: { ...path, type: "sms", address } });
    assert.equal(data?.address, address);
  },
  async delete_token() {
    const app = client("push-token");
    const body = { "communication_channel[type]": "push", "communication_channel[token]": device } as const;
    await createCommunicationChannel({ client: app, path, body });
    const { data } = await deletePushToken({ client: app, body: { push_token: device } });
    assert.equal(data?.success, true);
  },
  async error_400() {
    const { response, error } = await create("student@school.example", "email");
    assert.equal(response?.status, 400);
    assert(typeof error === "object" && typeof error.errors === "object" && "path" in error.errors);
  },
  async error_401() {
    const { response, error } = await listCommunicationChannels({ client: client("wrong"), path });
    assert.equal(response?.status, 401);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
  async error_403() {
    const { response, error } = await listCommunicationChannels({ client: client("teacher-token"), path: { user_id: "1" } });
    assert.equal(response?.status, 403);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
  async error_404() {
    const { response, error } = await deleteCommunicationChannel({ client: student, path: { ...path, id: 999 } });
    assert.equal(response?.status, 404);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
});
