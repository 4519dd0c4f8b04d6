// The scenario with the client that OpenAPI Generator generates in TypeScript, with fetch.
import assert from "node:assert/strict";
import {
  CommunicationChannelsApi,
  CommunicationChannelType,
  Configuration,
  ErrorResponseFromJSON,
  ListCommunicationChannels400ResponseFromJSON,
  ListCommunicationChannels401ResponseFromJSON,
  ResponseError,
} from "../generated/openapi_generator_typescript/index.js";
import { address, apiUrl, manyChannelIds, pushToken, rejection, runScenario } from "./harness.mjs";

const { Email, Sms, Push } = CommunicationChannelType;
const userId = "self";

const api = (token: string) =>
  new CommunicationChannelsApi(new Configuration({ basePath: apiUrl, headers: { Authorization: `Bearer ${token}` } }));
const student = api("student-token");

const createChannel = (communicationChannelAddress: string, communicationChannelType: CommunicationChannelType) =>
  student.createCommunicationChannel({ userId, communicationChannelAddress, communicationChannelType });

// Assert the status of the response in an error, and return the parsed body, which the client leaves unread.
async function errorBody(status: number, promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  assert(error instanceof ResponseError);
  assert.equal(error.response.status, status);
  return error.response.json();
}

runScenario({
  async send_access_token() {
    const withAccessToken = new CommunicationChannelsApi(new Configuration({ basePath: apiUrl, accessToken: "student-token" }));
    const { raw } = await withAccessToken.listCommunicationChannelsRaw({ userId, page: 1 });
    assert.equal(raw.status, 200);
    assert.equal(new URL(raw.url).search, "?page=1");
  },
  async list_channels() {
    assert.deepEqual((await student.listCommunicationChannels({ userId })).map(({ id }) => id), [1, 2, 3]);
  },
  async list_all_pages() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const response = await api("many-token").listCommunicationChannelsRaw({ userId, page, perPage: 10 });
      ids.push(...(await response.value()).map(({ id }) => id));
      more = response.raw.headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, manyChannelIds);
  },
  async create_sms_channel() {
    assert.equal((await createChannel(address, Sms)).address, address);
  },
  async delete_channel_by_id() {
    assert.equal((await student.deleteCommunicationChannel({ userId, id: 3 })).workflowState, "retired");
  },
  async delete_channel_by_address() {
    const channel = await student.deleteCommunicationChannelByAddress({ userId, type: Sms, address });
    assert.equal(channel.address, address);
  },
  async delete_push_token() {
    const pushClient = api("push-token");
    await pushClient.createCommunicationChannel({ userId, communicationChannelType: Push, communicationChannelToken: pushToken });
    assert.equal((await pushClient.deletePushToken({ pushToken })).success, true);
  },
  async create_duplicate_channel() {
    const { errors } = ListCommunicationChannels400ResponseFromJSON(await errorBody(400, createChannel("student@school.example", Email)));
    assert("path" in errors);
  },
  async send_unknown_token() {
    const { errors } = ListCommunicationChannels401ResponseFromJSON(await errorBody(401, api("wrong").listCommunicationChannels({ userId })));
    assert(Array.isArray(errors));
  },
  async list_channels_of_another_user() {
    const { errors } = ErrorResponseFromJSON(await errorBody(403, api("teacher-token").listCommunicationChannels({ userId: "1" })));
    assert(Array.isArray(errors));
  },
  async delete_unknown_channel() {
    const { errors } = ErrorResponseFromJSON(await errorBody(404, student.deleteCommunicationChannel({ userId, id: 999 })));
    assert(Array.isArray(errors));
  },
});
