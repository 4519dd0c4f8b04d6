"""The npm package, from its tarball: types, the client, and the fixture of Playwright."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.distribution.conftest import ROOT, run, served

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.distribution,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm, which comes with Node, is not on this machine"),
]
PACKAGE = ROOT / "packages" / "mock-client"
NAMES = ["canvas.d.ts", "client.d.ts", "client.js", "control.d.ts", "playwright.d.ts", "playwright.js"]

CLIENT = """
import { CanvasMock, ControlError } from "canvas-channels-mock-client";
const mock = new CanvasMock(process.argv[2], "npm-test");
const url = `${mock.baseUrl}/api/v1/users/self/communication_channels`;
const options = { headers: { Authorization: "Bearer student-token" } };
await mock.failNext(503);
const statuses = [(await fetch(url, options)).status, (await fetch(url, options)).status];
await mock.freeze("2027-01-01T00:00:00Z");
const error = await mock.restore("none").catch((reason) => reason);
console.log(JSON.stringify([statuses, await mock.countRequests(), error instanceof ControlError, error.status]));
await mock.delete();
"""
TYPES = """
import { CanvasMock } from "canvas-channels-mock-client";
import { test } from "canvas-channels-mock-client/playwright";
import type { components } from "canvas-channels-mock-client/canvas";
import type { components as control } from "canvas-channels-mock-client/control";
type Channel = components["schemas"]["CommunicationChannel"];
export const id = (channel: Channel): number => channel.id;
export const message = (sent: control["schemas"]["Message"]) => sent.link;
export const mock = new CanvasMock("http://127.0.0.1:8000", "a", { controlToken: "b" });
// @ts-expect-error  the operation does not exist
export const wrong = () => mock.failNext(503, { operationId: "list_courses" });
test("types", async ({ canvasMock }) => { const state = await canvasMock.state(); id as unknown; state.users; });
"""
SPEC = """
import { expect, test } from "canvas-channels-mock-client/playwright";
const channels = (mock) => `${mock.baseUrl}/api/v1/users/self/communication_channels`;
const options = { headers: { Authorization: "Bearer student-token" } };
for (const number of [1, 2]) {
  test(`world ${number} starts with three channels`, async ({ canvasMock, request }) => {
    const before = await (await request.get(channels(canvasMock), options)).json();
    await request.delete(`${channels(canvasMock)}/${before[0].id}`, options);
    expect(before).toHaveLength(3);
    expect(await canvasMock.countRequests()).toBe(2);
  });
}
"""


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed package."""
    if not (PACKAGE / "node_modules").is_dir():
        run("npm", "ci", "--ignore-scripts", "--silent", cwd=PACKAGE)
    return pack(tmp_path_factory.mktemp("npm"), umask="022")


def pack(target: Path, umask: str) -> Path:
    """Build and pack the package, as `make packages` does."""
    command = f"umask {umask} && npm run --silent build && npm pack --silent --pack-destination {target}"
    run("sh", "-c", command, cwd=PACKAGE)
    (packed,) = target.glob("*.tgz")
    return packed


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has installed the tarball."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    tools = ("@playwright/test@1.65.1", "typescript@5.9.3", "@types/node@20.19.43")
    run("npm", "install", "--ignore-scripts", "--silent", "--no-audit", "--prefer-offline", tarball, *tools, cwd=folder)
    return folder


def test_tarball_has_the_built_files_readme_and_licence(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = sorted(archive.getnames())

    files = [*(f"dist/{name}" for name in NAMES), "LICENSE", "README.md", "package.json"]
    assert names == sorted(f"package/{name}" for name in files)


def test_tarball_is_reproducible(tarball: Path, tmp_path: Path) -> None:
    readme = PACKAGE / "README.md"
    mode = readme.stat().st_mode
    readme.chmod(0o600)

    try:
        second = pack(tmp_path, umask="077")
    finally:
        readme.chmod(mode)

    assert second.read_bytes() == tarball.read_bytes()


def test_version_is_that_of_the_contract() -> None:
    package = json.loads((PACKAGE / "package.json").read_text("utf-8"))

    assert f"\n  version: {package['version']}\n" in (ROOT / "openapi.yaml").read_text("utf-8")


def test_workflow_publishes_the_tarball(tarball: Path, tmp_path: Path) -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    (command,) = re.findall(r"run: (npm publish .+)", text)
    (tmp_path / "packages").mkdir()
    shutil.copy(tarball, tmp_path / "packages")

    # the option --provenance needs GitHub's environment
    output = run("sh", "-c", f"{command.replace(' --provenance', '')} --dry-run", cwd=tmp_path)

    version = json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"]
    assert f"+ canvas-channels-mock-client@{version}" in output


def test_client_uses_a_world_of_the_mock(project: Path) -> None:
    (project / "client.mjs").write_text(CLIENT)

    with served(sys.executable, "-m", "mockserver", "--port", "0") as (_, url):
        output = run("node", "client.mjs", url, cwd=project)

    assert json.loads(output) == [[503, 200], 2, True, 404]


@pytest.mark.parametrize("resolution", ["bundler", "nodenext"])
def test_types_of_both_contracts_are_found(resolution: str, project: Path) -> None:
    (project / "types.ts").write_text(TYPES)
    module = "esnext" if resolution == "bundler" else "nodenext"
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", module, "--moduleResolution", resolution]

    output = run("node_modules/.bin/tsc", *options, "--types", "node", "types.ts", cwd=project)

    assert output == ""


def test_fixture_gives_each_test_a_world(project: Path) -> None:
    (project / "mock.spec.js").write_text(SPEC)

    with served(sys.executable, "-m", "mockserver", "--port", "0", "--control-token", "secret") as (_, url):
        output = run(
            *("node_modules/.bin/playwright", "test", "--reporter", "line"),
            cwd=project,
            CANVAS_MOCK_URL=url,
            CANVAS_MOCK_CONTROL_TOKEN="secret",
        )

    assert "2 passed" in output
