// The scenario with the published client @kth/canvas-api, which sends objects as JSON and follows `next` links.
import assert from "node:assert/strict";
import { CanvasApi, CanvasApiResponseError } from "@kth/canvas-api";
import { address, apiUrl, manyChannelIds, pushToken, rejection, runScenario } from "./harness.mjs";

const ownChannels = "users/self/communication_channels";
const client = (token) => new CanvasApi(apiUrl, token);
const student = client("student-token");

const createChannel = (address, type) => student.request(ownChannels, "POST", { communication_channel: { address, type } });

// Assert the status of an error response, and return the errors in its body.
async function responseErrors(status, promise) {
  const error = await rejection(promise);
  assert(error instanceof CanvasApiResponseError);
  assert.equal(error.response.statusCode, status);
  return error.response.json.errors;
}

runScenario({
  async send_access_token() {
    assert.equal((await student.get(ownChannels)).statusCode, 200);
  },
  async list_channels() {
    const { json } = await student.get(ownChannels);
    assert.deepEqual(json.map(({ id }) => id), [1, 2, 3]);
  },
  async list_all_pages() {
    const channels = await client("many-token").listItems(ownChannels).toArray();
    assert.deepEqual(channels.map(({ id }) => id), manyChannelIds);
  },
  async create_sms_channel() {
    assert.equal((await createChannel(address, "sms")).json.address, address);
  },
  async delete_channel_by_id() {
    assert.equal((await student.request(`${ownChannels}/3`, "DELETE")).json.workflow_state, "retired");
  },
  async delete_channel_by_address() {
    const { json } = await student.request(`${ownChannels}/sms/${encodeURIComponent(address)}`, "DELETE");
    assert.equal(json.address, address);
  },
  async delete_push_token() {
    const pushClient = client("push-token");
    await pushClient.request(ownChannels, "POST", { communication_channel: { type: "push", token: pushToken } });
    assert.equal((await pushClient.request(`${ownChannels}/push`, "DELETE", { push_token: pushToken })).json.success, true);
  },
  async create_duplicate_channel() {
    assert("path" in (await responseErrors(400, createChannel("student@school.example", "email"))));
  },
  async send_unknown_token() {
    assert(Array.isArray(await responseErrors(401, client("wrong").get(ownChannels))));
  },
  async list_channels_of_another_user() {
    assert(Array.isArray(await responseErrors(403, client("teacher-token").get("users/1/communication_channels"))));
  },
  async delete_unknown_channel() {
    assert(Array.isArray(await responseErrors(404, student.request(`${ownChannels}/999`, "DELETE"))));
  },
});
