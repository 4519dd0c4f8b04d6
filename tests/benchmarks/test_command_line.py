"""Exit status 2 with a one-sentence message where `make bench` cannot measure."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.__main__ import main
from benchmarks.servers import catalogue, comparison

if TYPE_CHECKING:
    from pathlib import Path


def fail_to_install() -> None:
    raise comparison.InstallationError("no comparison servers in tests")


@pytest.fixture(autouse=True)
def _no_full_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux with wrk, and a failing installation: no test here may start a full benchmark run."""
    monkeypatch.setattr(shutil, "which", lambda tool: tool)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(comparison, "install", fail_to_install)


def test_another_system_than_linux_is_rejected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")

    assert main(["--smoke"]) == 2
    assert capsys.readouterr().err == "make bench requires Linux: it reads CPU time and memory from /proc.\n"


def test_server_that_does_not_start_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "mock", lambda: catalogue.Server("the mock", (sys.executable, "-c", "exit(3)")))

    assert main(["--smoke"]) == 2
    assert capsys.readouterr().err == "make bench: the mock exited with 3 before its first successful response.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the test measures a server")
def test_error_responses_in_a_workload_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    output = '{"requests": 5000, "seconds": 1, "p50": 1, "p99": 2, "error_responses": 1200, "socket_errors": 0}'
    (tmp_path / "wrk").write_text(f"#!/bin/sh\necho '{output}'\n")
    (tmp_path / "wrk").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(catalogue, "mock", catalogue.baseline)

    assert main(["--smoke"]) == 2
    assert capsys.readouterr().err == (
        "make bench: bare Starlette, list: 1,200 error responses and 0 socket errors in 5,000 requests.\n"
    )


@pytest.mark.parametrize("option", ["--seconds=0", "--seconds=11", "--seconds=x", "--rounds=0"])
def test_rounds_and_seconds_outside_their_range_are_rejected(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([option])

    assert "argument --" in capsys.readouterr().err
