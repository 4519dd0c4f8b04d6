"""Optional tokens and user ids that cannot be used: refused with one sentence, and never a failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mockserver import read_world
from tests.contract_tests.suite_process import run_suite, running_mock, running_patched_mock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

ADMIN, SITE_ADMIN, OTHER = "CANVAS_ADMIN_TOKEN", "CANVAS_SITE_ADMIN_TOKEN", "CANVAS_OTHER_USER_ID"
PUSH, SCOPED = "CANVAS_PUSH_TOKEN", "CANVAS_SCOPED_TOKEN"
EXPIRED, REVOKED = "CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN"
ROUTE = "/api/v1/users/:user_id/communication_channels"
LIST, CREATE, DELETE = f"url:GET|{ROUTE}", f"url:POST|{ROUTE}", f"url:DELETE|{ROUTE}/:id"
WRONG = {
    "unlimited as scoped": ({SCOPED: "unlimited-token"}, f"{SCOPED} may also list and create channels"),
    "expired as scoped": ({SCOPED: "expired-token", EXPIRED: ""}, f"The target rejects {SCOPED} with 401"),
    "site admin as admin": ({ADMIN: "site-admin-token", SITE_ADMIN: ""}, f"{ADMIN} is a site admin's"),
    "two site admins": ({ADMIN: "second-site-admin-token"}, f"{ADMIN} is a site admin's"),
    "admin who manages no students": (
        {ADMIN: "logins-token", SITE_ADMIN: ""},
        f"{ADMIN} may not create confirmed channels",
    ),
    "admin who manages no logins": ({ADMIN: "students-token"}, f"{ADMIN} may not list user 1's channels"),
    "admin who acts as nobody": ({ADMIN: "no-masquerade-token"}, f"{ADMIN} may not act as user 1 (as_user_id)"),
    "admin with a scope": ({ADMIN: "scoped-admin-token"}, f"The scopes of {ADMIN} do not allow deletes of channels"),
    "revoked admin": ({ADMIN: "revoked-token", REVOKED: ""}, f"The target rejects {ADMIN} with 401"),
    "push with a scope": ({PUSH: "create-only-token"}, f"The scopes of {PUSH} do not allow the list of channels"),
    "expired push": ({PUSH: "expired-token", EXPIRED: ""}, f"The target rejects {PUSH} with 401"),
    "valid token of another user as expired": ({EXPIRED: "student2-token"}, f"{EXPIRED} is a valid token of user 2"),
    "valid token of another user as revoked": ({REVOKED: "teacher-token"}, f"{REVOKED} is a valid token of user 3"),
    "global id of the same user": ({OTHER: "10000000000001"}, f"{OTHER} is the user of CANVAS_TOKEN"),
    "admin with more rights as other user": ({ADMIN: "logins-token", OTHER: "5"}, "user 5, which"),
    "global id of the admin": ({OTHER: "10000000000005"}, f"{OTHER} is the user of {ADMIN}"),
    "observer as other user without an admin": ({ADMIN: "", OTHER: "4"}, "as an observer may; give two"),
    "owner who may not create": ({"CANVAS_TOKEN": "no-create-token"}, "scopes of CANVAS_TOKEN do not allow creates"),
}
USABLE: dict[str, dict[str, str]] = {
    "expired is really revoked": {EXPIRED: "revoked-token", REVOKED: "expired-token"},
    "expired is unknown": {EXPIRED: "no-such-token"},
    "global id": {OTHER: "10000000000002"},
    "push without SNS": {PUSH: "unlimited-token"},
    "id 0": {OTHER: "0"},
    "root admin as site admin": {SITE_ADMIN: "second-admin-token"},
}


def _world() -> dict[str, Any]:
    """Return the default world with further admins, and with further tokens of the student."""
    document: dict[str, Any] = json.loads(json.dumps(read_world().document, default=str))
    rights = {
        "logins-token": ["become_user", "manage_user_logins"],
        "students-token": ["become_user", "manage_students"],
        "no-masquerade-token": ["manage_students", "manage_user_logins"],
    }
    users = [
        *(
            {"id": 50 + number, "admin_of": "root", "rights": granted, "tokens": [token]}
            for number, (token, granted) in enumerate(rights.items())
        ),
        {"id": 60, "admin_of": "root", "tokens": [{"value": "scoped-admin-token", "scopes": [LIST, CREATE]}]},
        {"id": 61, "admin_of": "root", "tokens": ["second-admin-token"]},
        {"id": 62, "admin_of": "site", "account": "site", "tokens": ["second-site-admin-token"]},
    ]
    document["users"] += [{"name": "Ann", "login_id": f"ann{user['id']}", **user} for user in users]
    document["users"][0]["tokens"] += [
        "unlimited-token",
        {"value": "no-create-token", "scopes": [LIST, DELETE, f"url:DELETE|{ROUTE}/:type/:address"]},
        {"value": "create-only-token", "scopes": [CREATE]},
    ]
    return document


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("world") / "tokens.world.yaml"
    file.write_text(json.dumps(_world()), "utf-8")
    with running_mock("--world", str(file)) as url:
        yield url


@pytest.mark.parametrize(("variables", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_setting_is_refused(tmp_path: Path, mock: str, variables: dict[str, str], sentence: str) -> None:
    run = run_suite(tmp_path, "-k", "head", CANVAS_URL=mock, **(DEFAULT_WORLD_VARIABLES | variables))

    assert run.returncode == 2, run.stdout
    assert sentence in " ".join(run.stdout.split())


@pytest.mark.parametrize("variables", USABLE.values(), ids=USABLE)
def test_run_with_an_unusual_setting_passes(tmp_path: Path, mock: str, variables: dict[str, str]) -> None:
    test = "head or expired_or_revoked or test_two_users_may_share or bounce_fields or scope or push_channel_remains"
    run = run_suite(tmp_path, "-k", test, CANVAS_URL=mock, PROFILE="quick", **(DEFAULT_WORLD_VARIABLES | variables))

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("fault", "test", "variables"),
    [
        ("bounces-are-shown-to-account-admins", "test_admin_receives_the_same_list", {}),
        ("bounces-are-shown-to-all", "test_bounce_fields_are_absent", {SITE_ADMIN: ""}),
        ("skip-confirmation-is-for-site-admins-only", "skip_confirmation_by_an_admin", {}),
        ("expired-tokens-are-accepted", "expired_or_revoked", {}),
        ("revoked-tokens-are-accepted", "expired_or_revoked", {}),
        ("admin-may-not-delete", "permission_matrix and admin and delete", {}),
        ("owner-may-not-delete-an-admins-channel", "permission_matrix and test", {"PROFILE": "default"}),
    ],
)
def test_fault_is_not_taken_for_a_wrong_token(tmp_path: Path, fault: str, test: str, variables: dict[str, str]) -> None:
    with running_patched_mock(fault) as url:
        run = run_suite(tmp_path, "-k", test, CANVAS_URL=url, **(DEFAULT_WORLD_VARIABLES | variables))

    assert run.returncode == 1, run.stdout
