// The story, told by the published client @kth/canvas-api as it is: objects go as JSON, and `next` is followed.
import assert from "node:assert/strict";
import { CanvasApi, CanvasApiResponseError } from "@kth/canvas-api";
import { address, base, device, many, refusal, tell } from "./telling.mjs";

const own = "users/self/communication_channels";
const client = (token) => new CanvasApi(base, token);
const student = client("student-token");

const create = (address, type) => student.request(own, "POST", { communication_channel: { address, type } });

async function refused(status, promise) {
  const error = await refusal(promise);
  assert(error instanceof CanvasApiResponseError);
  assert.equal(error.response.statusCode, status);
  return error.response.json.errors;
}

tell({
  async send_token() {
    assert.equal((await student.get(own)).statusCode, 200);
  },
  async list_first_page() {
    const { json } = await student.get(own);
    assert.deepEqual(json.map(({ id }) => id), [1, 2, 3]);
  },
  async page_through_all() {
    const channels = await client("many-token").listItems(own).toArray();
    assert.deepEqual(channels.map(({ id }) => id), many);
  },
  async create_by_form() {
    assert.equal((await create(address, "sms")).json.address, address);
  },
  async delete_by_id() {
    assert.equal((await student.request(`${own}/3`, "DELETE")).json.workflow_state, "retired");
  },
  async delete_by_address() {
    const { json } = await student.request(`${own}/sms/${encodeURIComponent(address)}`, "DELETE");
    assert.equal(json.address, address);
  },
  async delete_token() {
    const app = client("push-token");
    await app.request(own, "POST", { communication_channel: { type: "push", token: device } });
    assert.equal((await app.request(`${own}/push`, "DELETE", { push_token: device })).json.success, true);
  },
  async error_400() {
    assert("path" in (await refused(400, create("student@school.example", "email"))));
  },
  async error_401() {
    assert(Array.isArray(await refused(401, client("wrong").get(own))));
  },
  async error_403() {
    assert(Array.isArray(await refused(403, client("teacher-token").get("users/1/communication_channels"))));
  },
  async error_404() {
    assert(Array.isArray(await refused(404, student.request(`${own}/999`, "DELETE"))));
  },
});
