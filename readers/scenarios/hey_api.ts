// The scenario with the client that @hey-api/openapi-ts generates.
import assert from "node:assert/strict";
import { createClient } from "../generated/hey_api/client/index.js";
import {
  createCommunicationChannel,
  deleteCommunicationChannel,
  deleteCommunicationChannelByAddress,
  deletePushToken,
  listCommunicationChannels,
} from "../generated/hey_api/index.js";
import { address, apiUrl, manyChannelIds, pushToken, runScenario } from "./harness.mjs";

const path = { user_id: "self" };

// `auth` is a function, because the client also sends a string as a query parameter.
const client = (token: string) =>
  createClient({ baseUrl: apiUrl, auth: ({ scheme }) => (scheme === "bearer" ? token : undefined) });
const student = client("student-token");

const createChannel = (address: string, type: "email" | "sms") =>
  createCommunicationChannel({
    client: student,
    path,
    body: { "communication_channel[address]": address, "communication_channel[type]": type },
  });

runScenario({
  async send_access_token() {
    const stringAuth = createClient({ baseUrl: apiUrl, auth: "student-token" });
    const { response } = await listCommunicationChannels({ client: stringAuth, path, query: { page: 1 } });
    assert.equal(response?.status, 200);
    assert.equal(new URL(response.url).search, "?page=1");
  },
  async list_channels() {
    const { data } = await listCommunicationChannels({ client: student, path });
    assert.deepEqual(data?.map(({ id }) => id), [1, 2, 3]);
  },
  async list_all_pages() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const { data, response } = await listCommunicationChannels({ client: client("many-token"), path, query: { page, per_page: 10 } });
      ids.push(...(data ?? []).map(({ id }) => id));
      more = response!.headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, manyChannelIds);
  },
  async create_sms_channel() {
    assert.equal((await createChannel(address, "sms")).data?.address, address);
  },
  async delete_channel_by_id() {
    const { data } = await deleteCommunicationChannel({ client: student, path: { ...path, id: 3 } });
    assert.equal(data?.workflow_state, "retired");
  },
  async delete_channel_by_address() {
    const { data } = await deleteCommunicationChannelByAddress({ client: student, path: { ...path, type: "sms", address } });
    assert.equal(data?.address, address);
  },
  async delete_push_token() {
    const pushClient = client("push-token");
    const body = { "communication_channel[type]": "push", "communication_channel[token]": pushToken } as const;
    await createCommunicationChannel({ client: pushClient, path, body });
    const { data } = await deletePushToken({ client: pushClient, body: { push_token: pushToken } });
    assert.equal(data?.success, true);
  },
  async create_duplicate_channel() {
    const { response, error } = await createChannel("student@school.example", "email");
    assert.equal(response?.status, 400);
    assert(typeof error === "object" && typeof error.errors === "object" && "path" in error.errors);
  },
  async send_unknown_token() {
    const { response, error } = await listCommunicationChannels({ client: client("wrong"), path });
    assert.equal(response?.status, 401);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
  async list_channels_of_another_user() {
    const { response, error } = await listCommunicationChannels({ client: client("teacher-token"), path: { user_id: "1" } });
    assert.equal(response?.status, 403);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
  async delete_unknown_channel() {
    const { response, error } = await deleteCommunicationChannel({ client: student, path: { ...path, id: 999 } });
    assert.equal(response?.status, 404);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
});
