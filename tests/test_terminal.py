"""Text for the terminal and the log, and what a client or a file can write to them."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest

from mockserver.terminal import LogFormatter, printable
from tests.channel_requests import OWN_CHANNELS, channel_form

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World

CONTROLS = "\x1b[31m\r\nforged\x00\x07\x7f\x9b2J\u2028\u202e\u2066\u200b\ufeff\ud800\U000e0041"


@pytest.fixture
def logged_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """The mock's warnings are logged, whatever level another test of this process has set."""
    caplog.set_level(logging.WARNING, "mockserver")


def test_text_without_control_characters_is_unchanged() -> None:
    text = r"Zoë 家 🎉 \x1b <a> 'b'"

    assert printable(text) == text


@pytest.mark.parametrize("character", [character for character in CONTROLS if not character.isprintable()])
def test_character_that_is_not_printable_becomes_an_escape(character: str) -> None:
    shown = printable(f"a{character}b")

    assert shown.isprintable()
    assert shown.startswith("a\\")
    assert shown.endswith("b")


def test_long_text_is_cut_in_the_middle() -> None:
    assert printable("a" * 50 + "b" * 50, 10) == "aaaaa...bbbbb"


def test_log_has_one_line_for_each_record_and_indents_tracebacks() -> None:
    stream = io.StringIO()
    logger = logging.getLogger("test_terminal")
    logger.propagate = False  # pytest-xdist cannot send a lone surrogate that pytest has captured
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormatter("%(message)s"))
    logger.addHandler(handler)

    try:
        int(CONTROLS)
    except ValueError:
        logger.exception("failed on %s", CONTROLS)
    finally:
        logger.removeHandler(handler)

    first, *others = stream.getvalue().removesuffix("\n").split("\n")
    assert first.startswith("failed on \\x1b[31m\\r\\nforged")
    assert all(line.startswith("  ") for line in others)
    assert all(line.isprintable() for line in (first, *others))


@pytest.mark.usefixtures("logged_warnings")
class TestLog:
    # A lone surrogate cannot be sent.
    @pytest.mark.parametrize("kind", [CONTROLS.replace("\ud800", ""), "\u202e", "\x9b31m"])
    def test_values_of_parameters_are_escaped(
        self, student: TestClient, caplog: pytest.LogCaptureFixture, kind: str
    ) -> None:
        student.post(OWN_CHANNELS, data=channel_form("a@example.org", kind))
        student.get(OWN_CHANNELS, params={"page": kind, "per_page": kind})

        assert len(caplog.records) >= 2
        assert_printable(caplog)

    def test_path_of_a_failure_is_escaped(
        self, student: TestClient, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        del world.users[1]  # the token has no owner, as with a bug of the mock

        response = student.get("users/self%1B%0Aforged/communication_channels")

        assert response.status_code == 500
        assert_printable(caplog)

    @pytest.mark.parametrize("headers", [{"Host": b"\x9b31m"}, {"Origin": b"http://\x9b31m\x85forged"}])
    def test_refused_request_is_escaped(
        self, student: TestClient, caplog: pytest.LogCaptureFixture, headers: dict[str, bytes]
    ) -> None:
        student.get("/x%0Aforged%1B", headers={"Origin": b"null", **headers})  # type: ignore[arg-type]  # bytes

        assert len(caplog.records) == 1
        assert_printable(caplog)


def assert_printable(caplog: pytest.LogCaptureFixture) -> None:
    messages = [record.getMessage() for record in caplog.records if record.name == "mockserver"]
    assert messages
    assert all(message.isprintable() for message in messages)
