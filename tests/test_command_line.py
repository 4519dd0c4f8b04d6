"""The command line of the mock: its options and messages, and the served mock as a process of its own."""

from __future__ import annotations

import gc
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver.__main__ import main
from tests.channel_requests import OWN_CHANNELS
from tests.ipv6 import NEEDS_IPV6, has_ipv6
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.mock_command import MockStarter

PATH = f"/api/v1/{OWN_CHANNELS}"
STUDENT = {"Authorization": "Bearer student-token"}


def test_process_1_ends_on_sigterm_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux ignores a signal to process 1, such as that of a container, unless the process has a handler."""
    handlers = []
    monkeypatch.setattr("os.getpid", lambda: 1)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: handlers.append(signal.getsignal(signal.SIGTERM)))
    before = signal.getsignal(signal.SIGTERM)

    try:
        status = main(["--port", "0"])
    finally:
        signal.signal(signal.SIGTERM, before)
        gc.unfreeze()  # undoes gc.freeze of mockserver.server

    assert status == 0
    assert handlers == [signal.default_int_handler]


class TestOptions:
    def test_help_lists_every_option(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exited:
            main(["--help"])

        output = capsys.readouterr().out
        assert exited.value.code == 0
        for option in ("--host", "--port", "--world", "--strict", "--unauthorized-status", "--rate-limit", "--reload"):
            assert option in output

    @pytest.mark.parametrize(
        "options",
        [
            ["--port", "x"],
            ["--port", "65536"],
            ["--nonsense"],
            ["--rate-limit", "200"],
            ["--rate-limit-cost", "nan"],
            ["--relo"],  # abbreviations are not accepted
            ["--allow-host", "http://mock"],
            ["--allow-host", "mock:8000"],
            ["--allow-host", ""],
            ["--allow-origin", "app.test"],
            ["--allow-origin", "http://app.test/"],
            ["--max-worlds", "many"],
            ["--world-idle", "10"],
            ["--journal", "-1"],
            ["--trust-proxy", "proxy"],
            ["--trust-proxy", "10.0.0.0/33"],
            ["--tls-key", "key.pem"],
            ["--tls-cert", ""],
            ["--uds", ""],
        ],
    )
    def test_invalid_option_is_reported_with_exit_status_2(
        self, options: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as exited:
            main(options)

        assert exited.value.code == 2
        # The message has the invalid value; that on --tls-key has the absent --tls-cert instead.
        assert options[-1].removesuffix("key.pem").lstrip("-") in capsys.readouterr().err

    @pytest.mark.parametrize("options", [["\x1b[31m\nforged"], ["--port", "\u202e"], ["--\x9b31m"]], ids=repr)
    def test_message_about_an_option_is_printable(self, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(options)

        assert capsys.readouterr().err.splitlines()[-1].startswith("canvas-mock: error: ")

    def test_invalid_host_is_reported_in_one_line_with_exit_status_2(self, capsys: pytest.CaptureFixture[str]) -> None:
        status = main(["--host", "a..b"])

        assert status == 2
        assert capsys.readouterr().err == "canvas-mock: a..b is not the name of a host. Choose another with --host.\n"

    @pytest.mark.parametrize("host", ["", " ", "[]"])
    @pytest.mark.parametrize("more", [[], ["--reload"]])
    def test_empty_host_is_reported_in_one_line_with_exit_status_2(
        self, host: str, more: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        status = main(["--host", host, "--port", "0", *more])

        assert status == 2
        assert capsys.readouterr().err == (
            "canvas-mock: --host is empty. Use 127.0.0.1 for this machine only, or 0.0.0.0 for every address.\n"
        )

    @pytest.mark.parametrize("host", ["a\0b", "\udc80", "a" * 64])
    def test_malformed_host_is_reported_in_one_line_with_exit_status_2(
        self, host: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status = main(["--host", host, "--port", "0"])

        message = capsys.readouterr().err
        assert status == 2
        assert message.endswith(" is not the name of a host. Choose another with --host.\n")
        assert message.rstrip("\n").isprintable()

    @pytest.mark.parametrize("more", [[], ["--reload"]])
    def test_port_in_use_is_reported_in_one_line_with_exit_status_2(
        self, more: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

            status = main(["--port", str(port), *more])

        assert status == 2
        assert capsys.readouterr().err == (
            f"canvas-mock: Cannot listen on 127.0.0.1:{port}: Address already in use. "
            "Choose another port with --port.\n"
        )


@pytest.mark.slow
class TestProcess:
    def test_prints_its_url_and_exits_with_0_on_ctrl_c(self, start_mock: MockStarter) -> None:
        mock = start_mock()
        response = httpx2.get(mock.url + PATH, headers=STUDENT)

        mock.process.send_signal(signal.SIGINT)
        _, output = mock.process.communicate(timeout=HANG_SECONDS)

        assert response.status_code == 200
        assert mock.process.returncode == 0
        assert output == ""

    def test_every_response_has_a_date(self, start_mock: MockStarter) -> None:
        mock = start_mock()

        dates = [httpx2.get(mock.url + path).headers["date"] for path in (PATH, "/_mock/health")]

        assert all(parsedate_to_datetime(date).tzinfo is UTC for date in dates)

    def test_options_reach_the_mock(self, start_mock: MockStarter, tmp_path: Path) -> None:
        world = tmp_path / "small.world.yaml"
        world.write_text("users: [{id: 8, name: Ann, tokens: [a]}, {id: 9, name: Bo, tokens: [b]}]")
        options = ["--world", str(world), "--strict", "--unauthorized-status", "401", "--error-report-ids"]
        mock = start_mock(*options, "--rate-limit", "429", "--rate-limit-cost", "250")
        headers = {"Authorization": "Bearer a"}

        denied = httpx2.get(f"{mock.url}/api/v1/users/9/communication_channels", headers=headers)
        not_found = httpx2.get(f"{mock.url}/api/v1/users/1/communication_channels", headers=headers)
        violation = httpx2.get(f"{mock.url}{PATH}?page=x", headers=headers)
        over_limit = httpx2.get(mock.url + PATH, headers=headers)

        statuses = [response.status_code for response in (denied, not_found, violation, over_limit)]
        assert statuses == [401, 404, 400, 429]
        assert not_found.json()["error_report_id"] == 1

    @pytest.mark.parametrize(("status", "expected"), [([], 429), (["429"], 429), (["403"], 403)])
    def test_rate_limit_is_429_without_a_status(
        self, start_mock: MockStarter, status: list[str], expected: int
    ) -> None:
        mock = start_mock("--rate-limit", *status, "--rate-limit-cost", "600")

        statuses = [httpx2.get(mock.url + PATH, headers=STUDENT).status_code for _ in range(2)]

        assert statuses == [200, expected]

    def test_mock_without_the_option_has_no_rate_limit(self, start_mock: MockStarter) -> None:
        mock = start_mock("--rate-limit-cost", "600")

        responses = [httpx2.get(mock.url + PATH, headers=STUDENT) for _ in range(2)]

        assert [response.status_code for response in responses] == [200, 200]
        assert responses[1].headers["x-rate-limit-remaining"] == "600.0"

    def test_foreign_pages_and_unknown_hosts_are_refused_unless_allowed(self, start_mock: MockStarter) -> None:
        mock = start_mock("--allow-host", "mock", "--allow-host", "[2001:db8::1]")
        requests = [
            {"Host": "mock:80"},
            {"Host": "[2001:db8::1]"},
            {"Origin": "http://localhost:5173"},
            {"Host": "evil.example"},
            {"Origin": "http://evil.example"},
        ]

        statuses = [httpx2.get(mock.url + PATH, headers={**STUDENT, **headers}).status_code for headers in requests]
        mock.process.send_signal(signal.SIGINT)
        _, output = mock.process.communicate(timeout=HANG_SECONDS)

        assert statuses == [200, 200, 200, 421, 403]
        assert "To allow it, start with --allow-host evil.example.\n" in output
        assert "To allow it, start with --allow-origin http://evil.example.\n" in output

    def test_every_host_header_is_accepted_with_an_asterisk(self, start_mock: MockStarter) -> None:
        mock = start_mock("--allow-host", "*")

        response = httpx2.get(mock.url + PATH, headers={**STUDENT, "Host": "evil.example"})

        assert response.status_code == 200

    def test_violation_of_the_contract_is_logged_without_the_token(self, start_mock: MockStarter) -> None:
        mock = start_mock()
        httpx2.post(mock.url + PATH, headers=STUDENT, data={"communication_channel[type]": "fax"})

        mock.process.send_signal(signal.SIGINT)
        _, output = mock.process.communicate(timeout=HANG_SECONDS)

        assert output.startswith(
            "POST /api/v1/users/self/communication_channels violates the contract: create_communication_channel"
        )
        assert "student-token" not in output

    @pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
    def test_ends_without_a_message_while_clients_upload_wait_and_rest(
        self, start_mock: MockStarter, signal_: signal.Signals
    ) -> None:
        mock = start_mock()
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer student-token\r\n"
        upload = f"{head}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n"
        list_ = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer student-token\r\n\r\n"
        requests = [upload, list_ + upload, list_, list_ + head, list_ + "GET"]
        with ExitStack() as connections:
            for request in requests:
                address = mock.url.removeprefix("http://").split(":")
                connection = connections.enter_context(socket.create_connection((address[0], int(address[1]))))
                connection.sendall(request.encode())
                expected = b"100 Continue" if request.endswith(upload) else b"200 OK"
                response = b""
                while expected not in response:
                    response += connection.recv(65536)

            begin = time.monotonic()
            mock.process.send_signal(signal_)
            _, output = mock.process.communicate(timeout=HANG_SECONDS)

        assert output == ""
        assert mock.process.returncode == (0 if signal_ == signal.SIGINT else -signal.SIGTERM)
        assert time.monotonic() - begin < HANG_SECONDS / 4

    @NEEDS_IPV6
    def test_links_and_the_contract_bracket_an_ipv6_address(self, start_mock: MockStarter) -> None:
        mock = start_mock("--host", "::1")
        port = mock.port

        # Without a Host header, the mock uses the address of the connection.
        links, document = (
            raw_exchange(("::1", int(port)), f"GET {path} HTTP/1.0\r\nAuthorization: Bearer student-token\r\n\r\n")
            for path in (PATH, "/openapi.json")
        )

        assert f"<http://[::1]:{port}{PATH}?" in links
        assert f"http://[::1]:{port}/api/v1" in document


class TestReload:
    @pytest.mark.slow
    def test_change_of_the_world_file_restarts_the_mock(self, tmp_path: Path) -> None:
        world = tmp_path / "world.yaml"
        world.write_text("users: [{id: 8, name: Ann, tokens: [first]}]")
        command = [sys.executable, "-m", "mockserver", "--reload", "--world", str(world), "--port", "0"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)  # noqa: S603  # our own command

        def change() -> None:
            world.write_text("users: [{id: 8, name: Ann, tokens: [second]}]")

        try:
            wait_for(process, "Bearer first")
            wait_for(process, "Changed: world.yaml. Restarting.", on_silence=change)
            wait_for(process, "Bearer second")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=HANG_SECONDS)


@pytest.mark.parametrize(
    ("host", "is_reachable"),
    [("0.0.0.0", True), ("0", True), ("::", True), ("::1", False), ("[::1]", False), ("localhost", False)],  # noqa: S104
)
def test_warning_that_the_tokens_are_public_is_printed_unless_the_address_is_loopback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str, *, is_reachable: bool
) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)

    status = main(["--host", host, "--port", "0"])
    gc.unfreeze()  # undoes gc.freeze of mockserver.server

    assert status == 0
    assert ("the tokens are public" in capsys.readouterr().err) == is_reachable


@pytest.mark.parametrize("options", [[], ["--reload"]])
def test_garbage_collector_is_enabled_while_serving_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    enabled_while_serving = []

    def serve(*_: object, **__: object) -> None:
        enabled_while_serving.append(gc.isenabled())

    monkeypatch.setattr("uvicorn.Server.run", serve)
    monkeypatch.setattr("mockserver.server.run_process", serve)

    status = main(["--port", "0", *options])
    gc.unfreeze()  # undoes gc.freeze of mockserver.server

    assert status == 0
    assert enabled_while_serving == [True]
    assert gc.isenabled()


def raw_exchange(address: tuple[str, int], request: str) -> str:
    """Send a request as it is, and return everything up to the end of the connection."""
    with socket.create_connection(address, timeout=HANG_SECONDS) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as stream:
            return stream.read().decode()


def wait_for(process: subprocess.Popen[bytes], text: str, on_silence: Callable[[], object] = lambda: None) -> None:
    """Read the output up to `text`, and nothing after it; call `on_silence` after each second without output.

    The mock starts to watch files just after its first start and cannot report when, so a change may have to be
    repeated.
    """
    assert process.stderr is not None
    output = b""
    end = time.monotonic() + HANG_SECONDS
    while time.monotonic() < end:
        ready, _, _ = select.select([process.stderr], [], [], 1)
        if not ready:
            on_silence()
            continue
        byte = os.read(process.stderr.fileno(), 1)
        assert byte, output
        output += byte
        if output.endswith(text.encode()):
            return
    raise AssertionError(output)


def test_banner_quotes_a_token_for_the_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = tmp_path / "quote.world.yaml"
    world.write_text("""users: [{id: 1, name: A, tokens: ["';date;'"]}]""")
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)

    main(["--port", "0", "--world", str(world)])
    gc.unfreeze()  # undoes gc.freeze of mockserver.server

    example = next(line for line in capsys.readouterr().err.splitlines() if "curl" in line)
    assert shlex.split(example)[:4] == ["example", "curl", "-H", "Authorization: Bearer ';date;'"]
