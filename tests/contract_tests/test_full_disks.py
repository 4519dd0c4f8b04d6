"""Disks that are full or fill up during a run: one sentence, no traceback, and the account is restored."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.request import Request
from contract_tests.client.safety import addresses
from contract_tests.client.safety.guard import SafetyGuard
from contract_tests.client.safety.journal import Journal
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.faulty_proxy import running_proxy
from tests.contract_tests.suite_process import COMMAND, environment, list_body, run_suite, running_mock
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse

URL = "https://canvas.example.edu"
TOKENS = {name: DEFAULT_WORLD_VARIABLES[name] for name in ("CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN")}
COMPARE = [sys.executable, "-m", "contract_tests.comparison"]
OPTIONS = ("-k", "second_delete", *WITHOUT_SCHEMATHESIS)


def test_creation_without_an_intent_on_disk_is_not_sent(tmp_path: Path) -> None:
    journal = Journal(tmp_path, URL)
    journal.path = Path("/dev/full")
    address = addresses.FIRST
    body = (("communication_channel[type]", address.type), ("communication_channel[address]", address.address))

    with pytest.raises(Inconclusive, match=r"cannot be written \(No space left on device\)"):
        SafetyGuard(journal).check(Request("POST", "self", owner=1, body=body))


def test_deletion_that_cannot_be_recorded_raises_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, URL)
    journal.record_creation(1, 7)
    journal.path = Path("/dev/full")

    journal.record_deletion(7)

    assert journal.live == {}


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


def run_on_filling_disk(command: list[str], folder: Path, mock: str) -> tuple[int, str]:
    """Run the command against the mock, and return its exit status and its output.

    After its first create it can write no file: a limit of their size has the effect of a full disk.
    """

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        if request.method == "POST" and response.status == 200:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))
        return response

    with running_proxy(mock, fault) as proxy:
        variables = environment(folder, **TOKENS, CANVAS_URL=proxy, PROFILE="smoke")
        with subprocess.Popen(  # noqa: S603  # our own command
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            output, _ = process.communicate(timeout=HANG_SECONDS)
    return process.returncode, output


@pytest.mark.slow
def test_disk_that_fills_up_during_the_run_is_inconclusive(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)

    status, output = run_on_filling_disk([*COMMAND, *OPTIONS], tmp_path, mock)

    text = " ".join(output.split())
    assert status == 2, output
    assert list_body(mock) == before
    assert "Inconclusive: The journal" in text
    assert "cannot be written (File too large)" in text
    assert output.splitlines()[-1] == "Reports: none"
    assert "Traceback" not in output


@pytest.mark.slow
def test_disk_that_fills_up_during_a_comparison_is_one_sentence(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)

    status, output = run_on_filling_disk([*COMPARE, "--random", "50"], tmp_path, mock)

    assert status == 2, output
    assert list_body(mock) == before
    assert output.count("\n") == 1
    assert "cannot be written (File too large)" in output


@pytest.mark.slow
def test_report_that_cannot_be_written_at_the_end_makes_the_others_inconclusive(mock: str, tmp_path: Path) -> None:
    """During the run, after the check of the reports, a directory appears in place of traffic.har."""
    before = list_body(mock)

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        (tmp_path / "traffic.har" / "content").mkdir(parents=True, exist_ok=True)
        return request.send()

    with running_proxy(mock, fault) as proxy:
        run = run_suite(tmp_path, *OPTIONS, **TOKENS, CANVAS_URL=proxy, PROFILE="smoke")

    text = " ".join(run.stdout.split())
    sentence = f"Inconclusive: {tmp_path}/traffic.har cannot be written (Is a directory); free space, and run again."
    properties = ET.parse(tmp_path / "junit.xml").iter("property")  # noqa: S314  # written by the run itself
    assert run.returncode == 2, run.stdout
    assert list_body(mock) == before
    assert sentence in text
    assert {each.get("name"): each.get("value") for each in properties}["verdict"] == "inconclusive"
    assert "cannot be written (Is a directory)" in (tmp_path / "report.html").read_text("utf-8")
    assert run.stdout.splitlines()[-1] == f"Reports: {tmp_path}/report.html, {tmp_path}/junit.xml"


@pytest.mark.slow
def test_full_standard_output_prevents_neither_clean_up_nor_reports(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)
    variables = environment(tmp_path, **TOKENS, CANVAS_URL=mock, PROFILE="smoke")

    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(  # noqa: S603  # our own command
            [*COMMAND, *OPTIONS],
            env=variables,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )

    assert (run.returncode, run.stderr) == (2, "")
    assert list_body(mock) == before
    assert not list(tmp_path.glob("journal-*"))
    assert "The output cannot be written (No space left on device)" in (tmp_path / "report.html").read_text("utf-8")
