"""Redaction of all outputs of a run and of a comparison: they contain no secret of a response."""

from __future__ import annotations

import io
import json
import os
import traceback
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx2
import hypothesis
import pytest

from contract_tests.client.api_client import describe
from contract_tests.client.request import Request
from contract_tests.client.run.pacing import Clock
from contract_tests.client.safety.journal import Journal
from contract_tests.client.safety.leaks import LeakError
from contract_tests.client.settings import Inconclusive, Settings
from contract_tests.client.transport import Transport
from contract_tests.comparison import compare
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.coverage import measure_coverage
from contract_tests.report.formats import har, html, junit, terminal
from contract_tests.report.record.recording import Recording
from contract_tests.report.record.run import Run
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.leaky_responses import LEAKS, PLACES, TOKEN, Leak, remains
from tests.contract_tests.suite_process import run_suite, running_mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

EXAMPLES = int(os.environ.get("REDACTION_EXAMPLES", "250"))
LIST = Request("GET", "self", token=TOKEN, token_name="CANVAS_TOKEN", operation="list_communication_channels")
ITEM: Any = SimpleNamespace(path=Path("test_listing.py"), name="test_x", originalname="test_x", obj=None)
"""The test that fails, as an item of pytest."""


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


@cache
def contract() -> Contract:
    return Contract()


def frozen_clock() -> Clock:
    """Return a clock that stands still, and does not wait."""
    return Clock(lambda: 0.0, lambda _seconds: None, lambda: datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def connect(tmp_path: Path) -> Callable[[httpx2.Response], Transport]:
    """A function that returns a transport to a target with the same response to every request."""
    settings = Settings("https://canvas.example.edu", {"CANVAS_TOKEN": TOKEN})

    def connect(response: httpx2.Response) -> Transport:
        journal = Journal(tmp_path, settings.url)
        return Transport(settings, journal, frozen_clock(), httpx2.MockTransport(lambda _request: response))

    return connect


def outputs(transport: Transport) -> str:
    """Send two requests, the second with parts of the response, fail with its content, and return all outputs."""
    recording = Recording()
    recording.transport = transport
    recording.start(ITEM)
    try:
        response = transport.send(LIST)
        etag, link = response.headers.get("etag", ""), response.links.get("next", {}).get("url", "")
        transport.send(Request("GET", "self", query=(("page", link),), headers=(("If-None-Match", etag),)))
        violations = contract().violations(LIST.operation, response)
        pytest.fail(f"{describe(response)}; {violations}; {response.headers}; {response.reason_phrase!r}")
    except (LeakError, AssertionError, LookupError, ValueError, pytest.fail.Exception) as error:
        # The test fails, or cannot read the response.
        recording.add_end_error(error, "".join(traceback.format_exception(error)))
    except Inconclusive as error:
        recording.add_interruption(error)
    return write(transport, recording)


def write(transport: Transport, recording: Recording) -> str:
    """Return all outputs of a run with these exchanges and outcomes."""
    run = Run(
        "https://canvas.example.edu", "quick", 1, datetime(2026, 3, 2, tzinfo=UTC), 1.0, 2, 10, "", ("CANVAS_TOKEN",)
    )
    run.outcomes, run.exchanges = list(recording.outcomes.values()), transport.exchanges
    run.end, run.errors = recording.end, recording.errors
    coverage = measure_coverage(contract().document, run.exchanges)
    traffic = io.StringIO()
    har.write(run.exchanges, traffic)
    lines = [*terminal.full_summary(run, coverage), *terminal.tables(run, coverage)]
    details = [outcome.detail for outcome in run.outcomes]
    return "\n".join([html.render(run, coverage), junit.render(run).decode(), traffic.getvalue(), *lines, *details])


@pytest.mark.slow
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
@hypothesis.given(LEAKS)
def test_no_output_contains_a_secret_of_a_response(connect: Callable[[httpx2.Response], Transport], leak: Leak) -> None:
    text = outputs(connect(PLACES[leak.place](leak)))

    assert remains(leak, text) == []
    assert "redacted" in text or "$CANVAS_TOKEN" in text or "bytes of HTML" in text


PERSON, PERSONAL_ADDRESS = "Rosalind Bakewell", "rosalind.bakewell@caltech.test"


def leak_everywhere(request: ProxiedRequest) -> ProxiedResponse:
    """Return the mock's response with a token and personal data in its headers and its body."""
    token = DEFAULT_WORLD_VARIABLES["CANVAS_ADMIN_TOKEN"]
    response = request.send()
    response.headers += [("X-User", PERSON), (f"X-{PERSON.replace(' ', '-')}", "1"), ("Set-Cookie", f"session={token}")]
    try:
        body = json.loads(response.body)
    except ValueError:
        return response
    for each in body if isinstance(body, list) else [body]:
        each |= {"name": PERSON, PERSONAL_ADDRESS: 1, "contact": {"email": PERSONAL_ADDRESS}}
    response.body = json.dumps(body).encode()
    return response


def fail_with_secrets(request: ProxiedRequest) -> ProxiedResponse:
    """Return a page of an error in place of each list, with a part of a token and the name of a user."""
    token = DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"]
    text = f"\x1b[2J{PERSON} <{PERSONAL_ADDRESS}> has no access with {token[:-1].upper()} or {token[::-1]}"
    if request.method == "GET" and request.number > 12:  # the checks before the tests have passed
        return ProxiedResponse(
            500, [("Content-Type", "text/plain"), ("X-Error", f"{PERSON} {token[1:]}")], text.encode()
        )
    return request.send()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [leak_everywhere, fail_with_secrets])
