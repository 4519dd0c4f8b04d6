"""Two runs at once on one folder or one account: the second one ends before it changes anything."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.run.folder import opened_folder
from contract_tests.client.run.lock import AccountLocks
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.faulty_proxy import running_proxy
from tests.contract_tests.suite_process import COMMAND, environment, list_body, run_suite, running_mock
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse

ORIGIN = "https://canvas.example.edu"
TOKENS = {name: DEFAULT_WORLD_VARIABLES[name] for name in ("CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN")}
OPTIONS = ("-k", "second_delete", *WITHOUT_SCHEMATHESIS)
CLEAN_UP = [*COMMAND, "clean-up", "--yes"]
COMPARE = [sys.executable, "-m", "contract_tests.comparison"]
HOLDER = """\
import sys
from pathlib import Path
from contract_tests.client.run.folder import opened_folder
from contract_tests.client.run.lock import AccountLocks
locks = AccountLocks("https://canvas.example.edu", Path(sys.argv[1]))
locks.acquire([1])
with opened_folder(Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""
"""The program of a process that has the locks of user 1 and of a folder until it is killed."""


@contextmanager
def other_process(locks: Path, reports: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another process that has the locks of user 1 and of a folder of reports."""
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", HOLDER, str(locks), str(reports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.slow
def test_locks_of_another_process_last_as_long_as_it(tmp_path: Path) -> None:
    with other_process(tmp_path, tmp_path / "reports") as process:
        with pytest.raises(
            Inconclusive, match=r"Another run uses the account of user 1 on https://canvas.example.edu;"
        ):
            AccountLocks(ORIGIN, tmp_path).acquire([1])
        with pytest.raises(Inconclusive, match="a folder that another run uses;"), opened_folder(tmp_path / "reports"):
            pytest.fail("the folder is in use")
        process.kill()
        process.wait()

    AccountLocks(ORIGIN, tmp_path).acquire([1])
    with opened_folder(tmp_path / "reports"):
        pass


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("https://canvas.example.edu", 7), ("https://canvas.example.edu", 7)),
        (("https://canvas.example.edu", 7), ("http://canvas.example.edu", 7)),
        # the absolute form of the host name, and the global id of user 7
        (("https://canvas.example.edu", 7), ("https://canvas.example.edu.", 10_000_000_000_007)),
        (("http://127.0.0.1:8000", 7), ("http://localhost:8000", 7)),
        (("http://[::1]:8000", 7), ("http://localhost:8000", 7)),
    ],
)
def test_one_account_has_one_lock(tmp_path: Path, first: tuple[str, int], second: tuple[str, int]) -> None:
    locks = AccountLocks(first[0], tmp_path)
    locks.acquire([first[1]])

    with pytest.raises(Inconclusive):
        AccountLocks(second[0], tmp_path).acquire([second[1]])

    locks.release()
    AccountLocks(second[0], tmp_path).acquire([second[1]])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("https://canvas.example.edu", 7), ("https://canvas.example.edu", 8)),
        (("https://canvas.example.edu", 7), ("https://other.example.edu", 7)),
        (("http://127.0.0.1:8000", 7), ("http://127.0.0.1:8001", 7)),
    ],
)
def test_two_accounts_have_two_locks(tmp_path: Path, first: tuple[str, int], second: tuple[str, int]) -> None:
    locks, others = AccountLocks(first[0], tmp_path), AccountLocks(second[0], tmp_path)

    locks.acquire([first[1]])
    others.acquire([second[1]])

    assert len(list(tmp_path.iterdir())) == 2


def test_user_of_unknown_id_has_a_lock(tmp_path: Path) -> None:
    locks = AccountLocks(ORIGIN, tmp_path)
    locks.acquire_unknown()

    with pytest.raises(Inconclusive, match="the account of this token's user, or of another one,"):
        AccountLocks(ORIGIN, tmp_path).acquire_unknown()


def test_lock_is_a_private_file_that_names_nothing(tmp_path: Path) -> None:
    locks = AccountLocks(ORIGIN, tmp_path)
    locks.acquire([123_456])

    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert file.read_bytes() == b""
    assert "123456" not in file.name
    assert "canvas.example" not in file.name


def test_mock_of_the_run_needs_no_lock(tmp_path: Path) -> None:
    AccountLocks(None, tmp_path).acquire([1])

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("obstacle", ["file", "folder of another user"])
def test_temporary_folder_that_cannot_hold_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, obstacle: str
) -> None:
    """The path is that of a file, or the folder for locks in it belongs to another user."""
    folder = tmp_path / "temporary"
    if obstacle == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        another_user = os.getuid() + 1
        (folder / f"canvas-contract-{another_user}").mkdir()
        monkeypatch.setattr(os, "getuid", lambda: another_user)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with pytest.raises(
        Inconclusive, match=r"^The lock of the account cannot be written to \S+ \(.*\); set TMPDIR to a"
    ):
        AccountLocks(ORIGIN).acquire([1])


@dataclass
class Recorder:
    """A fault of the proxy that records the methods of the requests, and changes nothing."""

    methods: list[str] = field(default_factory=list)

    def __call__(self, request: ProxiedRequest) -> ProxiedResponse:
        self.methods.append(request.method)
        return request.send()


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("command", [[*COMMAND, *OPTIONS], CLEAN_UP, COMPARE, [*COMPARE, "--random", "5"]])
def test_folder_in_use_is_left_as_it_is(mock: str, tmp_path: Path, command: list[str]) -> None:
    reports = {name: f"the {name} of the other run" for name in ("report.html", "junit.xml", "traffic.har")}
    for name, text in reports.items():
        (tmp_path / name).write_text(text, "utf-8")
    recorder = Recorder()

    with opened_folder(tmp_path), running_proxy(mock, recorder) as proxy:
        run = run_other(command, tmp_path, proxy)

    assert run.returncode == 2
    output = run.stdout + run.stderr
    assert output.count("\n") == 1
    assert f"REPORTS is '{tmp_path}', a folder that another run uses; wait until that run ends" in output
    assert recorder.methods == []
    assert {name: (tmp_path / name).read_text("utf-8") for name in reports} == reports


@pytest.mark.slow
@pytest.mark.parametrize("command", [[*COMMAND, *OPTIONS], CLEAN_UP, COMPARE, [*COMPARE, "--random", "5"]])
def test_account_in_use_receives_no_write(mock: str, tmp_path: Path, command: list[str]) -> None:
    recorder = Recorder()

    with running_proxy(mock, recorder) as proxy:
        locks = AccountLocks(proxy)
        locks.acquire([1])
        run = run_other(command, tmp_path, proxy)
        locks.release()

    assert run.returncode == 2
    assert "Another run uses the account of user 1 on http://127.0.0.1:" in " ".join((run.stdout + run.stderr).split())
    assert "Traceback" not in run.stdout + run.stderr
    assert set(recorder.methods) == {"GET"}
    assert not list(tmp_path.glob("journal-*"))


@pytest.mark.slow
def test_other_user_in_use_receives_no_write(mock: str, tmp_path: Path) -> None:
    recorder = Recorder()

    with running_proxy(mock, recorder) as proxy:
        locks = AccountLocks(proxy)
        locks.acquire([2])
        run = run_suite(tmp_path, *OPTIONS, **TOKENS, CANVAS_OTHER_USER_ID="2", CANVAS_URL=proxy, PROFILE="smoke")
        locks.release()

    assert run.returncode == 2
    assert "Another run uses the account of user 2" in " ".join(run.stdout.split())
    assert set(recorder.methods) == {"GET"}


@pytest.mark.slow
def test_second_run_ends_and_the_first_one_passes(mock: str, tmp_path: Path) -> None:
    """While the first run waits for the response to its first create, two more are started."""
    before = list_body(mock)
    later_runs: list[subprocess.CompletedProcess[str]] = []

    def run(folder: str) -> subprocess.CompletedProcess[str]:
        return run_suite(tmp_path / folder, *OPTIONS, **TOKENS, CANVAS_URL=proxy, PROFILE="smoke")

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        if request.method == "POST" and not later_runs:
            later_runs.append(run("one"))
            later_runs.append(run("two"))
        return response

    with running_proxy(mock, fault) as proxy:
        first = run("one")

    same_folder, same_account = later_runs
    assert first.returncode == 0, first.stdout
    assert [same_folder.returncode, same_account.returncode] == [2, 2]
    assert "a folder that another run uses" in same_folder.stdout
    assert "Another run uses the account of user 1" in " ".join(same_account.stdout.split())
    assert (tmp_path / "one" / "report.html").is_file()
    assert list_body(mock) == before


def run_other(command: list[str], folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the suite on the account of the test user, beside this process."""
    variables = environment(folder, **TOKENS, CANVAS_URL=url, PROFILE="smoke")
    return subprocess.run(  # noqa: S603  # our own command
        command, env=variables, capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )
