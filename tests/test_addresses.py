"""The addresses of the mock: both IP families, a Unix socket, HTTPS, and the headers of a trusted proxy."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import trustme
from starlette.testclient import TestClient

from mockserver import create_app
from mockserver.__main__ import main
from mockserver.address import origin
from mockserver.listeners import CannotListen, close, tcp_listeners, unix_listener
from mockserver.proxy import TrustedProxy
from tests.channel_requests import OWN_CHANNELS
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_command import MockStarter

PATH = f"/api/v1/{OWN_CHANNELS}"
STUDENT = {"Authorization": "Bearer student-token"}
FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "canvas.test:8443",
    "X-Forwarded-Prefix": "/mocks/canvas",
}


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


NEEDS_IPV6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def exchange(host: str, port: str, **headers: str) -> str:
    """Send a request for the channels, and return everything up to the end of the connection."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"GET {PATH} HTTP/1.1\r\nAuthorization: Bearer student-token\r\nConnection: close\r\n"
    with socket.create_connection((host, int(port)), timeout=HANG_SECONDS) as client, client.makefile("rb") as stream:
        client.sendall(f"{head}{lines}\r\n".encode())
        return stream.read().decode()


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
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", 0)) for last in (1, 2, 1)]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)

        listeners = tcp_listeners("several.test", 0)

        names = [listener.getsockname() for listener in listeners]
        close(listeners)
        assert [host for host, _ in names] == ["127.0.0.1", "127.0.0.2"]
        assert len({port for _, port in names}) == 1

    def test_address_that_this_machine_lacks_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("192.0.2.1", "127.0.0.1")]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)

        listeners = tcp_listeners("several.test", 0)

        hosts = [listener.getsockname()[0] for listener in listeners]
        close(listeners)
        assert hosts == ["127.0.0.1"]

    def test_host_without_an_address_of_this_machine_is_reported(self) -> None:
        with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0: Cannot assign requested address"):
            tcp_listeners("192.0.2.1", 0)

    def test_port_in_use_at_the_second_address_frees_the_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", 0)) for last in (1, 2)]
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


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class TestTls:
    @pytest.fixture
    def files(self, authority: trustme.CA, tmp_path: Path) -> tuple[Path, Path]:
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(str(tmp_path / "cert.pem"), append=number > 0)
        certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
        return tmp_path / "cert.pem", tmp_path / "key.pem"

    @pytest.fixture
    def unusable(self, files: tuple[Path, Path], authority: trustme.CA) -> Path:
        """A folder with a certificate, its key, and files that no mock can use."""
        folder = files[0].parent
        certificate, key = files[0].read_text(), files[1].read_text()
        (folder / "text.pem").write_text("no PEM")
        (folder / "damaged.pem").write_text(certificate[:200])
        authority.issue_cert("localhost").private_key_pem.write_to_path(str(folder / "other.pem"))
        first, rest = key.split("\n", 1)
        (folder / "password.pem").write_text(f"{first}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n{rest}")
        return folder

    @pytest.mark.slow
    def test_mock_serves_https_and_links_to_https(
        self,
        start_mock: MockStarter,
        authority: trustme.CA,
        files: tuple[Path, Path],
    ) -> None:
        mock = start_mock("--tls-cert", files[0], "--tls-key", files[1])
        assert mock.url == f"https://127.0.0.1:{mock.port}"
        context = ssl.create_default_context()
        authority.configure_trust(context)

        with httpx2.Client(verify=context, trust_env=False, base_url=mock.url) as client:
            channels, page = client.get(PATH, headers=STUDENT), client.get("/openapi.json")

        assert f"<{mock.url}{PATH}?" in channels.headers["link"]
        assert page.json()["servers"] == [{"url": f"{mock.url}/api/v1"}]

    def test_one_file_may_have_certificate_and_key(
        self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        both = tmp_path / "both.pem"
        both.write_bytes(files[1].read_bytes() + files[0].read_bytes())
        monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)

        assert main(["--port", "0", "--tls-cert", str(both)]) == 0

    @pytest.mark.parametrize("more", [[], ["--reload"]])
    @pytest.mark.parametrize(
        ("certificate", "key", "message"),
        [
            ("none.pem", "key.pem", "Cannot read none.pem: No such file or directory."),
            (".", "key.pem", "Cannot read .: Is a directory."),
            ("cert.pem", "none.pem", "Cannot read none.pem: No such file or directory."),
            ("text.pem", "key.pem", "text.pem has no certificate in PEM format."),
            ("key.pem", "key.pem", "key.pem has no certificate in PEM format."),
            ("cert.pem", None, "cert.pem has no private key in PEM format."),
            ("damaged.pem", "key.pem", "Cannot use the certificate in damaged.pem and key.pem: they are damaged, "),
            ("cert.pem", "password.pem", "Cannot use the certificate in cert.pem and password.pem: they are damaged, "),
            (
                "cert.pem",
                "other.pem",
                "Cannot use the certificate in cert.pem and other.pem: the key is that of another certificate.",
            ),
        ],
    )
    def test_unusable_files_are_reported_in_one_line(
        self,
        certificate: str,
        key: str | None,
        message: str,
        more: list[str],
        unusable: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(unusable)

        status = main(["--port", "0", "--tls-cert", certificate, *(["--tls-key", key] if key else []), *more])

        printed = capsys.readouterr().err
        assert status == 2
        assert printed.startswith(f"canvas-mock: {message}")
        assert printed.count("\n") == 1


class TestTrustedProxy:
    @staticmethod
    def client(trusted: list[str], peer: Any = ("127.0.0.1", 5000), **app_options: Any) -> TestClient:
        app = TrustedProxy(create_app(hosts={"canvas.test"}, **app_options), trusted)
        return TestClient(app, base_url="http://127.0.0.1:8000", headers={**STUDENT}, client=peer)

    def test_links_and_pages_have_the_address_of_the_proxy(self) -> None:
        client = self.client(["127.0.0.1"])

        channels = client.get(PATH, headers=FORWARDED)
        contract = client.get("/openapi.json", headers=FORWARDED)
        control = client.get("/_mock/openapi.json", headers=FORWARDED)
        dashboard = client.get("/", headers=FORWARDED)
        reference = client.get("/worlds/one/docs/", headers=FORWARDED)
        docs = client.get("/docs", headers=FORWARDED, follow_redirects=False)

        assert f"<https://canvas.test:8443/mocks/canvas{PATH}?" in channels.headers["link"]
        assert contract.json()["servers"] == [{"url": "https://canvas.test:8443/mocks/canvas/api/v1"}]
        assert control.json()["servers"][0]["url"].startswith("https://canvas.test:8443/mocks/canvas")
        assert '<base href="/mocks/canvas/">' in dashboard.text
        assert '<script type="module" src="../static/reference.js">' in reference.text
        assert docs.headers["location"] == "/mocks/canvas/docs/"

    def test_prefix_of_the_proxy_precedes_that_of_the_world(self) -> None:
        client = self.client(["127.0.0.1"])

        response = client.get(f"/worlds/one{PATH}", headers=FORWARDED)

        assert f"<https://canvas.test:8443/mocks/canvas/worlds/one{PATH}?" in response.headers["link"]

    @pytest.mark.parametrize(
        ("prefix", "header", "shown"),
        [("", {}, ""), ("/worlds/one", {}, "/worlds/one"), ("", {"X-Mock-World": "one"}, "/worlds/one")],
        ids=["default world", "world in the path", "world in the header"],
    )
    def test_confirmation_link_has_the_address_of_the_proxy(
        self, prefix: str, header: dict[str, str], shown: str
    ) -> None:
        client = self.client(["127.0.0.1"])
        channel = {"communication_channel[address]": "a@example.org", "communication_channel[type]": "email"}
        client.post(prefix + PATH, data=channel, headers=FORWARDED | header)

        messages = client.get(f"{prefix}/_mock/outbox", headers=FORWARDED | header).json()

        assert messages[0]["link"].startswith(f"https://canvas.test:8443/mocks/canvas{shown}/register/")

    @pytest.mark.parametrize("path", ["/openapi.json/", "/vendor", "/_mock/health/", "/worlds/one/openapi.json/"])
    def test_no_redirect_leaves_the_prefix(self, path: str) -> None:
        response = self.client(["127.0.0.1"]).get(path, headers=FORWARDED, follow_redirects=False)

        assert response.status_code == 404

    @pytest.mark.parametrize(
        ("trusted", "peer"),
        [
            ("*", ("192.0.2.7", 1)),
            ("192.0.2.0/24", ("192.0.2.7", 1)),
            ("192.0.2.9/24", ("192.0.2.7", 1)),
            ("::1", ("::1", 1)),
            ("fe80::/10", ("fe80::1%eth0", 1)),
            ("127.0.0.1", None),
        ],
        ids=["any", "network", "address with a mask", "IPv6", "IPv6 with a zone", "Unix socket"],
    )
    def test_forwarded_headers_of_a_trusted_peer_are_used(self, trusted: str, peer: Any) -> None:
        response = self.client([trusted], peer).get(PATH, headers=FORWARDED)

        assert "<https://canvas.test:8443/mocks/canvas" in response.headers["link"]

    def test_forwarded_headers_of_an_untrusted_peer_are_ignored(self) -> None:
        response = self.client(["192.0.2.7", "10.0.0.0/8"]).get(PATH, headers=FORWARDED)

        assert f"<http://127.0.0.1:8000{PATH}?" in response.headers["link"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-Forwarded-Proto", "javascript"),
            ("X-Forwarded-Proto", ""),
            ("X-Forwarded-Host", 'evil/"<script>'),
            ("X-Forwarded-Prefix", "//evil.example"),
            ("X-Forwarded-Prefix", "/a>;rel=next"),
            ("X-Forwarded-Prefix", "relative"),
            ("X-Forwarded-Prefix", "/a/../b"),
            ("X-Forwarded-Prefix", "/a\x1f"),
            ("X-Forwarded-Proto", "https\xe9"),
            ("X-Forwarded-Host", "caf\xe9.test"),
            ("X-Forwarded-Host", ""),
        ],
    )
    def test_malformed_value_is_ignored(self, name: str, value: str) -> None:
        response = self.client(["127.0.0.1"]).get(PATH, headers={name.encode(): value.encode("latin-1")})

        assert f"<http://127.0.0.1:8000{PATH}?" in response.headers["link"]

    def test_last_of_several_values_counts(self) -> None:
        headers = {"X-Forwarded-Proto": "ftp, https", "X-Forwarded-Host": "evil.example, canvas.test"}

        response = self.client(["127.0.0.1"]).get(PATH, headers=headers)

        assert f"<https://canvas.test{PATH}?" in response.headers["link"]

    def test_forwarded_host_must_be_allowed(self) -> None:
        response = self.client(["127.0.0.1"]).get(PATH, headers={"X-Forwarded-Host": "evil.example"})

        assert response.status_code == 421

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("options", "link"),
        [
            ((), f"<http://127.0.0.1{PATH}?"),
            (("--trust-proxy", "192.0.2.1"), f"<http://127.0.0.1{PATH}?"),
            (("--trust-proxy", "127.0.0.1"), f"<https://canvas.test:8443/mocks/canvas{PATH}?"),
        ],
        ids=["without the option", "another proxy", "this proxy"],
    )
    def test_headers_over_a_socket_count_only_with_the_option(
        self, options: tuple[str, ...], link: str, start_mock: MockStarter
    ) -> None:
        mock = start_mock("--allow-host", "canvas.test", *options)

        response = exchange("127.0.0.1", mock.port, Host="127.0.0.1", **FORWARDED)

        assert link in response

    @pytest.mark.slow
    def test_changes_through_a_proxy_need_a_control_token(self, start_mock: MockStarter, tmp_path: Path) -> None:
        path = tmp_path / "mock.sock"
        start_mock("--uds", path, "--trust-proxy", "127.0.0.1")

        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
            response = client.post("/_mock/reset")

        assert response.status_code == 403
        assert os.access(path, os.R_OK)
