"""The quick part of `make clients`, and its judgement."""

from __future__ import annotations

import pytest

from readers.catalogue import CLIENTS, HERE, Client, Shortcoming
from readers.clients import main, surprises

node = pytest.mark.skipif(
    not (HERE / "node_modules" / "installed").exists(),
    reason="readers/node_modules is missing; make test installs it where there are Node 20 and npm",
)
WELL = dict.fromkeys(Client("any", ()).steps, "yes")


@pytest.mark.parametrize(
    "name",
    [
        "openapi_python_client",
        pytest.param("openapi_fetch", marks=node),
        pytest.param("kth_canvas_api", marks=node),
        pytest.param("canvas_lms_api", marks=node),
    ],
)
def test_a_client_does_what_is_said_of_it(name: str) -> None:
    assert main([name]) == 0


def test_a_client_without_a_failure_surprises_nobody() -> None:
    assert not list(surprises(Client("any", ()), WELL))


@pytest.mark.parametrize("answer", [{"delete_by_id": "no, 500"}, {"delete_by_id": ""}])
def test_an_unknown_failure_is_a_surprise(answer: dict[str, str]) -> None:
    surprise = list(surprises(Client("any", ()), WELL | answer))

    assert [line.partition(":")[0] for line in surprise] == ["any, delete_by_id"]


def test_a_step_that_was_not_told_is_a_surprise() -> None:
    told = {step: answer for step, answer in WELL.items() if step != "error_404"}

    assert list(surprises(Client("any", ()), told)) == ["any, error_404: no, it was not told"]


def test_a_known_failure_is_none_until_it_changes_or_goes() -> None:
    known = Shortcoming("delete_token", "encode_multipart", "a reason", "https://example.com/1")
    client = Client("any", (), shortcomings=(known,))

    assert not list(surprises(client, WELL | {"delete_token": "no, TypeError encode_multipart"}))
    assert "fails in another way" in next(surprises(client, WELL | {"delete_token": "no, TypeError"}))
    assert "goes well now" in next(surprises(client, WELL))


def test_an_unknown_client_is_a_bad_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nobody"])

    assert "there is no client nobody" in capsys.readouterr().err


def test_a_missing_tool_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")

    assert main(["kth_canvas_api"]) == 2
    assert capsys.readouterr().err.startswith("node is missing; ")


def test_the_page_is_of_the_pinned_versions() -> None:
    page = (HERE.parent / "docs" / "clients.md").read_text()

    assert [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| ")][1:] == [
        f"| {client.title}" for client in CLIENTS
    ]
