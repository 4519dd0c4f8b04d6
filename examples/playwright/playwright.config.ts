/** The tests of the page: 8 at the same time, with one mock. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { defineConfig, devices } from "@playwright/test";

const root = "../..";
const python = process.env.MOCK_PYTHON ?? ".venv/bin/python";

/** Return the browser of the system; undefined selects the one that `npx playwright install chromium` downloads. */
function systemChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const programs = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.env.CHROMIUM ?? programs.find(existsSync);
}

const executablePath = systemChromium();

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 8,
  timeout: 90_000, // eight browsers start at the same time
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  use: {
    ...devices["Desktop Chrome"],
    // Playwright sets the variables of both ports: they are named groups of the expressions below.
    baseURL: `http://localhost:${process.env.PAGE_PORT}`,
    launchOptions: executablePath ? { executablePath } : {},
    trace: "retain-on-failure",
  },
  webServer: [
    {
      name: "mock",
      command: `${python} -m mockserver --port 0`,
      cwd: root,
      wait: { stderr: /mock on http:\/\/127\.0\.0\.1:(?<mock_port>\d+)/ },
    },
    {
      name: "page",
      command: `${python} -u -m http.server 0 --bind 127.0.0.1 --directory examples/playwright/page`,
      cwd: root,
      wait: { stdout: /port (?<page_port>\d+)/ },
      stderr: "ignore",
    },
  ],
});
