import { ControlError, type Fault } from "../canvas-mock/canvas-mock.ts";
import { Channels } from "./channels.ts";
import { test } from "./fixtures.ts";

const faults: [description: string, error: string, fault: Fault][] = [
  ["the connection ends", "TypeError", { effect: { kind: "dropped_connection", time: "before_change" } }],
  ["the body is truncated", "TypeError", { effect: { kind: "truncated_body" } }],
  ["the body is malformed", "SyntaxError", { effect: { kind: "malformed_body" } }],
  ["Canvas does not respond in time", "TimeoutError", { effect: { kind: "delay" }, delay: { min_seconds: 20 } }],
];

test.for(faults)("list throws if %s", async ([, name, fault], { mock, expect }) => {
  const isDelayed = fault.effect.kind === "delay";
  const channels = new Channels(mock.baseUrl, "student-token", isDelayed ? 200 : 20_000);
  await mock.addFault(fault);

  await expect(channels.list()).rejects.toMatchObject({ name });
});

test("remove throws for a channel that the user does not have", async ({ channels, expect }) => {
  await expect(channels.remove(4)).rejects.toMatchObject({ status: 404 });
});

test("a saved state can be restored", async ({ mock, channels, expect }) => {
  await mock.save("before");
  await channels.remove(2);

  await mock.restore("before");

  expect(await channels.list()).toHaveLength(3);
});

test("a fault that the mock cannot apply is rejected with the reason", async ({ mock, expect }) => {
  const added = mock.addFault({ effect: { kind: "documented_response", status: 409 } });

  await expect(added).rejects.toThrow(ControlError);
  await expect(added).rejects.toThrow("The contract has no example of 409");
});
