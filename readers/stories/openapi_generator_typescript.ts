// The story, told by the client that openapi-generator generates in TypeScript, with fetch.
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
import { address, base, device, many, refusal, tell } from "./telling.mjs";

const { Email, Sms, Push } = CommunicationChannelType;
const userId = "self";

const api = (token: string) =>
  new CommunicationChannelsApi(new Configuration({ basePath: base, headers: { Authorization: `Bearer ${token}` } }));
const student = api("student-token");

const create = (communicationChannelAddress: string, communicationChannelType: CommunicationChannelType) =>
  student.createCommunicationChannel({ userId, communicationChannelAddress, communicationChannelType });

// The body of an answer that the client throws: it comes unread.
async function refused(status: number, promise: Promise<unknown>): Promise<unknown> {
  const error = await refusal(promise);
  assert(error instanceof ResponseError);
  assert.equal(error.response.status, status);
  return error.response.json();
}

tell({
  async send_token() {
    const own = new CommunicationChannelsApi(new Configuration({ basePath: base, accessToken: "student-token" }));
    const { raw } = await own.listCommunicationChannelsRaw({ userId, page: 1 });
    assert.equal(raw.status, 200);
    assert.equal(new URL(raw.url).search, "?page=1");
  },
  async list_first_page() {
    assert.deepEqual((await student.listCommunicationChannels({ userId })).map(({ id }) => id), [1, 2, 3]);
  },
  async page_through_all() {
    const ids: number[] = [];
    for (let page = 1, more = true; more; page++) {
      const answer = await api("many-token").listCommunicationChannelsRaw({ userId, page, perPage: 10 });
      ids.push(...(await answer.value()).map(({ id }) => id));
      more = answer.raw.headers.get("Link")!.includes('rel="next"');
    }
    assert.deepEqual(ids, many);
  },
  async create_by_form() {
    assert.equal((await create(address, Sms)).address, address);
  },
  async delete_by_id() {
    assert.equal((await student.deleteCommunicationChannel({ userId, id: 3 })).workflowState, "retired");
  },
  async delete_by_address() {
    const channel = await student.deleteCommunicationChannelByAddress({ userId, type: Sms, address });
    assert.equal(channel.address, address);
  },
  async delete_token() {
    const app = api("push-token");
    await app.createCommunicationChannel({ userId, communicationChannelType: Push, communicationChannelToken: device });
    assert.equal((await app.deletePushToken({ pushToken: device })).success, true);
  },
  async error_400() {
    const { errors } = ListCommunicationChannels400ResponseFromJSON(await refused(400, create("student@school.example", Email)));
    assert("path" in errors);
  },
  async error_401() {
    const { errors } = ListCommunicationChannels401ResponseFromJSON(await refused(401, api("wrong").listCommunicationChannels({ userId })));
    assert(Array.isArray(errors));
  },
  async error_403() {
    const { errors } = ErrorResponseFromJSON(await refused(403, api("teacher-token").listCommunicationChannels({ userId: "1" })));
    assert(Array.isArray(errors));
  },
  async error_404() {
    const { errors } = ErrorResponseFromJSON(await refused(404, student.deleteCommunicationChannel({ userId, id: 999 })));
    assert(Array.isArray(errors));
  },
});
