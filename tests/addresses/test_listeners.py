"""Sockets that the mock listens on: both IP families, and a Unix socket."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver.__main__ import main
from mockserver.address import origin
from mockserver.listeners import CannotListen, close, tcp_listeners, unix_listener
from tests.addresses.channel_list import PATH, STUDENT, exchange
from tests.ipv6 import NEEDS_IPV6
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_command import MockStarter

STREAM = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
"""The first values of each result of `getaddrinfo`."""


class TestFamilies:
    @NEEDS_IPV6
    @pytest.mark.slow
    @pytest.mark.parametrize("host", ["localhost", "::"])
    def test_mock_serves_both_families_on_one_port(self, host: str, start_mock: MockStarter) -> None:
        if len({entry[0] for entry in socket.getaddrinfo("localhost", 0)}) < 2 and host == "localhost":
            pytest.skip("localhost has one family on this machine")
        mock = start_mock("--host", host)

        responses = [
            exchange(address, mock.port, Host=shown)
            for address, shown in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"))
        ]

        assert all(response.startswith("HTTP/1.1 200") for response in responses)
        assert ("are not loopback addresses" in mock.banner) == (host == "::")

    def test_every_address_of_a_name_gets_the_same_port(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(*STREAM, "", (f"127.0.0.{last}", 0)) for last in (1, 2, 1)]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)

        listeners = tcp_listeners("several.test", 0)

        names = [listener.getsockname() for listener in listeners]
        close(listeners)
        assert [host for host, _ in names] == ["127.0.0.1", "127.0.0.2"]
        assert len({port for _, port in names}) == 1

    def test_address_that_this_machine_lacks_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(*STREAM, "", (host, 0)) for host in ("192.0.2.1", "127.0.0.1")]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)

        listeners = tcp_listeners("several.test", 0)

        hosts = [listener.getsockname()[0] for listener in listeners]
        close(listeners)
        assert hosts == ["127.0.0.1"]

    def test_host_without_an_address_of_this_machine_is_reported(self) -> None:
        with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0: Cannot assign requested address"):
            tcp_listeners("192.0.2.1", 0)

    def test_port_in_use_at_the_second_address_frees_the_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(*STREAM, "", (f"127.0.0.{last}", 0)) for last in (1, 2)]
        with socket.create_server(("127.0.0.2", 0)) as listener:
            port = listener.getsockname()[1]
            monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)

            with pytest.raises(CannotListen, match="Address already in use"):
                tcp_listeners("several.test", port)

            socket.create_server(("127.0.0.1", port)).close()


class TestUnixSocket:
    @pytest.mark.slow
    @pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
    def test_mock_serves_a_socket_and_removes_it(
        self, signal_: signal.Signals, start_mock: MockStarter, tmp_path: Path
    ) -> None:
        path = tmp_path / "mock.sock"
        mock = start_mock("--uds", path)
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
            response = client.get(PATH, headers=STUDENT)
            reset = client.post("/_mock/reset")

        mock.process.send_signal(signal_)
        _, end = mock.process.communicate(timeout=HANG_SECONDS)

        assert response.status_code == 200
        assert reset.is_success
        assert f"mock on the socket {path}" in mock.banner
        assert f"curl --unix-socket {path} -H" in mock.banner
        assert end == ""
        assert not path.exists()

    @pytest.mark.parametrize("host", ["", "a b"])
    @pytest.mark.parametrize("path", ["/tmp/mock.sock", "/tmp/ключ.sock"])  # noqa: S108  # no file is used
    def test_malformed_host_header_at_a_socket_is_replaced_with_localhost(self, path: str, host: str) -> None:
        assert origin({"scheme": "http", "server": (path, None)}, host) == "http://localhost"

    def test_socket_without_a_process_is_replaced(self, tmp_path: Path) -> None:
        path = tmp_path / "mock.sock"
        with socket.socket(socket.AF_UNIX) as old:
            old.bind(str(path))

        listener = unix_listener(path)

        assert listener.getsockname() == str(path)
        close([listener])

    def test_socket_in_use_is_reported_and_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "mock.sock"
        first = unix_listener(path)

        with pytest.raises(CannotListen, match=r"Address already in use\. Choose another path with --uds"):
            unix_listener(path)

        assert path.exists()
        close([first])

    def test_other_file_is_reported_and_stays(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "notes"
        path.write_text("text")

        status = main(["--uds", str(path)])

        assert status == 2
        assert capsys.readouterr().err == (
            f"canvas-mock: Cannot listen on {path}: File exists. Choose another path with --uds.\n"
        )
        assert path.read_text() == "text"

    def test_umask_determines_who_may_connect(self, tmp_path: Path) -> None:
        before = os.umask(0o007)
        try:
            listener = unix_listener(tmp_path / "mock.sock")
        finally:
            os.umask(before)

        close([listener])
        assert (tmp_path / "mock.sock").stat().st_mode & 0o777 == 0o770

    @pytest.mark.slow
    def test_socket_of_another_mock_at_the_same_path_stays(self, start_mock: MockStarter, tmp_path: Path) -> None:
        path = tmp_path / "mock.sock"
        mock = start_mock("--uds", path)
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
            client.get(PATH, headers=STUDENT)
        path.unlink()
        second = unix_listener(path)

        mock.process.terminate()
        mock.process.wait(timeout=HANG_SECONDS)

        assert path.exists()
        close([second])

    def test_path_over_the_length_of_a_socket_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(CannotListen, match="path too long"):
            unix_listener(tmp_path / ("a" * 200))
