"""HTTPS: the options for certificate and key, and the reports on unusable files."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx2
import pytest
import trustme

from mockserver.__main__ import main
from tests.addresses.channel_list import PATH, STUDENT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_command import MockStarter


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
