"""The Makefile and `.ci/run`: what they do before and after the tools that they start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.time_limits import HANG_SECONDS

ROOT = Path(__file__).parents[1]
INSTALLED = [f"--old-file=.venv/{name}" for name in ("mock", "contract", "dev")]
"""Options of make with which it installs nothing."""


def write_program(path: Path, script: str) -> None:
    """Write an executable of one line, in place of a tool."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, without the variables of the make that runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(  # noqa: S603  # our own commands
        command,
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )


class TestMakeMock:
    @staticmethod
    def mock_options(*settings: str, **environment: str) -> list[str]:
        """Return the options with which `make mock` would start the mock."""
        dry_run = run("make", "--dry-run", *INSTALLED, "mock", *settings, **environment)
        program, options = dry_run.stdout.replace("\\\n", " ").split("-m mockserver")
        assert program == "exec .venv/bin/python "
        return options.split()

    def test_passes_its_variables_as_options(self) -> None:
        settings = ("HOST=127.0.0.2", "PORT=9000", "WORLD=a.yaml", "STRICT=1", "RELOAD=1", "ARGS=--error-report-ids")

        options = self.mock_options(*settings)

        expected = "--host 127.0.0.2 --port 9000 --world a.yaml --strict --reload --error-report-ids"
        assert options == expected.split()

    @pytest.mark.parametrize("name", ["HOST", "PORT", "WORLD", "STRICT", "RELOAD", "ARGS"])
    def test_ignores_variables_of_the_environment(self, name: str) -> None:
        options = self.mock_options(**{name: "1"})

        assert options == []

    @pytest.mark.parametrize("name", ["STRICT", "RELOAD"])
    def test_value_0_disables_a_switch(self, name: str) -> None:
        options = self.mock_options(f"{name}=0")

        assert options == []


class TestMakeLintContract:
    @pytest.mark.parametrize(
        ("script", "status"),
        [
            ("echo No validation issues detected.", 0),
            ("echo Warnings:; echo '- Unused model: Unused'; echo '[info] Spec has 1 recommendation(s).'", 2),
            ("echo Errors:; exit 1", 2),
        ],
        ids=["nothing", "a recommendation", "an error"],
    )
    def test_fails_unless_openapi_generator_finds_nothing(self, script: str, status: int, tmp_path: Path) -> None:
        for tool in ("openapi-spec-validator", "redocly", "spectral"):
            write_program(tmp_path / tool, "exit 0")
        write_program(tmp_path / "readers" / ".venv" / "bin" / "openapi-generator-cli", script)
        installed = [f"{tmp_path}/readers/{folder}/installed" for folder in (".venv", "node_modules")]
        for file in installed:
            write_program(Path(file), "")

        process = run(
            *("make", "lint-contract", "EDITIONS=", f"BIN={tmp_path}", f"NODE_BIN={tmp_path}"),
            *(f"READERS={tmp_path}/readers", *INSTALLED, *(f"--old-file={file}" for file in installed)),
        )

        assert process.returncode == status


@pytest.mark.parametrize(
    ("since", "compared"),
    [("", 'cp "releases/'), ("v1.0.0", 'git show "v1.0.0:openapi.yaml"')],
    ids=["without a tag", "with a tag"],
)
def test_make_diff_contract_compares_with_the_last_release(since: str, compared: str) -> None:
    process = run("make", "--dry-run", "diff-contract", f"SINCE={since}", "--old-file=readers/node_modules/installed")

    assert compared in process.stdout
    assert "--check-version" in process.stdout


class TestCi:
    """`.ci/run` with a replacement of every program that it starts, so that none of them has an effect."""

    @pytest.fixture
    def tools(self, tmp_path: Path) -> Path:
        """The folder of the replacements; `make` prints its arguments, and the others do nothing."""
        for name in ("npm", "node", "apt-get", "chromium", "java", "git"):
            write_program(tmp_path / name, "exit 0")
        write_program(tmp_path / "make", 'echo "$@"')
        (tmp_path / "dirname").symlink_to("/usr/bin/dirname")  # with which the script finds the repository
        return tmp_path

    @staticmethod
    def run_ci(tools: Path) -> subprocess.CompletedProcess[str]:
        return run("/bin/bash", ".ci/run", PATH=str(tools))

    def test_starts_with_the_tests(self, tools: Path) -> None:
        process = self.run_ci(tools)

        assert process.returncode == 0
        assert process.stdout.startswith("test\n")

    @pytest.mark.parametrize("name", ["npm", "node"])
    def test_requires_node_and_npm(self, name: str, tools: Path) -> None:
        (tools / name).unlink()

        process = self.run_ci(tools)

        assert (process.returncode, process.stdout) == (2, "")
        assert process.stderr.splitlines()[-1].startswith("CI requires npm with Node ")

    def test_rejects_an_older_node(self, tools: Path) -> None:
        write_program(tools / "node", "exit 1")

        process = self.run_ci(tools)

        assert process.returncode == 2

    @pytest.mark.parametrize("failing", ["update", "install"])
    def test_fails_before_the_tests_if_a_tool_cannot_be_installed(self, failing: str, tools: Path) -> None:
        (tools / "java").unlink()
        write_program(tools / "apt-get", f'test "$1" != {failing}')

        process = self.run_ci(tools)

        assert process.returncode != 0
        assert process.stdout == ""
