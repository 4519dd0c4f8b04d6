// The story, told by the published client canvas-lms-api as it is: fields go as a query, and `next` is followed.
// It keeps no status of an error, so the message has to tell one refusal from another.
// It repeats a request for ever when it is told "Rate Limit Exceeded": no step may come near that.
import assert from "node:assert/strict";
import Canvas from "canvas-lms-api";
import { address, device, many, origin, refusal, tell } from "./telling.mjs";

const own = "users/self/communication_channels";
const client = (accessToken) => new Canvas(origin, { accessToken });
const student = client("student-token");

const create = (address, type) => student.post(own, { communication_channel: { address, type } });

tell({
  async send_token() {
    await student.get(own);
  },
  async list_first_page() {
    assert.deepEqual((await student.get(own)).map(({ id }) => id), [1, 2, 3]);
  },
  async page_through_all() {
    assert.deepEqual((await client("many-token").get(own)).map(({ id }) => id), many);
  },
  async create_by_form() {
    assert.equal((await create(address, "sms")).address, address);
  },
  async delete_by_id() {
    assert.equal((await student.delete(`${own}/3`)).workflow_state, "retired");
  },
  async delete_by_address() {
    assert.equal((await student.delete(`${own}/sms/${encodeURIComponent(address)}`)).address, address);
  },
  async delete_token() {
    const app = client("push-token");
    await app.post(own, { communication_channel: { type: "push", token: device } });
    assert.equal((await app.delete(`${own}/push`, { push_token: device })).success, true);
  },
  async error_400() {
    assert("path" in (await refusal(create("student@school.example", "email"))).errors);
  },
  async error_401() {
    assert.equal((await refusal(client("wrong").get(own))).message, "Invalid access token.");
  },
  async error_403() {
    const { message } = await refusal(client("teacher-token").get("users/1/communication_channels"));
    assert.equal(message, "user not authorized to perform that action");
  },
  async error_404() {
    const { message } = await refusal(student.delete(`${own}/999`));
    assert.equal(message, "The specified resource does not exist.");
  },
});
