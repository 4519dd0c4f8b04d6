// The scenario with the client that orval generates.
import assert from "node:assert/strict";
import {
  createCommunicationChannel,
  deleteCommunicationChannel,
  deleteCommunicationChannelByAddress,
  deletePushToken,
  listCommunicationChannels,
} from "../generated/orval.js";
import { address, manyChannelIds, pushToken, runScenario } from "./harness.mjs";

const authorization = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const student = authorization("student-token");

const createChannel = (address: string, type: "email" | "sms") =>
  createCommunicationChannel(
    "self",
    { "communication_channel[address]": address, "communication_channel[type]": type },
    undefined,
    student,
  );

runScenario({
  async send_access_token() {
    assert.equal((await listCommunicationChannels("self", { page: 1 }, student)).status, 200);
  },
  async list_channels() {
    const { data, status } = await listCommunicationChannels("self", undefined, student);
    assert(status === 200);
    assert.deepEqual(data.map(({ id }) => id), [1, 2, 3]);
  },
  async list_all_pages() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const { data, status, headers } = await listCommunicationChannels("self", { page, per_page: 10 }, authorization("many-token"));
      assert(status === 200);
      ids.push(...data.map(({ id }) => id));
      more = headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, manyChannelIds);
  },
  async create_sms_channel() {
    const { data, status } = await createChannel(address, "sms");
    assert(status === 200);
    assert.equal(data.address, address);
  },
  async delete_channel_by_id() {
    const { data, status } = await deleteCommunicationChannel("self", 3, undefined, student);
    assert(status === 200);
    assert.equal(data.workflow_state, "retired");
  },
  async delete_channel_by_address() {
    const { data, status } = await deleteCommunicationChannelByAddress("self", "sms", address, undefined, student);
    assert(status === 200, `status ${status}`);
    assert.equal(data.address, address);
  },
  async delete_push_token() {
    const pushAuthorization = authorization("push-token");
    const form = { "communication_channel[type]": "push", "communication_channel[token]": pushToken } as const;
    await createCommunicationChannel("self", form, undefined, pushAuthorization);
    const { data, status } = await deletePushToken({ push_token: pushToken }, undefined, pushAuthorization);
    assert(status === 200);
    assert.equal(data.success, true);
  },
  async create_duplicate_channel() {
    const { data, status } = await createChannel("student@school.example", "email");
    assert(status === 400 && "path" in data.errors);
  },
  async send_unknown_token() {
    const { data, status } = await listCommunicationChannels("self", undefined, authorization("wrong"));
    assert(status === 401 && Array.isArray(data.errors));
  },
  async list_channels_of_another_user() {
    const { data, status } = await listCommunicationChannels("1", undefined, authorization("teacher-token"));
    assert(status === 403 && typeof data === "object" && Array.isArray(data.errors));
  },
  async delete_unknown_channel() {
    const { data, status } = await deleteCommunicationChannel("self", 999, undefined, student);
    assert(status === 404 && Array.isArray(data.errors));
  },
});
