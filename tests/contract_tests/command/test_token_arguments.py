"""Tokens on a command line are refused, and appear in no output."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contract_tests.__main__ import main
from contract_tests.command.token_arguments import token_argument_error, without_values
from contract_tests.comparison.compare import main as compare
from tests.time_limits import HANG_SECONDS

ROOT = Path(__file__).parents[3]
SECRET = "7~Zq8sPmW3xYtR5vKc1dLh9nBf2gJw6aXeUoIyTbCzQ"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--token", SECRET],
        [f"--token={SECRET}"],
        ["--canvas-token", "short"],
        [f"--canvas-token={SECRET}"],
        ["--admin_token=short"],
        ["--Access-Token", "short"],
        ["-token", "short"],
        ["CANVAS_TOKEN=short"],
        ["CANVAS_ADMIN_TOKEN=short"],
        ["canvas_token=short"],
        ["TOKEN=short"],
        ["CANVAS_TOKEN:=short"],
        ["-H", "Authorization: Bearer short"],
        ["--password=short"],
        ["--url", "https://canvas.example.edu/?access_token=short"],
        [SECRET],
        ["-k", SECRET],
        ["--seed", "known-token"],
        ["--unknown=known-token"],
        ["-kknown-token"],
        ["--header=Authorization: Bearer short"],
        ["-H", "Bearer known-token"],
        ["--url=https://known-token@canvas.example.edu"],
    ],
)
def test_token_on_the_command_line_is_refused_without_its_value(arguments: list[str]) -> None:
    sentence = token_argument_error(arguments, {"CANVAS_PUSH_TOKEN": "known-token"})

    assert "puts a token on the command line" in sentence
    assert "read -rs CANVAS_TOKEN; export CANVAS_TOKEN" in sentence
    assert not [secret for secret in (SECRET, "short", "known-token") if secret in sentence]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--url", "https://canvas.example.edu", "--profile", "smoke", "--seed", "7", "--reports", "/a/b", "--verbose"],
        ["-k", "altered_token"],
        ["-k", "test_tokens and not expired"],
        ["-ktoken"],
        ["--deselect=contract_tests/test_tokens.py::test_altered_token[query=1]"],
        ["contract_tests/test_tokens.py::test_altered_token"],
        ["--junitxml=a/token.xml"],
        ["-x", "--maxfail=2"],
        ["clean-up", "--yes"],
        ["--reports=/srv/a-known-token"],
    ],
)
def test_other_arguments_are_accepted(arguments: list[str]) -> None:
    assert token_argument_error(arguments, {"CANVAS_TOKEN": "known-token"}) == ""


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"unrecognized arguments: --tok {SECRET} --other={SECRET}", "unrecognized arguments: --tok --other"),
        (
            f"unrecognized arguments: {SECRET}",
            "unrecognized arguments: not shown, because they may contain a token",
        ),
        ("file or directory not found: 0123456789abcdefghijABCDEFGHIJ", "file or directory not found: (not shown)"),
        (
            "file or directory not found: tests/of_another_project.py",
            "file or directory not found: tests/of_another_project.py",
        ),
    ],
)
def test_messages_have_no_values_that_can_be_tokens(message: str, expected: str) -> None:
    assert without_values(message) == expected


@pytest.mark.parametrize("argument", ["--token=", "--canvas-token=", "CANVAS_TOKEN=", ""])
def test_command_refuses_a_token_before_any_request(
    argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPORTS", str(tmp_path))
    monkeypatch.setenv("CANVAS_URL", "http://127.0.0.1:9")

    status = main([f"{argument}{SECRET}"])

    output = "".join(capfd.readouterr())
    reports = "".join(file.read_text("utf-8") for file in tmp_path.iterdir())
    assert status == 2
    assert "puts a token on the command line" in output
    assert "puts a token on the command line" in reports
    assert SECRET not in output + reports


def test_comparison_refuses_a_token(capfd: pytest.CaptureFixture[str]) -> None:
    status = compare([f"--token={SECRET}"])

    output = "".join(capfd.readouterr())
    assert status == 2
    assert output.count("\n") == 1
    assert SECRET not in output


def test_comparison_shows_no_value_of_an_unknown_option(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        compare(["--tok", "0123456789abcdefghij"])

    output = "".join(capfd.readouterr())
    assert end.value.code == 2
    assert "--tok" in output
    assert "0123456789" not in output


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
class TestMake:
    @staticmethod
    def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        # Without the variables of a make that runs the tests.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        # With these files old, make installs no packages.
        installed = [f"--old-file=.venv/{name}" for name in ("mock", "contract", "dev")]
        return subprocess.run(  # noqa: S603  # our own command
            ["make", *installed, *arguments],  # noqa: S607  # found on the PATH, as in a shell
            cwd=ROOT,
            env=inherited | variables,
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )

    @pytest.mark.parametrize(
        ("arguments", "variables"),
        [
            (["contract", f"CANVAS_TOKEN={SECRET}"], {}),
            (["compare", f"CANVAS_ADMIN_TOKEN={SECRET}"], {}),
            (["contract", f"CANVAS_TOKEN:={SECRET}"], {}),
            (["contract", f"CANVAS_TOKEN_OF_NOBODY={SECRET}"], {}),
            (["contract", f"canvas_token={SECRET}"], {}),
            (["-n", "contract", f"CANVAS_SCOPED_TOKEN={SECRET}"], {}),
            (["-d", "compare", f"CANVAS_PUSH_TOKEN={SECRET}"], {}),
            (["--trace", "-B", "-n", "contract", f"CANVAS_TOKEN={SECRET}"], {}),
            (["help", f"CANVAS_TOKEN={SECRET}"], {}),
            (["contract"], {"MAKEFLAGS": f"CANVAS_TOKEN={SECRET}"}),
            (["-n", "contract"], {"MAKEFLAGS": f"-- CANVAS_TOKEN={SECRET}"}),
            (["contract"], {"GNUMAKEFLAGS": f"CANVAS_TOKEN={SECRET}"}),
            (["contract", f"ARGS=--token={SECRET}"], {}),
            (["-n", "contract", f"ARGS=-x CANVAS_TOKEN={SECRET}"], {}),
        ],
    )
    def test_token_on_the_command_line_is_refused(self, arguments: list[str], variables: dict[str, str]) -> None:
        process = self.make(*arguments, **variables)

        assert process.returncode == 2
        assert "puts a token on the command line of make" in process.stderr
        assert "export CANVAS_TOKEN" in process.stderr
        assert SECRET not in process.stdout + process.stderr

    @pytest.mark.parametrize(
        ("arguments", "variables"),
        [
            (["contract", "CANVAS_URL=https://canvas.example.edu"], {"CANVAS_TOKEN": SECRET}),
            (["-e", "compare"], {"CANVAS_TOKEN": SECRET, "CANVAS_URL": "https://canvas.example.edu"}),
            (["contract", "ARGS=-k altered_token"], {}),
            (["contract", "CANVAS_OTHER_USER_ID=2", "PROFILE=smoke"], {}),
        ],
    )
    def test_other_variables_and_tokens_of_the_environment_are_accepted(
        self, arguments: list[str], variables: dict[str, str]
    ) -> None:
        process = self.make("-n", *arguments, **variables)

        assert process.returncode == 0, process.stderr
        assert "-m contract_tests" in process.stdout
        assert SECRET not in process.stdout + process.stderr

    def test_help_suggests_no_token_on_the_command_line(self) -> None:
        process = self.make("help")

        assert "TOKEN=" not in process.stdout
        assert "tokens from the environment" in process.stdout


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "docs/ci.md", ".github/workflows/ci.yml", ".ci/run"])
def test_documents_suggest_no_token_on_a_command_line(file: str) -> None:
    lines = (ROOT / file).read_text("utf-8").splitlines()

    assert [line for line in lines if "TOKEN=" in line] == []
    assert [line for line in lines if "--token" in line] == []
