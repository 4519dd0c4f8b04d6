// The scenario with the published client canvas-lms-api, which sends fields in the query string and follows `next` links.
// Its errors have no status, so the steps compare the message instead.
// It repeats a request without limit after "Rate Limit Exceeded", so no step may reach the rate limit.
import assert from "node:assert/strict";
import Canvas from "canvas-lms-api";
import { address, manyChannelIds, origin, pushToken, rejection, runScenario } from "./harness.mjs";

const ownChannels = "users/self/communication_channels";
const client = (accessToken) => new Canvas(origin, { accessToken });
const student = client("student-token");

const createChannel = (address, type) => student.post(ownChannels, { communication_channel: { address, type } });

runScenario({
  async send_access_token() {
    await student.get(ownChannels);
  },
  async list_channels() {
    assert.deepEqual((await student.get(ownChannels)).map(({ id }) => id), [1, 2, 3]);
  },
  async list_all_pages() {
    assert.deepEqual((await client("many-token").get(ownChannels)).map(({ id }) => id), manyChannelIds);
  },
  async create_sms_channel() {
    assert.equal((await createChannel(address, "sms")).address, address);
  },
  async delete_channel_by_id() {
    assert.equal((await student.delete(`${ownChannels}/3`)).workflow_state, "retired");
  },
  async delete_channel_by_address() {
    assert.equal((await student.delete(`${ownChannels}/sms/${encodeURIComponent(address)}`)).address, address);
  },
  async delete_push_token() {
    const pushClient = client("push-token");
    await pushClient.post(ownChannels, { communication_channel: { type: "push", token: pushToken } });
    assert.equal((await pushClient.delete(`${ownChannels}/push`, { push_token: pushToken })).success, true);
  },
  async create_duplicate_channel() {
    assert("path" in (await rejection(createChannel("student@school.example", "email"))).errors);
  },
  async send_unknown_token() {
    assert.equal((await rejection(client("wrong").get(ownChannels))).message, "Invalid access token.");
  },
  async list_channels_of_another_user() {
    const { message } = await rejection(client("teacher-token").get("users/1/communication_channels"));
    assert.equal(message, "user not authorized to perform that action");
  },
  async delete_unknown_channel() {
    const { message } = await rejection(student.delete(`${ownChannels}/999`));
    assert.equal(message, "The specified resource does not exist.");
  },
});
