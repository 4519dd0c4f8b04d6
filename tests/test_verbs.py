"""What `make` and `.ci/run` do themselves, before and after the tools that they start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def program(path: Path, script: str) -> None:
    """Put a program of one line there, in place of a tool."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in the checkout, and not as a part of the make that runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(  # noqa: S603  # our own commands
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60, check=False
    )


class TestMock:
    @staticmethod
    def command(*settings: str, **environment: str) -> list[str]:
        """What `make mock` would run."""
        said = run("make", "--dry-run", "--old-file=.venv/installed", "mock", *settings, **environment).stdout
        return said.replace("\\\n", " ").split()[2:]

    def test_it_takes_its_options_from_the_command_line(self) -> None:
        settings = ("HOST=127.0.0.2", "PORT=9000", "WORLD=a.yaml", "STRICT=1", "RELOAD=1", "ARGS=--error-report-ids")

        options = "--host 127.0.0.2 --port 9000 --world a.yaml --strict --reload --error-report-ids"
        assert self.command(*settings) == options.split()

    @pytest.mark.parametrize("name", ["HOST", "PORT", "WORLD", "STRICT", "RELOAD", "ARGS"])
    def test_it_takes_nothing_from_the_environment(self, name: str) -> None:
        assert self.command(**{name: "1"}) == []

    @pytest.mark.parametrize("name", ["STRICT", "RELOAD"])
    def test_a_switch_at_0_is_off(self, name: str) -> None:
        assert self.command(f"{name}=0") == []


class TestLintContract:
    @pytest.mark.parametrize(
        ("script", "status"),
        [
            ("echo No validation issues detected.", 0),
            ("echo Warnings:; echo '- Unused model: Unused'; echo '[info] Spec has 1 recommendation(s).'", 2),
            ("echo Errors:; exit 1", 2),
        ],
        ids=["nothing", "a recommendation", "an error"],
    )
    def test_it_fails_unless_openapi_generator_finds_nothing(self, script: str, status: int, tmp_path: Path) -> None:
        for tool in ("openapi-spec-validator", "redocly", "spectral"):
            program(tmp_path / tool, "exit 0")
        program(tmp_path / "readers" / ".venv" / "bin" / "openapi-generator-cli", script)
        installed = [f"{tmp_path}/readers/{each}/installed" for each in (".venv", "node_modules")]
        for each in installed:
            program(Path(each), "")

        done = run(
            *("make", "lint-contract", "EDITIONS=", f"BIN={tmp_path}", f"NODE_BIN={tmp_path}"),
            *(f"READERS={tmp_path}/readers", *(f"--old-file={each}" for each in (".venv/installed", *installed))),
        )

        assert done.returncode == status


def test_without_a_tag_diff_contract_says_that_it_compared_nothing() -> None:
    done = run("make", "diff-contract", "SINCE=", "--old-file=readers/node_modules/installed")

    assert done.returncode == 0
    assert done.stdout.startswith("Nothing was compared: there is no tag here.")


class TestCi:
    """Its programs are replaced, all of them, so that nothing of it runs in earnest."""

    @pytest.fixture
    def tools(self, tmp_path: Path) -> Path:
        """A folder with every program that `.ci/run` starts; they do nothing."""
        for name in ("npm", "node", "apt-get", "chromium", "java", "wrk", "git"):
            program(tmp_path / name, "exit 0")
        program(tmp_path / "make", 'echo "$@"')
        (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
        return tmp_path

    @staticmethod
    def run(tools: Path) -> subprocess.CompletedProcess[str]:
        return run("/bin/bash", ".ci/run", PATH=str(tools))

    def test_it_begins_with_the_tests(self, tools: Path) -> None:
        done = self.run(tools)

        assert done.returncode == 0
        assert done.stdout.startswith("test\n")

    @pytest.mark.parametrize("name", ["npm", "node"])
    def test_it_is_not_run_without_node(self, name: str, tools: Path) -> None:
        (tools / name).unlink()

        done = self.run(tools)

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.endswith("CI needs Node 20 or newer, with npm.\n")

    @pytest.mark.parametrize("failing", ["update", "install"])
    def test_a_tool_that_cannot_be_installed_ends_it(self, failing: str, tools: Path) -> None:
        (tools / "wrk").unlink()
        program(tools / "apt-get", f'test "$1" != {failing}')

        done = self.run(tools)

        assert done.returncode
        assert done.stdout == ""

    def test_a_node_that_is_too_old_is_refused(self, tools: Path) -> None:
        program(tools / "node", "exit 1")

        assert self.run(tools).returncode == 2
