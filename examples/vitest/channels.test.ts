import { describe } from "vitest";
import { Channels } from "./channels.ts";
import { test } from "./fixtures.ts";

describe("list", () => {
  test("returns the channels of all pages", async ({ mock, expect }) => {
    const channels = await new Channels(mock.baseUrl, "many-token").list({ per_page: 10 });

    expect(channels).toHaveLength(25);
    expect(await mock.countRequests({ operation_id: "list_communication_channels" })).toBe(3);
  });

  test("returns the channels of a replaced state", async ({ mock, channels, expect }) => {
    await mock.replaceState({
      users: [
        { id: 1, name: "Sam", tokens: ["student-token"], channels: [{ id: 7, type: "email", address: "a@example.org" }] },
      ],
    });

    expect((await channels.list()).map(({ id, address }) => [id, address])).toEqual([[7, "a@example.org"]]);
  });
});

describe("addEmail", () => {
  test("creates a channel that is confirmed by the link in its message", async ({ mock, channels, expect }) => {
    const channel = await channels.addEmail("new@example.org");
    expect(channel.workflow_state).toBe("unconfirmed");

    const message = await mock.waitForMessage({ to: "new@example.org" });
    await fetch(message.link!);

    const states = (await channels.list()).map(({ id, workflow_state }) => [id, workflow_state]);
    expect(states).toContainEqual([channel.id, "active"]);
  });

  test.for([429, 502, 503] as const)("is tried again after %i", async (status, { mock, channels, expect }) => {
    await mock.failNext(status, { operationId: "create_communication_channel", times: 2 });

    await channels.addEmail("new@example.org");

    const requests = await mock.requests({ operation_id: "create_communication_channel" });
    expect(requests.map((request) => request.status)).toEqual([200, status, status]);
  });

  test("is not tried again if Canvas rejects the address", async ({ mock, channels, expect }) => {
    await expect(channels.addEmail("student@school.example")).rejects.toMatchObject({ status: 400 });

    expect(await mock.countRequests({ operation_id: "create_communication_channel" })).toBe(1);
  });

  test("sends what the contract describes", async ({ mock, channels, expect }) => {
    await channels.addEmail("new@example.org");

    expect(await mock.requests({ violation: true })).toEqual([]);
    const request = await mock.waitForRequest({ operation_id: "create_communication_channel" });
    expect(Object.fromEntries(new URLSearchParams(request.body))).toEqual({
      "communication_channel[address]": "new@example.org",
      "communication_channel[type]": "email",
    });
  });

  test("creates a channel with the time of the frozen clock", async ({ mock, channels, expect }) => {
    await mock.freeze("2026-03-01T12:00:00Z");
    await mock.advance(90);

    expect((await channels.addEmail("new@example.org")).created_at).toBe("2026-03-01T12:01:30Z");
  });
});
