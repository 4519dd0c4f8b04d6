"""The end of each run: exit status 1 is the verdict `failed`, and all other ends have a sentence and reports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from contract_tests.command import pytest_options
from contract_tests.report.names import NAMES
from tests.contract_tests.suite_process import run_command, run_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = {"CANVAS_URL": "http://127.0.0.1:9", "CANVAS_TOKEN": "a-token-of-nobody"}
TOKEN_TESTS = "contract_tests/test_tokens.py"
FAILING_PLUGINS = {
    "import": "import sys\nsys.exit(0)",
    "syntax": "def f(:",
    "configure": "def pytest_configure(config):\n    raise RuntimeError('boom')",
    "exit": "import pytest\ndef pytest_configure(config):\n    pytest.exit('bye', returncode=0)",
    "start": "def pytest_sessionstart(session):\n    raise KeyboardInterrupt",
    "unconfigure": "def pytest_unconfigure(config):\n    raise SystemExit(1)",
    "status": "sessions = []\ndef pytest_sessionstart(session):\n    sessions.append(session)\n"
    "def pytest_unconfigure():\n    sessions[0].exitstatus = 1",
}
"""Plugins of pytest that raise, exit or change the exit status, by the part in which they do."""


def check_inconclusive(run: subprocess.CompletedProcess[str], folder: Path, sentence: str) -> None:
    """Check that output, exit status and reports are those of an inconclusive run with this sentence."""
    assert run.returncode == 2, run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert sentence in " ".join(run.stdout.split())
    assert run.stdout.splitlines()[-1].startswith("Reports: ")
    assert [name for name in NAMES if not (folder / name).exists()] == []
    assert ": inconclusive, " in (folder / "report.html").read_text("utf-8")
    assert list(ET.parse(folder / "junit.xml").iter("error"))  # noqa: S314  # the suite's own file


@pytest.mark.parametrize(
    ("options", "variables", "sentence"),
    [
        (("-p", "nosuch"), {}, "No module named 'nosuch'); check its options, PYTEST_ADDOPTS and PYTEST_PLUGINS."),
        ((), {"PYTEST_PLUGINS": "nosuch"}, "No module named 'nosuch'"),
        ((), {"PYTEST_ADDOPTS": "'"}, "No closing quotation"),
        (("--version",), {}, "No test ran: pytest has only printed what its options ask for."),
        (("--progress-interval=-1",), {}, "'-1' is no positive number of seconds"),
        (("--progress-interval=nan",), {}, "'nan' is no positive number of seconds"),
        (("--progress-interval=inf",), {}, "'inf' is no positive number of seconds"),
        (("--progress-interval=0",), {}, "'0' is no positive number of seconds"),
        (("-n", "2"), {}, "Inconclusive: The contract tests run in one process; leave out -n."),
        (("-p", "no:xdist", "-n2"), {}, "Inconclusive: The contract tests run in one process; leave out -n."),
        ((), {"PYTEST_ADDOPTS": "-n 2"}, "Inconclusive: The contract tests run in one process; leave out -n."),
        (("--dist", "load"), {}, "Inconclusive: The contract tests run in one process; leave out --dist."),
        (("--looponfail",), {}, "Inconclusive: The contract tests run in one process; leave out --looponfail."),
        (("--forked",), {}, "Inconclusive: The contract tests run in one process; leave out --forked."),
        (("--pdb",), {}, "leave out --pdb."),
        (("--sw",), {}, "do not store the results of a run; leave out --sw."),
        (("--lf",), {}, "do not store the results of a run; leave out --lf."),
        (("-p", "no:terminal"), {}, "need pytest's plugin terminal; leave out -p no:terminal."),
        (("--unk\x1b[31m\n::error::",), {}, r"unrecognized arguments: --unk\x1b[31m"),
        (("contract_tests/test_nosuch.py",), {}, "'contract_tests/test_nosuch.py' is no file of the contract tests"),
        (("contract_tests/../tests/test_x.py",), {}, "is no file of the contract tests"),
        (("deletion",), {}, "'deletion' is no file of the contract tests"),
        (("-k", "head"), {"CANVAS_URL": "http://127.0.0.1:9?x=1"}, "without user name, path, query and fragment."),
        (("-k", "head"), {"CANVAS_URL": "http://127.0.0.1:9#y"}, "without user name, path, query and fragment."),
        (("-k", "head"), {"CANVAS_URL": "http://127.0.0.1:9?"}, "without user name, path, query and fragment."),
    ],
)
def test_wrong_option_is_refused(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str], sentence: str
) -> None:
    run = run_suite(tmp_path, *options, **NOWHERE | variables)

    check_inconclusive(run, tmp_path, sentence)
    # A line that starts with `::` would be a command of GitHub Actions.
    assert len([line for line in run.stdout.splitlines() if line.startswith(("Inconclusive:", "::"))]) == 1
    assert "\x1b" not in run.stdout


@pytest.mark.parametrize("option", ["--fixtures", "--fixtures-per-test", "--collect-only", "--setup-plan"])
@pytest.mark.slow
def test_run_that_only_prints_is_inconclusive(tmp_path: Path, option: str) -> None:
    check_inconclusive(run_suite(tmp_path, option, "-k", "altered_token", **NOWHERE), tmp_path, "Inconclusive:")


@pytest.mark.slow
@pytest.mark.parametrize("part", FAILING_PLUGINS)
def test_error_of_a_plugin_is_inconclusive(tmp_path: Path, part: str) -> None:
    (tmp_path / f"plugin_{part}.py").write_text(FAILING_PLUGINS[part], encoding="utf-8")

    run = run_suite(tmp_path, "-p", f"plugin_{part}", TOKEN_TESTS, PYTHONPATH=str(tmp_path), **NOWHERE)

    check_inconclusive(run, tmp_path, "Inconclusive:")


@pytest.mark.parametrize("name", [TOKEN_TESTS, "test_tokens.py", str(pytest_options.FOLDER / "test_tokens.py")])
def test_file_argument_selects_its_tests(tmp_path: Path, name: str) -> None:
    run = run_suite(tmp_path, f"{name}::test_altered_token_is_401", "--collect-only", **NOWHERE)

    tests = {line.partition("[")[0] for line in run.stdout.splitlines() if "::" in line}
    assert tests == {f"{TOKEN_TESTS}::test_altered_token_is_401"}


def test_unknown_test_of_a_file_is_refused(tmp_path: Path) -> None:
    run = run_suite(tmp_path, f"{TOKEN_TESTS}::test_nosuch", **NOWHERE)

    check_inconclusive(run, tmp_path, "The contract tests have no test 'test_tokens.py::test_nosuch'; name another")


@pytest.mark.slow
def test_signal_during_the_imports_is_the_reason(tmp_path: Path) -> None:
    """The signal arrives inside the import of yaml, whose module `tokens` is imported first; reports need yaml."""
    stale = [tmp_path / name for name in NAMES]
    for file in stale:
        file.write_text("stale", encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(
        "import builtins, os\n"
        "original = builtins.__import__\n"
        "def interrupted(name, *arguments, **named):\n"
        "    if name == 'tokens':\n"
        "        builtins.__import__ = original\n"
        f"        os.kill(os.getpid(), {int(signal.SIGTERM)})\n"
        "    return original(name, *arguments, **named)\n"
        "builtins.__import__ = interrupted\n",
        encoding="utf-8",
    )

    run = run_command(tmp_path, "-k", "head", PYTHONPATH=f"{tmp_path}{os.pathsep}{Path.cwd()}", **NOWHERE)

    check_inconclusive(run, tmp_path, "Inconclusive: The run was interrupted by SIGTERM; run it again.")
    assert "stale" not in "".join(file.read_text("utf-8") for file in stale)


def test_command_line_is_imported_without_the_packages_of_the_suite() -> None:
    """The command line handles signals before it imports these packages."""
    code = "import sys, contract_tests.__main__; print(*sys.modules)"

    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # constant

    assert {"pytest", "hypothesis", "jinja2", "yaml", "httpx2"}.isdisjoint(modules.stdout.split())


@pytest.mark.parametrize(
    ("scheme", "banner", "sentence"),
    [
        ("http", b"SSH-2.0-OpenSSH_9.6\r\n", "sends a response that is not valid HTTP/1.1"),
        ("http", b"HTTP/1.1 200 OK\r\nConte", "closes the connection before the response is complete"),
        ("https", b"SSH-2.0-OpenSSH_9.6\r\n", "uses neither TLS nor HTTP on this port"),
        # the greeting of MySQL
        ("https", b"J\0\0\0\n8.0\0", "uses neither TLS nor HTTP on this port"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not use TLS on this port: it is probably http://"),
    ],
)
def test_server_of_another_protocol_is_named(tmp_path: Path, scheme: str, banner: bytes, sentence: str) -> None:
    with banner_server(banner) as address:
        run = run_suite(tmp_path, "-k", "altered_token", CANVAS_URL=f"{scheme}://{address}", CANVAS_TOKEN="secret-one")

    check_inconclusive(run, tmp_path, sentence)


def test_unencoded_password_of_a_proxy_is_explained(tmp_path: Path) -> None:
    run = run_suite(
        tmp_path,
        *("-k", "altered_token"),
        CANVAS_URL="https://canvas.example",
        CANVAS_TOKEN="secret-one",
        HTTPS_PROXY="http://user:12#s3cr@127.0.0.1:9",
    )

    check_inconclusive(run, tmp_path, "special characters of its user name and password must be percent-encoded")
    assert "s3cr" not in run.stdout + (tmp_path / "report.html").read_text("utf-8")


@contextmanager
def banner_server(banner: bytes) -> Iterator[str]:
    """Run a server that sends this at the start of each connection and closes it; yield its host and port."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(banner)
                connection.shutdown(socket.SHUT_WR)
                try:  # without reading the request, the end of the connection would be a reset
                    connection.recv(65_536)
                except ConnectionError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
