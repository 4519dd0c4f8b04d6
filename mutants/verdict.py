"""One run of the suite against one mutant, both in processes of their own, and what the run said."""

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

from contract_tests.server import WORLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mutants.surgery import Mutant

ROOT = Path(__file__).parent.parent
_LONGEST_RUN = 300.0
_NOT_KEPT = frozenset({"PROFILE", "SEED", "RATE", "ALLOW_HTTP", "REPORTS"})


@dataclass(frozen=True)
class Verdict:
    """How a run ended, and what it was that failed first."""

    status: int
    seconds: float
    test: str
    """The failing test, as module.name without its parameters; empty where none failed."""
    promise: str
    output: str
    """The end of what the run printed."""


@contextlib.contextmanager
def served(mutant: Mutant) -> Iterator[str]:
    """The URL of the mutant, as long as the context lasts."""
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


def judged(mutant: Mutant, folder: Path, *options: str) -> Verdict:
    """What the suite says of the mutant, stopped at its first failure.

    `folder` takes the run's files; `options` go to the suite.
    """
    report = folder / "junit.xml"
    command = [sys.executable, "-m", "contract_tests", "-x", f"--junitxml={report}", *options]
    with served(mutant) as url:
        start = time.monotonic()
        run = subprocess.run(
            [*command, "--url", url],
            cwd=ROOT,
            env=_environment(mutant, folder),
            capture_output=True,
            text=True,
            timeout=_LONGEST_RUN,
            check=False,
        )
        seconds = time.monotonic() - start
    test, promise = _first_failure(report)
    return Verdict(run.returncode, seconds, test, promise, (run.stdout + run.stderr)[-4000:])


def judged_by(test: str, mutant: Mutant, folder: Path, *options: str) -> Verdict:
    """The same, where one test of the suite comes first: all others run only if it does not catch the mutant."""
    first = judged(mutant, folder, "-k", test.rpartition(".")[2], *options)
    if (first.status, first.test) == (1, test):
        return first
    (folder / "junit.xml").unlink(missing_ok=True)
    return judged(mutant, folder, *options)


def _environment(mutant: Mutant, folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CANVAS_", "PYTEST_")) and name not in _NOT_KEPT
    }
    return {**kept, **WORLD, **mutant.variables, "CANVAS_JOURNAL": str(folder), "REPORTS": str(folder)}


def _first_failure(report: Path) -> tuple[str, str]:
    """The first failing test of a JUnit file, and the promise that it holds."""
    if not report.exists():
        return "", ""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # the run that was started here wrote it
        if case.find("failure") is not None or case.find("error") is not None:
            module, name = case.get("classname", ""), case.get("name", "").partition("[")[0]
            said = case.find("properties/property[@name='promise']")
            promise = _docstring(module, name) if said is None else said.get("value", "")
            return f"{module.rpartition('.')[2]}.{name}", " ".join(promise.partition("\n\n")[0].split())
    return "", ""


def _docstring(module: str, name: str) -> str:
    """What the test's docstring promises."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if not path.exists():
        return ""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""
