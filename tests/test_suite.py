"""The suite's own safety: what it refuses to send, and how it ends when a target cannot be judged."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from contract_tests import pool
from contract_tests.fence import Call, Fence, RefusedError
from contract_tests.journal import Journal
from contract_tests.server import WORLD, running_mock
from contract_tests.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "contract_tests"]
SECRET = "a-token-that-nobody-may-see"
FORBIDDEN = [
    Call("DELETE", "self", ("3",)),
    Call("DELETE", "self", ("email", "student@school.example")),
    Call("DELETE", "self", ("abc",), query=(("type", "email"), ("address", "student@school.example"))),
    Call("DELETE", "self", ("push",), body=(("push_token", "somebody-s"),)),
    Call("POST", "self", body=(("communication_channel[address]", "a@b"), ("communication_channel[type]", "email"))),
    Call("POST", "self", ("3",)),
    Call("PUT", "self"),
    Call("GET", "self", ("3",)),
]


@pytest.mark.parametrize("call", FORBIDDEN, ids=Call.curl)
def test_the_fence_refuses_what_is_not_the_suite_s(call: Call, tmp_path: Path) -> None:
    fence = Fence(Settings("http://127.0.0.1:9", SECRET), Journal(tmp_path, "origin"))

    with pytest.raises(RefusedError):
        fence.send(call)

    assert fence.sent == 0


def test_the_pool_is_small_and_reserved() -> None:
    assert len(pool.KEYS) <= 20
    assert all(pair.address.lower().endswith("@example.com") for pair in pool.ACCEPTED if pair.type == "email")


def test_the_journal_remembers_across_runs(tmp_path: Path) -> None:
    first = Journal(tmp_path, "origin")
    first.intend(1, pool.PLAIN[0].key)
    first.create(1, 40)
    first.create(1, 41)
    first.delete(40)

    again = Journal(tmp_path, "origin")

    assert again.live == {41: 1}
    assert again.intents == {(1, *pool.PLAIN[0].key)}


def test_an_unreachable_target_is_one_sentence_and_2(tmp_path: Path) -> None:
    run = _run(tmp_path, CANVAS_URL="http://127.0.0.1:9", CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert "does not answer" in run.stdout
    assert SECRET not in run.stdout + run.stderr


@pytest.mark.parametrize(("status", "said"), [(200, "cannot be judged"), (302, "redirects")])
def test_what_is_no_canvas_is_one_sentence_and_2(tmp_path: Path, status: int, said: str) -> None:
    with _page(status) as url:
        run = _run(tmp_path, CANVAS_URL=url, CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert said in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_a_wrong_token_is_one_sentence_and_2(tmp_path: Path) -> None:
    with running_mock() as url:
        run = _run(tmp_path, CANVAS_URL=url, CANVAS_TOKEN=SECRET)

    assert run.returncode == 2
    assert "refuses $CANVAS_TOKEN with 401" in run.stdout
    assert SECRET not in run.stdout + run.stderr


def test_without_more_tokens_the_run_says_what_was_not_checked(tmp_path: Path) -> None:
    with running_mock() as url:
        run = _run(tmp_path, CANVAS_URL=url, CANVAS_TOKEN=WORLD["CANVAS_TOKEN"])

    assert run.returncode == 0
    assert "this is not a full pass" in run.stdout


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with running_mock() as url:
        before = _channels(url)
        process = subprocess.Popen(COMMAND, env=_environment(tmp_path, url), stdout=subprocess.DEVNULL)  # noqa: S603
        while process.poll() is None and not _journalled(tmp_path):
            pass
        process.kill()
        process.wait()
        assert _journalled(tmp_path)

        run = _run(tmp_path, CANVAS_URL=url, **WORLD)

        assert run.returncode == 0
        assert _channels(url) == before
        assert not list(tmp_path.iterdir())


def _channels(url: str) -> bytes:
    return httpx2.get(f"{url}/api/v1/users/self/communication_channels?access_token=student-token").content


def _journalled(folder: Path) -> bool:
    return any("made" in file.read_text("utf-8") for file in folder.glob("journal-*"))


def _environment(folder: Path, url: str) -> dict[str, str]:
    return os.environ | {"PROFILE": "quick", "CANVAS_JOURNAL": str(folder), "CANVAS_URL": url, **WORLD}


def _run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CANVAS_")}
    environment |= {"PROFILE": "quick", "CANVAS_JOURNAL": str(folder), **variables}
    return subprocess.run(  # noqa: S603 - our own command
        COMMAND, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@contextmanager
def _page(status: int) -> Iterator[str]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Location", "http://elsewhere.example/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
