// The story, told by the client that orval generates.
import assert from "node:assert/strict";
import {
  createCommunicationChannel,
  deleteCommunicationChannel,
  deleteCommunicationChannelByAddress,
  deletePushToken,
  listCommunicationChannels,
} from "../generated/orval.js";
import { address, device, many, tell } from "./telling.mjs";

const as = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const student = as("student-token");

const create = (address: string, type: "email" | "sms") =>
  createCommunicationChannel(
    "self",
    { "communication_channel[address]": address, "communication_channel[type]": type },
    undefined,
    student,
  );

tell({
  async send_token() {
    assert.equal((await listCommunicationChannels("self", { page: 1 }, student)).status, 200);
  },
  async list_first_page() {
    const { data, status } = await listCommunicationChannels("self", undefined, student);
    assert(status === 200);
    assert.deepEqual(data.map(({ id }) => id), [1, 2, 3]);
  },
  async page_through_all() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const { data, status, headers } = await listCommunicationChannels("self", { page, per_page: 10 }, as("many-token"));
      assert(status === 200);
      ids.push(...data.map(({ id }) => id));
      more = headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, many);
  },
  async create_by_form() {
    const { data, status } = await create(address, "sms");
    assert(status === 200);
    assert.equal(data.address, address);
  },
  async delete_by_id() {
    const { data, status } = await deleteCommunicationChannel("self", 3, undefined, student);
    assert(status === 200);
    assert.equal(data.workflow_state, "retired");
  },
  async delete_by_address() {
    const { data, status } = await deleteCommunicationChannelByAddress("self", "sms", address, undefined, student);
    assert(status === 200, `status ${status}`);
    assert.equal(data.address, address);
  },
  async delete_token() {
    const app = as("push-token");
    const form = { "communication_channel[type]": "push", "communication_channel[token]": device } as const;
    await createCommunicationChannel("self", form, undefined, app);
    const { data, status } = await deletePushToken({ push_token: device }, undefined, app);
    assert(status === 200);
    assert.equal(data.success, true);
  },
  async error_400() {
    const { data, status } = await create("student@school.example", "email");
    assert(status === 400 && "path" in data.errors);
  },
  async error_401() {
    const { data, status } = await listCommunicationChannels("self", undefined, as("wrong"));
    assert(status === 401 && Array.isArray(data.errors));
  },
  async error_403() {
    const { data, status } = await listCommunicationChannels("1", undefined, as("teacher-token"));
    assert(status === 403 && typeof data === "object" && Array.isArray(data.errors));
  },
  async error_404() {
    const { data, status } = await deleteCommunicationChannel("self", 999, undefined, student);
    assert(status === 404 && Array.isArray(data.errors));
  },
});
