"""Refusal of wrong tokens and user ids before the first test, and of tokens that stop working in a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy
from tests.contract_tests.suite_process import list_body, run_suite, running_mock, running_patched_mock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

ADMIN, SITE_ADMIN, OTHER = "CANVAS_ADMIN_TOKEN", "CANVAS_SITE_ADMIN_TOKEN", "CANVAS_OTHER_USER_ID"
PUSH, SCOPED, EXPIRED = "CANVAS_PUSH_TOKEN", "CANVAS_SCOPED_TOKEN", "CANVAS_EXPIRED_TOKEN"
MAY_NOT_LIST = "CANVAS_ADMIN_TOKEN may not list user 1's channels; give the token of a root-account admin"
INVALID = {"errors": [{"message": "Invalid access token."}]}
WRONG = {
    "student as admin": ({ADMIN: "student2-token"}, MAY_NOT_LIST),
    "teacher as admin": ({ADMIN: "teacher-token"}, MAY_NOT_LIST),
    "observer as admin": ({ADMIN: "observer-token"}, f"{ADMIN} may not create channels for user 1"),
    "own token as admin": ({ADMIN: "push-token", PUSH: ""}, f"{ADMIN} is a token of user 1, as CANVAS_TOKEN is"),
    "same token as admin": ({ADMIN: "student-token"}, f"{ADMIN} and CANVAS_TOKEN are the same token"),
    "invalid admin": ({ADMIN: "no-such-token"}, f"The target rejects {ADMIN} with 401"),
    "swapped": ({"CANVAS_TOKEN": "admin-token", ADMIN: "student-token"}, "look swapped: the first may list"),
    "swapped admins": ({SITE_ADMIN: "admin-token", ADMIN: "site-admin-token"}, "look swapped: only the first sees"),
    "admin as test user": ({"CANVAS_TOKEN": "admin-token", ADMIN: ""}, "CANVAS_TOKEN is an admin's"),
    "test user with scopes": ({"CANVAS_TOKEN": "read-only-token"}, "scopes of CANVAS_TOKEN do not allow deletes"),
    "student as site admin": ({SITE_ADMIN: "student2-token"}, f"{SITE_ADMIN} may not list user 1's channels"),
    "invalid site admin": ({SITE_ADMIN: "no-such-token"}, f"The target rejects {SITE_ADMIN} with 401"),
    "push of another user": ({PUSH: "student2-token"}, f"{PUSH} is a token of user 2; give a token of user 1"),
    "invalid push": ({PUSH: "no-such-token"}, f"The target rejects {PUSH} with 401"),
    "other scopes": ({SCOPED: "read-only-token"}, f"The scopes of {SCOPED} do not allow deletes by id"),
    "scoped of another user": ({SCOPED: "student2-token"}, f"{SCOPED} is a token of user 2"),
    "invalid scoped": ({SCOPED: "no-such-token"}, f"The target rejects {SCOPED} with 401"),
    "valid as expired": ({EXPIRED: "student-token"}, f"{EXPIRED} and CANVAS_TOKEN are the same token"),
    "unknown user": ({OTHER: "99"}, "The target has no user 99"),
    "admin as other user": ({OTHER: "5"}, f"{OTHER} is the user of {ADMIN}"),
    "observer as other user": ({OTHER: "4"}, "as an observer may; give two ordinary users"),
}
TOKENS = ("CANVAS_TOKEN", ADMIN)


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


@pytest.mark.parametrize(("variables", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_setting_is_refused_before_the_first_test(
    tmp_path: Path, mock: str, variables: dict[str, str], sentence: str
) -> None:
    before = list_body(mock)

    run = run_suite(tmp_path, "-k", "head", CANVAS_URL=mock, **(DEFAULT_WORLD_VARIABLES | variables))

    output = " ".join(run.stdout.split())
    assert run.returncode == 2, run.stdout
    assert sentence in output
    assert not any(value in output for name, value in variables.items() if name != OTHER and value), "shows a token"
    assert "Traceback" not in run.stdout + run.stderr
    assert list_body(mock) == before


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        ((), {"READ_ONLY": "1"}),
        (("--unauthorized-status", "401"), {}),
    ],
    ids=["read-only", "older Canvas"],
)
def test_wrong_admin_is_refused_by_an_older_canvas_and_in_a_read_only_run(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str]
) -> None:
    with running_mock(*options) as url:
        wrong = DEFAULT_WORLD_VARIABLES | variables | {ADMIN: "student2-token"}
        run = run_suite(tmp_path, "-k", "head", CANVAS_URL=url, **wrong)

    assert run.returncode == 2
    assert MAY_NOT_LIST in " ".join(run.stdout.split())


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("admin-may-not-edit", "permission_matrix and admin and create"),
        ("site-admin-may-not-list", "permission_matrix and site and list"),
        ("site-admin-may-not-edit", "permission_matrix and site and create"),
        ("list-is-allowed-to-all", "permission_matrix and list"),
        ("masquerade-is-allowed-to-all", "masquerade_without"),
        ("masquerade-is-ignored", "masquerade_lists"),
    ],
)
def test_fault_of_permissions_is_not_taken_for_a_wrong_token(tmp_path: Path, fault: str, test: str) -> None:
    with running_patched_mock(fault) as url:
        run = run_suite(tmp_path, "-k", test, CANVAS_URL=url, **DEFAULT_WORLD_VARIABLES)

    assert run.returncode == 1, run.stdout


@pytest.mark.parametrize("name", TOKENS)
def test_token_that_expires_in_the_run_is_inconclusive(tmp_path: Path, name: str) -> None:
    """The clean-up fails for the same reason."""
    last_accepted = 40  # after the checks of the tokens, and before the end of the tests

    def expire(request: ProxiedRequest) -> ProxiedResponse:
        has_token = request.headers.get("authorization") == f"Bearer {DEFAULT_WORLD_VARIABLES[name]}"
        return _rejection() if has_token and request.number > last_accepted else request.send()

    run = _run_with_fault(tmp_path, expire, "permission_matrix")

    output = " ".join(run.stdout.split())
    assert run.returncode == 2, run.stdout
    assert f"The target no longer accepts {name}, which it accepted before in this run" in output
    assert "valid for one hour" in output
    assert "<testcase" in (tmp_path / "junit.xml").read_text("utf-8")
    assert "<failure" not in (tmp_path / "junit.xml").read_text("utf-8")


def test_rejection_of_one_request_with_a_valid_token_is_a_failure(tmp_path: Path) -> None:
    def reject(request: ProxiedRequest) -> ProxiedResponse:
        return _rejection() if request.method == "HEAD" else request.send()

    run = _run_with_fault(tmp_path, reject, "head")

    assert run.returncode == 1, run.stdout


def test_checks_of_the_optional_settings_send_fewer_than_30_requests(tmp_path: Path) -> None:
    numbers = []
    for variables in ({"CANVAS_TOKEN": DEFAULT_WORLD_VARIABLES["CANVAS_TOKEN"]}, DEFAULT_WORLD_VARIABLES):
        with running_mock() as url:
            run_suite(tmp_path, "-k", "head", CANVAS_URL=url, **variables)
        numbers.append(len(json.loads((tmp_path / "traffic.har").read_text("utf-8"))["log"]["entries"]))

    assert numbers[1] - numbers[0] < 30, numbers


def _rejection() -> ProxiedResponse:
    headers = [("Content-Type", "application/json; charset=utf-8"), ("WWW-Authenticate", 'Bearer realm="canvas-lms"')]
    return ProxiedResponse(401, headers, json.dumps(INVALID).encode())


def _run_with_fault(
    folder: Path, fault: Callable[[ProxiedRequest], ProxiedResponse], test: str
) -> subprocess.CompletedProcess[str]:
    with running_mock() as url, running_proxy(url, fault) as proxy:
        return run_suite(folder, "-k", test, CANVAS_URL=proxy, **DEFAULT_WORLD_VARIABLES)
