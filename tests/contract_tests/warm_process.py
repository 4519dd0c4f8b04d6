"""What each run of the suite and each mock computes at its start, computed once.

The first process of forked_process imports this module; its copies find the results in the caches of the modules.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis.configuration import notice_initialization_restarted
from hypothesis.internal.conjecture.providers import _get_local_constants

from contract_tests.__main__ import main as run_tests
from contract_tests.client.redaction.known_words import vocabulary
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.coverage import measure_coverage
from contract_tests.report.formats import html
from contract_tests.report.record.run import Run
from mockserver import World, create_app, read_world
from tests.contract_tests.suite_process import FORKED_RUN_OPTIONS
from tests.validated_once import validate_specifications_once


def render_report() -> None:
    """Render the report of a run without tests, for which its template is compiled."""
    run = Run("https://canvas.example.edu", "quick", 1, datetime(2026, 3, 2, tzinfo=UTC), 1.0, 2, 10, "", ())
    html.render(run, measure_coverage(Contract().document, []))


def read_constants() -> None:
    """Read the constants of all imported modules, as Hypothesis does when it collects the tests of a run."""
    _get_local_constants()
    notice_initialization_restarted(warn=False)  # each run loads the plugin of Hypothesis after this


def collect_tests() -> None:
    """Let pytest import its plugins and the modules of the tests, as it does at the start of each run.

    Hypothesis applies the profile of a run when a test is imported, so each run imports the modules that use it.
    """
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        variables = {"CANVAS_URL": "http://127.0.0.1:9", "CANVAS_TOKEN": "token", "REPORTS": folder}
        with patch.dict(os.environ, variables):
            run_tests([*FORKED_RUN_OPTIONS, "--collect-only"])
    for name, module in [*sys.modules.items()]:
        if name.startswith("contract_tests.test_") and "hypothesis" in Path(str(module.__file__)).read_text("utf-8"):
            del sys.modules[name]


vocabulary()
render_report()
validate_specifications_once()
create_app(World(read_world()))
read_constants()
collect_tests()
