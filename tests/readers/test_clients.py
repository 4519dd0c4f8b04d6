"""The quick clients of `make clients`, and its comparison of their results with the known failures."""

from __future__ import annotations

import pytest

from readers.catalogue import CLIENTS, READERS, Client, KnownFailure
from readers.clients import PAGE, main, unexpected_results

needs_node_packages = pytest.mark.skipif(
    not (READERS / "node_modules" / "installed").exists(),
    reason="readers/node_modules was not found; make clients installs it, and needs Node 22 or 24 (20 still works)",
)
needs_python_packages = pytest.mark.skipif(
    not (READERS / ".venv" / "installed").exists(),
    reason="readers/.venv was not found; make clients installs it",
)
PASSED = dict.fromkeys(Client("any", ()).steps, "passed")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("openapi_python_client", marks=needs_python_packages),
        pytest.param("openapi_fetch", marks=needs_node_packages),
        pytest.param("kth_canvas_api", marks=needs_node_packages),
        pytest.param("canvas_lms_api", marks=needs_node_packages),
    ],
)
def test_client_has_the_results_of_the_catalogue(name: str) -> None:
    assert main([name]) == 0


def test_passed_steps_are_expected() -> None:
    assert not list(unexpected_results(Client("any", ()), PASSED))


@pytest.mark.parametrize("result", ["failed, 500", ""])
def test_new_failure_is_unexpected(result: str) -> None:
    lines = list(unexpected_results(Client("any", ()), PASSED | {"delete_channel_by_id": result}))

    assert [line.partition(":")[0] for line in lines] == ["any, delete_channel_by_id"]


def test_step_without_a_result_is_unexpected() -> None:
    results = {step: result for step, result in PASSED.items() if step != "delete_unknown_channel"}

    lines = list(unexpected_results(Client("any", ()), results))

    assert lines == ["any, delete_unknown_channel: failed, the scenario reported no result"]


def test_known_failure_is_unexpected_once_its_message_changes_or_it_passes() -> None:
    failure = KnownFailure("delete_push_token", "encode_multipart", "a cause", "https://example.com/1")
    client = Client("any", (), known_failures=(failure,))

    assert not list(unexpected_results(client, PASSED | {"delete_push_token": "failed, TypeError encode_multipart"}))
    assert "message differs" in next(unexpected_results(client, PASSED | {"delete_push_token": "failed, TypeError"}))
    assert "passed; remove" in next(unexpected_results(client, PASSED))


def test_unknown_client_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nobody"])

    assert "unknown client nobody" in capsys.readouterr().err


def test_program_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")

    assert main(["kth_canvas_api"]) == 2
    assert capsys.readouterr().err.startswith("node was not found. Install Node 22 or 24")


def test_page_has_a_row_for_each_client_in_its_pinned_version() -> None:
    rows = [line.split(" | ")[0] for line in PAGE.read_text().splitlines() if line.startswith("| ")]

    _head, *names = rows
    assert names == [f"| {client.title}" for client in CLIENTS]
