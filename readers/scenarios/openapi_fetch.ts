// The scenario with openapi-fetch and the types of openapi-typescript.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "../generated/openapi_fetch.js";
import { address, apiUrl, manyChannelIds, pushToken, runScenario } from "./harness.mjs";

const self = { path: { user_id: "self" } };
const form = {
  bodySerializer: (body: object) => new URLSearchParams(Object.entries(body)),
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
};
const channels = "/users/{user_id}/communication_channels";

const client = (token: string) => createClient<paths>({ baseUrl: apiUrl, headers: { Authorization: `Bearer ${token}` } });
const student = client("student-token");

const createChannel = (address: string, type: "email" | "sms") =>
  student.POST(channels, {
    params: self,
    body: { "communication_channel[address]": address, "communication_channel[type]": type },
    ...form,
  });

runScenario({
  async send_access_token() {
    const { response } = await student.GET(channels, { params: { ...self, query: { page: 1 } } });
    assert.equal(response.status, 200);
    assert.equal(new URL(response.url).search, "?page=1");
  },
  async list_channels() {
    const { data } = await student.GET(channels, { params: self });
    assert.deepEqual(data?.map(({ id }) => id), [1, 2, 3]);
  },
  async list_all_pages() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const { data, response } = await client("many-token").GET(channels, { params: { ...self, query: { page, per_page: 10 } } });
      ids.push(...(data ?? []).map(({ id }) => id));
      more = response.headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, manyChannelIds);
  },
  async create_sms_channel() {
    assert.equal((await createChannel(address, "sms")).data?.address, address);
  },
  async delete_channel_by_id() {
    const { data } = await student.DELETE(`${channels}/{id}`, { params: { path: { user_id: "self", id: 3 } } });
    assert.equal(data?.workflow_state, "retired");
  },
  async delete_channel_by_address() {
    const path = { user_id: "self", type: "sms", address } as const;
    const { data } = await student.DELETE(`${channels}/{type}/{address}`, { params: { path } });
    assert.equal(data?.address, address);
  },
  async delete_push_token() {
    const pushClient = client("push-token");
    await pushClient.POST(channels, {
      params: self,
      body: { "communication_channel[type]": "push", "communication_channel[token]": pushToken },
      ...form,
    });
    const { data } = await pushClient.DELETE("/users/self/communication_channels/push", { body: { push_token: pushToken }, ...form });
    assert.equal(data?.success, true);
  },
  async create_duplicate_channel() {
    const { response, error } = await createChannel("student@school.example", "email");
    assert.equal(response.status, 400);
    assert(typeof error === "object" && typeof error.errors === "object" && "path" in error.errors);
  },
  async send_unknown_token() {
    const { response, error } = await client("wrong").GET(channels, { params: self });
    assert.equal(response.status, 401);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
  async list_channels_of_another_user() {
    const { response, error } = await client("teacher-token").GET(channels, { params: { path: { user_id: "1" } } });
    assert.equal(response.status, 403);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
  async delete_unknown_channel() {
    const { response, error } = await student.DELETE(`${channels}/{id}`, { params: { path: { user_id: "self", id: 999 } } });
    assert.equal(response.status, 404);
    assert(typeof error === "object" && Array.isArray(error.errors));
  },
});
