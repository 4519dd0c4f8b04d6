/** Starts one mock for all test files, and stops it at the end. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    mockUrl: string;
  }
}

export default async function startMock(project: TestProject): Promise<() => void> {
  const root = resolve(import.meta.dirname, "../..");
  const python = process.env.MOCK_PYTHON ?? ".venv/bin/python";
  const mock = spawn(python, ["-m", "mockserver", "--port", "0"], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: mock.stderr })) {
    lines.push(line);
    const url = /mock on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      project.provide("mockUrl", url);
      mock.stderr.resume();
      return () => void mock.kill();
    }
  }
  throw new Error(`the mock did not start: ${lines.join("\n")}`);
}
