/** The fixtures of the tests: a world of the mock for each test, and the page in it. */
import { test as base } from "@playwright/test";
import { CanvasMock } from "../../canvas-mock/canvas-mock.ts";

type Fixtures = {
  /** A world that only this test uses. */
  mock: CanvasMock;
  /** Open the page with this world and the token of a user. */
  openChannels: (token?: string) => Promise<void>;
};

export const test = base.extend<Fixtures>({
  mock: async ({}, use, testInfo) => {
    const world = `worker-${testInfo.workerIndex}-${testInfo.testId}-${testInfo.retry}`;
    const mock = new CanvasMock(`http://127.0.0.1:${process.env.MOCK_PORT}`, world);
    await use(mock);
    if (testInfo.status !== testInfo.expectedStatus) {
      const requests = await mock.requests();
      await testInfo.attach("requests to Canvas", { body: JSON.stringify(requests, null, 2), contentType: "application/json" });
    }
    await mock.delete();
  },

  openChannels: async ({ mock, page }, use) => {
    await use(async (token = "student-token") => {
      await page.goto(`/?${new URLSearchParams({ canvas: mock.baseUrl, token })}`);
    });
  },
});

export { expect } from "@playwright/test";
