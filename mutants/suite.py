"""Runs of the contract test suite on a mutant; suite and mutant each run in their own process."""

from __future__ import annotations

import ast
import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mutants.mutant import Mutant

ROOT = Path(__file__).parent.parent
_TIMEOUT = 300.0
WITHOUT_SCHEMATHESIS = ("-p", "no:schemathesis", f"--ignore={ROOT / 'contract_tests' / 'test_schemathesis.py'}")
"""Options that halve the time in which a run of a few other tests starts."""

_SUITE_VARIABLES = frozenset({"PROFILE", "SEED", "RATE", "ALLOW_HTTP", "READ_ONLY", "REPORTS", "REQUIRE_BOUNCE_FIELDS"})


@dataclass(frozen=True)
class SuiteRun:
    """The result of one run of the suite."""

    status: int
    """The exit status."""
    seconds: float
    test: str
    """The first failing test, as module.name without its parameters; empty if none failed."""
    description: str
    """The first paragraph of that test's docstring."""
    output: str
    """The end of the run's output."""


@contextlib.contextmanager
def running_mutant(mutant: Mutant) -> Iterator[str]:
    """Serve the mutant in its own process until the context ends, and yield its URL."""
    command = [sys.executable, "-m", "mutants", "serve", mutant.name, "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"{mutant.name} does not start")
            yield url
        finally:
            process.kill()


def run_suite(mutant: Mutant, folder: Path, *options: str) -> SuiteRun:
    """Run the suite on the mutant until its first failure.

    The run writes its reports into `folder`; `options` are command-line options of the suite.
    """
    report = folder / "junit.xml"
    command = [sys.executable, "-m", "contract_tests", "-x", f"--junitxml={report}", *options]
    with running_mutant(mutant) as url:
        start = time.monotonic()
        run = subprocess.run(
            [*command, "--url", url],
            cwd=ROOT,
            env=_environment(mutant, folder),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        seconds = time.monotonic() - start
    test, description = _first_failure(report)
    return SuiteRun(run.returncode, seconds, test, description, (run.stdout + run.stderr)[-4000:])


def run_test_then_suite(test: str, mutant: Mutant, folder: Path, *options: str) -> SuiteRun:
    """Run one test of the suite on the mutant, and the whole suite only if that test does not fail."""
    module, _, name = test.rpartition(".")
    excluded = () if module == "test_schemathesis" else WITHOUT_SCHEMATHESIS
    first = run_suite(mutant, folder, "-k", name, *excluded, *options)
    if (first.status, first.test) == (1, test):
        return first
    (folder / "junit.xml").unlink(missing_ok=True)  # the next run may end without a report
    return run_suite(mutant, folder, *options)


def _environment(mutant: Mutant, folder: Path) -> dict[str, str]:
    """Return the variables of the mutant and the folder, and those of this process except the suite's and pytest's."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CANVAS_", "COVERAGE_", "PYTEST_")) and name not in _SUITE_VARIABLES
    }
    folders = {"CANVAS_JOURNAL": str(folder), "REPORTS": str(folder)}
    return {**inherited, **DEFAULT_WORLD_VARIABLES, **mutant.variables, **folders}


def _first_failure(report: Path) -> tuple[str, str]:
    """Return name and description of the first failing test in a JUnit file; two empty strings without one."""
    if not report.exists():
        return "", ""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # the run that was started here wrote it
        if case.find("failure") is not None or case.find("error") is not None:
            module, name = case.get("classname", ""), case.get("name", "").partition("[")[0]
            description = _docstring(module, name).partition("\n\n")[0]
            return f"{module.rpartition('.')[2]}.{name}", " ".join(description.split())
    return "", ""


def _docstring(module: str, name: str) -> str:
    """Return the docstring of a test function of the suite; empty if there is none."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if not path.exists():
        return ""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""
