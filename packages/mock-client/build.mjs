// Compiles the client of examples/canvas-mock, which is the only copy of its source, and the fixture in src/.
// openapi-typescript writes the types of both contracts.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const run = (program, ...options) =>
  execFileSync(process.execPath, [path(`node_modules/${program}`), ...options], { cwd: path("."), stdio: ["ignore", "inherit", "inherit"] });

process.umask(0o022); // the tarball has the modes of the files
for (const folder of ["build", "dist"]) {
  rmSync(path(folder), { recursive: true, force: true });
  mkdirSync(path(folder));
}
const contracts = { canvas: "../../openapi.yaml", control: "../../mockserver/control/openapi.yaml" };
for (const [name, contract] of Object.entries(contracts)) {
  run("openapi-typescript/bin/cli.js", path(contract), "--output", path(`build/${name}.d.ts`));
  copyFileSync(path(`build/${name}.d.ts`), path(`dist/${name}.d.ts`));
}
// Node's own resolution requires the extensions, which bundlers do without.
const client = readFileSync(path("../../examples/canvas-mock/canvas-mock.ts"), "utf8");
writeFileSync(path("build/client.ts"), client.replaceAll(/from "\.\/control"/g, 'from "./control.js"'));
copyFileSync(path("src/playwright.ts"), path("build/playwright.ts"));
copyFileSync(path("../../LICENSE"), path("LICENSE"));
run("typescript/bin/tsc");
for (const name of ["LICENSE", "README.md", "package.json"]) chmodSync(path(name), 0o644);
rmSync(path("build"), { recursive: true });
