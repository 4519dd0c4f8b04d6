"""Verdicts of runs under bad conditions: the same in the terminal, report.html, junit.xml and the exit status."""

from __future__ import annotations

import json
import re
import signal
import threading
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import QUICK, run_and_interrupt, run_command, run_suite, running_mock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Fault = Callable[[ProxiedRequest], ProxiedResponse | None]

pytestmark = pytest.mark.slow

SELECTION = "test_deletion or test_pages_contain"
CONTROL_CHARACTERS = "\x1b[31m\u202e\x85"
"""A colour of the terminal, text from right to left, and the next line."""
HEALTHY_REQUESTS = 100
"""The requests before a fault: enough for the checks and for some tests."""


def bad_gateway(request: ProxiedRequest) -> ProxiedResponse:
    response = request.send()
    return ProxiedResponse(502, [], b"") if request.number > HEALTHY_REQUESTS else response


def half_bodies(request: ProxiedRequest) -> ProxiedResponse:
    response = request.send()
    if request.number > HEALTHY_REQUESTS:
        response.announced_length, response.body = len(response.body), response.body[: len(response.body) // 2]
    return response


def without_position(request: ProxiedRequest) -> ProxiedResponse:
    response = request.send()
    channels = json.loads(response.body) if response.status == 200 and response.body else None
    for channel in channels if isinstance(channels, list) else [channels]:
        if isinstance(channel, dict):
            channel.pop("position", None)
    if channels is not None:
        response.body = json.dumps(channels).encode()
    return response


def created_with_201(request: ProxiedRequest) -> ProxiedResponse:
    response = request.send()
    response.status = 201 if request.method == "POST" and response.status == 200 else response.status
    return response


def violation_then_bad_gateway(request: ProxiedRequest) -> ProxiedResponse:
    return bad_gateway(request) if request.number > HEALTHY_REQUESTS else created_with_201(request)


def control_characters(request: ProxiedRequest) -> ProxiedResponse:
    response = request.send()
    if request.method == "DELETE":
        response.status, response.body = 200, json.dumps({"message": CONTROL_CHARACTERS}, ensure_ascii=False).encode()
        response.headers = [("Content-Type", "application/json; charset=utf-8")]
    return response


@pytest.mark.parametrize(
    ("fault", "status", "sentence"),
    [
        (bad_gateway, 2, "gateway returns 502"),
        (half_bodies, 2, "closes the connection before the response is complete"),
        (violation_then_bad_gateway, 1, "because the run ended early: The target's gateway returns 502"),
    ],
)
def test_aborted_run_is_never_passed(tmp_path: Path, fault: Fault, status: int, sentence: str) -> None:
    with running_mock() as url, running_proxy(url, fault) as proxy:
        run = run_suite(tmp_path, "-k", SELECTION, CANVAS_URL=proxy, **QUICK)

    word = {1: "failed", 2: "inconclusive"}[status]
    assert run.returncode == status, run.stdout
    assert_reported_everywhere(tmp_path, run.stdout, word, sentence)
    assert re.search(r"[1-9]\d* of \d+ tests (?:was|were) not run", " ".join(run.stdout.split()))
    assert int(suite_of(tmp_path).get("errors", "0")) == 1
    assert run.stderr == ""


def test_violation_that_hypothesis_cannot_repeat_is_the_verdict(tmp_path: Path) -> None:
    """The gateway fails after the violation, while Hypothesis repeats the example."""
    has_violated = threading.Event()

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        if has_violated.is_set():
            return ProxiedResponse(502, [], b"")
        response = request.send()
        if b"unique!" in response.body:
            has_violated.set()
            response.status = 409
        return response

    with running_mock() as url, running_proxy(url, fault) as proxy:
        run = run_suite(
            tmp_path, "-k", "duplicate_address_in_any or second_delete", CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES
        )

    assert run.returncode == 1, run.stdout
    assert "1. create_communication_channel: the 409 response violates openapi.yaml: status 409" in one_line(run.stdout)
    assert "curl " in run.stdout
    assert "because the run ended early: The target's gateway returns 502" in one_line(run.stdout)
    assert len(ET.parse(tmp_path / "junit.xml").findall(".//failure")) == 1  # noqa: S314  # the run wrote it


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_is_inconclusive(tmp_path: Path, name: signal.Signals) -> None:
    with running_mock() as url:
        run = run_and_interrupt(tmp_path, url, name)

    assert run.returncode == 2
    assert_reported_everywhere(tmp_path, run.stdout, "inconclusive", f"The run was interrupted by {name.name}")


@pytest.mark.parametrize(
    ("options", "variables", "sentence"),
    [
        (["--seed", "x"], {}, "--seed is 'x'; set it to a whole number."),
        ([], {"SEED": "x"}, "SEED is 'x'; set it to a whole number."),
        (["--profile", "huge"], {}, "--profile is 'huge'; set it to one of"),
        ([], {"PROFILE": "huge"}, "PROFILE is 'huge'; set it to one of"),
        ([], {"RATE": "fast"}, "RATE is 'fast'; set it to a number"),
        ([], {"READ_ONLY": "yes"}, "READ_ONLY is 'yes'; set it to 1, or to 0."),
        (["--url", "http://127.0.0.1:1", "--url", "http://127.0.0.1:2"], {}, "--url is given twice"),
        (["--no-such-option"], {}, "--no-such-option"),
        (["-k", "(("], {}, "Wrong expression passed to '-k'"),
        (["-k", "no_such_test"], {}, "no test ran: none was selected"),
        ([], {"CANVAS_URL": "http://127.0.0.1:9"}, "http://127.0.0.1:9"),
    ],
)
def test_refused_run_replaces_the_reports_of_the_last_run(
    tmp_path: Path, options: list[str], variables: dict[str, str], sentence: str
) -> None:
    for name in ("report.html", "junit.xml", "traffic.har"):
        (tmp_path / name).write_text("a stale report: passed", "utf-8")

    run = run_suite(tmp_path, *options, **{**DEFAULT_WORLD_VARIABLES, **variables})

    assert run.returncode == 2, run.stdout
    assert_reported_everywhere(tmp_path, run.stdout, "inconclusive", sentence)
    assert "a stale report" not in "".join(file.read_text("utf-8") for file in tmp_path.iterdir())
    assert "Traceback" not in run.stdout + run.stderr
    assert "<h2>Properties" not in (tmp_path / "report.html").read_text("utf-8")


def test_reports_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "reports"
    file.write_text("", "utf-8")

    run = run_suite(file, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 2
    assert run.stdout.count("\n") == 1
    assert "where no report can be written" in run.stdout
    assert run.stderr == ""


def test_error_of_the_suite_in_a_test_is_inconclusive(tmp_path: Path) -> None:
    plugin = tmp_path / "suite_with_a_bug.py"
    plugin.write_text(
        "from contract_tests.client.api_client import ApiClient\n"
        "def failing_delete(self, *_, **__): raise RuntimeError('a bug')\n"
        "ApiClient.delete = failing_delete\n",
        "utf-8",
    )
    run = run_suite(
        tmp_path, "-p", plugin.stem, "-k", "second_delete", PYTHONPATH=str(tmp_path), **DEFAULT_WORLD_VARIABLES
    )

    assert run.returncode == 2, run.stdout
    assert_reported_everywhere(tmp_path, run.stdout, "inconclusive", "RuntimeError: a bug")
    assert suite_of(tmp_path).get("failures") == "0"


def test_error_while_loading_the_suite_is_inconclusive(tmp_path: Path) -> None:
    plugin = tmp_path / "suite_that_cannot_be_loaded.py"
    plugin.write_text("from contract_tests.client import api_client\ndel api_client.expect_not_found\n", "utf-8")

    run = run_command(tmp_path, "-p", plugin.stem, PYTHONPATH=f"{tmp_path}:.", **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 2, run.stdout
    assert_reported_everywhere(tmp_path, run.stdout, "inconclusive", "The suite could not be loaded")
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (without_position, "create_communication_channel: the 200 response violates openapi.yaml: the required field"),
        (created_with_201, "create_communication_channel: the 201 response violates openapi.yaml: status 201"),
    ],
)
def test_failures_of_one_fault_fit_a_screen(tmp_path: Path, fault: Fault, cause: str) -> None:
    with running_mock() as url, running_proxy(url, fault) as proxy:
        run = run_suite(tmp_path, "-k", SELECTION, CANVAS_URL=proxy, **QUICK)

    output = " ".join(run.stdout.split())
    assert run.returncode == 1, run.stdout
    assert sum(1 + len(line) // 101 for line in run.stdout.splitlines()) <= 50  # a terminal of 100 columns
    assert f" 1. {cause}" in output
    assert "curl -sS -X POST" in output
    assert re.search(r"and \d+ more in report.html", output)
    assert "assert " not in run.stdout
    assert run.stdout.splitlines()[-1].count(str(tmp_path)) == 3, "the last line has the paths of the reports"


def test_stop_at_the_first_failure_counts_the_tests_that_were_not_run(tmp_path: Path) -> None:
    with running_mock() as url, running_proxy(url, created_with_201) as proxy:
        run = run_suite(tmp_path, "-x", "-k", SELECTION, CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 1
    assert re.search(r"tests (?:was|were) not run, because the run ended early: .*-x", " ".join(run.stdout.split()))


def test_control_characters_of_the_target_are_visible(tmp_path: Path) -> None:
    with running_mock() as url, running_proxy(url, control_characters) as proxy:
        run = run_suite(tmp_path, "-k", "second_delete", CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES)

    junit, page = ((tmp_path / name).read_text("utf-8") for name in ("junit.xml", "report.html"))
    assert run.returncode == 1
    for text in (run.stdout, junit, page):
        assert [char for char in CONTROL_CHARACTERS if not char.isprintable() and char in text] == []
        assert r"\u202e" in text


def test_passed_run_prints_at_most_thirty_lines_and_its_table_only_if_verbose(tmp_path: Path) -> None:
    run = run_suite(tmp_path, "-k", "test_tokens or test_listing", **QUICK)
    verbose = run_suite(tmp_path, "-k", "test_tokens", "--verbose", **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 0, run.stdout
    assert len(run.stdout.splitlines()) <= 30
    assert "Numbers of tests: passed" not in run.stdout
    assert "Numbers of tests: passed" in verbose.stdout


@pytest.mark.parametrize(
    ("variable", "start", "end"),
    [
        ("GITHUB_ACTIONS", "::group::Progress", "::endgroup::"),
        ("GITLAB_CI", "\x1b[0Ksection_start:", "\x1b[0Ksection_end:"),
    ],
)
def test_progress_is_printed_without_a_terminal(tmp_path: Path, variable: str, start: str, end: str) -> None:
    """A test that sends its requests for a while prints lines, which the log of a CI system folds."""
    variables = {"GITHUB_ACTIONS": "", "GITLAB_CI": "", variable: "true"}

    run = run_suite(
        tmp_path, "-k", "test_listing", "--progress-interval", "0.1", **DEFAULT_WORLD_VARIABLES, **variables
    )

    lines = re.findall(r"^\d+ of \d+ tests, \d+ requests?, \d+ s, 0 failed so far$", run.stdout, re.MULTILINE)
    assert run.returncode == 0, run.stdout
    assert len(lines) > 3
    assert start in run.stdout
    assert end in run.stdout
    assert run.stdout.splitlines()[-1].startswith("Reports: ")


def assert_reported_everywhere(folder: Path, stdout: str, word: str, sentence: str) -> None:
    """Assert that the terminal, report.html and junit.xml have the same verdict."""
    page, suite = (folder / "report.html").read_text("utf-8"), suite_of(folder)
    heading = re.search(r'<div class="verdict (\w+)">\s*<h1>(.*?)</h1>', page, re.DOTALL)
    assert heading is not None
    assert heading[1] == word
    texts = [stdout, heading[2].replace("&#39;", "'"), *(str(each.get("message")) for each in suite.iter("error"))]
    for text in texts:
        assert sentence in " ".join(text.split())
    assert f": {word}, " in page.partition("</title>")[0]
    assert "✓" not in page or word == "passed"
    values = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert values["verdict"] == word
    assert suite.find("testcase/error") is not None
    assert stdout.splitlines()[-1] == (
        f"Reports: {', '.join(str(folder / name) for name in ('report.html', 'junit.xml', 'traffic.har'))}"
    )


def suite_of(folder: Path) -> ET.Element:
    """Return the test suite in junit.xml."""
    return next(ET.parse(folder / "junit.xml").iter("testsuite"))  # noqa: S314  # written by the run itself


def one_line(text: str) -> str:
    return " ".join(text.split())
