/** The Playwright fixture `canvasMock`: a world of the mock for each test, which is deleted after the test. */
import { test as base } from "@playwright/test";
import { CanvasMock } from "./client.js";

export type CanvasMockOptions = {
  /** The origin of the mock; by default the variable CANVAS_MOCK_URL, or http://127.0.0.1:8000. */
  canvasMockUrl: string;
  /** The token of the mock's option `--control-token`; by default the variable CANVAS_MOCK_CONTROL_TOKEN. */
  canvasMockControlToken: string;
};

export type CanvasMockFixtures = {
  /** A world that only this test uses; its `baseUrl` takes the place of Canvas's origin. */
  canvasMock: CanvasMock;
};

export const test = base.extend<CanvasMockFixtures & CanvasMockOptions>({
  canvasMockUrl: [process.env.CANVAS_MOCK_URL ?? "http://127.0.0.1:8000", { option: true }],
  canvasMockControlToken: [process.env.CANVAS_MOCK_CONTROL_TOKEN ?? "", { option: true }],
  canvasMock: async ({ canvasMockUrl, canvasMockControlToken }, use, testInfo) => {
    const world = `worker-${testInfo.workerIndex}-${testInfo.testId}-${testInfo.retry}`;
    const options = canvasMockControlToken ? { controlToken: canvasMockControlToken } : {};
    const mock = new CanvasMock(canvasMockUrl, world, options);
    await mock.reset();
    await use(mock);
    if (testInfo.status !== testInfo.expectedStatus) {
      const requests = await mock.requests().catch(String); // a mock that was started with --journal 0 has none
      await testInfo.attach("requests to Canvas", { body: JSON.stringify(requests, null, 2), contentType: "application/json" });
    }
    await mock.delete();
  },
});

export { expect } from "@playwright/test";