def test_run_prints_and_writes_no_secret(
    tmp_path: Path, mock: str, fault: Callable[[ProxiedRequest], ProxiedResponse]
) -> None:
    with running_proxy(mock, fault) as url:
        run = run_suite(tmp_path, "-k", "test_listing", CANVAS_URL=url, PROFILE="smoke", **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 1, run.stdout
    assert_no_secret(run.stdout + run.stderr, tmp_path)


@pytest.mark.slow
def test_comparison_prints_and_writes_no_secret(
    tmp_path: Path, mock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN"):
        monkeypatch.setenv(name, DEFAULT_WORLD_VARIABLES[name])

    def leak(request: ProxiedRequest) -> ProxiedResponse:
        response = leak_everywhere(request)
        response.headers = [
            (name, f"private, user={PERSON}" if name.lower() == "cache-control" else value)
            for name, value in response.headers
            if name != "Set-Cookie"  # its token would end the comparison
        ]
        return response

    arguments: tuple[list[str], ...] = ([], ["--random", "20", "--seed", "1"])
    with running_proxy(mock, leak) as url:
        statuses = [compare.main(["--url", url, "--reports", str(tmp_path), *options]) for options in arguments]

    assert statuses == [1, 1]
    assert_no_secret("".join(capsys.readouterr()), tmp_path, ())  # the world file has the public tokens of a mock


def assert_no_secret(
    output: str, folder: Path, variables: Iterable[str] = ("CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN")
) -> None:
    """Assert that output and reports contain neither PERSON nor a part of the tokens of these variables."""
    files = [file for file in folder.iterdir() if file.suffix in {".html", ".xml", ".har", ".yaml"}]
    text = "".join([output, *(file.read_text("utf-8") for file in files)])
    tokens = [DEFAULT_WORLD_VARIABLES[name] for name in variables]
    parts = [part for token in tokens for part in (token[:-1], token[1:], token[::-1])]
    assert files
    assert "redacted-" in output
    found = [secret for secret in ("rosalind", "bakewell", "caltech", *parts) if secret in text.lower()]
    assert found == []
    assert all(char.isprintable() or char in "\n\t" for char in text)
