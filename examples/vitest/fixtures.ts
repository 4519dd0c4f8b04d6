/** The fixture of the tests: a world of the mock for each test. */
import { inject, test as base } from "vitest";
import { CanvasMock } from "../canvas-mock/canvas-mock.ts";
import { Channels } from "./channels.ts";

type Fixtures = {
  /** A world that only this test uses. */
  mock: CanvasMock;
  /** The client under test, with the token of user 1. */
  channels: Channels;
};

export const test = base.extend<Fixtures>({
  mock: async ({ task }, use) => {
    const mock = new CanvasMock(inject("mockUrl"), `vitest-${process.pid}-${task.id}`.replaceAll(/[^\w.-]/g, "."));
    await use(mock);
    await mock.delete();
  },

  channels: async ({ mock }, use) => {
    await use(new Channels(mock.baseUrl, "student-token"));
  },
});
