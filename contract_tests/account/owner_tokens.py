"""Check of the test user's other tokens: for push, with scopes, expired and revoked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract_tests.account.access import user_id
from contract_tests.account.clean_up import send_unvalidated
from contract_tests.account.permission import create_without_address
from contract_tests.client.ids import local_id
from contract_tests.client.rejection import is_outside_scopes, is_token_rejected
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from contract_tests.client.api_client import ApiClient

TOKEN, PUSH, SCOPED = "CANVAS_TOKEN", "CANVAS_PUSH_TOKEN", "CANVAS_SCOPED_TOKEN"
_INVALID = {"CANVAS_EXPIRED_TOKEN": "an expired", "CANVAS_REVOKED_TOKEN": "a revoked"}


def check_owner_tokens(owner: ApiClient) -> None:
    """Check each of the test user's other tokens that is set. Raises Inconclusive for one that cannot be used."""
    tokens = owner.transport.settings.tokens
    if PUSH in tokens:
        _check_push_token(owner)
    if SCOPED in tokens:
        _check_scoped_token(owner)
    for name in _INVALID:
        if name in tokens:
            _check_invalid_token(owner, name)


def _check_push_token(owner: ApiClient) -> None:
    """Check that CANVAS_PUSH_TOKEN is a token of the owner.

    Its scopes must allow the list, unless a header of the denial has the id of its user.
    """
    client = owner.with_token(PUSH)
    response = send_unvalidated(client, "GET")
    if is_token_rejected(response):
        raise Inconclusive(f"The target rejects {PUSH} with 401; check that the token is valid, or unset it.")
    if is_outside_scopes(response) and not user_id(response, None):
        raise Inconclusive(
            f"The scopes of {PUSH} do not allow the list of channels, so its user is unknown; give a token without "
            "scopes, or unset it."
        )
    _check_is_owners(owner, PUSH, user_id(response, client))


def _check_scoped_token(owner: ApiClient) -> None:
    """Check that CANVAS_SCOPED_TOKEN is a token of the owner with a scope for deletes by id.

    A token that may also list channels is not refused, because the target may ignore a scope, which a test reports;
    one that may both list and create channels is refused.
    """
    client = owner.with_token(SCOPED)
    response = send_unvalidated(client, "GET")
    if is_token_rejected(response):
        raise Inconclusive(f"The target rejects {SCOPED} with 401; check that the token is valid, or unset it.")
    if not owner.transport.guard.is_read_only:
        deletion = send_unvalidated(client, "DELETE", tail=("0",))
        if is_outside_scopes(deletion):
            raise Inconclusive(
                f"The scopes of {SCOPED} do not allow deletes by id; give a token with the only scope "
                "url:DELETE|/api/v1/users/:user_id/communication_channels/:id, or unset it."
            )
        _check_is_owners(owner, SCOPED, user_id(response if response.status_code == 200 else deletion, None))
        is_unlimited = (
            response.status_code == 200 and create_without_address(client.for_user(owner.id)).status_code == 400
        )
        if is_unlimited and _rejects_unknown_tokens(owner):
            raise Inconclusive(
                f"{SCOPED} may also list and create channels: its developer key does not enforce scopes, or the target "
                "ignores them; give a token with the only scope "
                "url:DELETE|/api/v1/users/:user_id/communication_channels/:id, or unset it."
            )
    _check_is_owners(owner, SCOPED, user_id(response, None))


def _check_invalid_token(owner: ApiClient, name: str) -> None:
    """Raise Inconclusive if a token that should be expired or revoked is a valid token of another user.

    If it is accepted as a token of the owner, the target may be faulty, which a test reports.
    """
    client = owner.with_token(name)
    response = send_unvalidated(client, "GET")
    number = user_id(response, client) if response.status_code == 200 else 0
    if number and local_id(number) != local_id(owner.id):
        raise Inconclusive(
            f"{name} is a valid token of user {number}; give {_INVALID[name]} token of user {owner.id}, or unset it."
        )


def _rejects_unknown_tokens(owner: ApiClient) -> bool:
    """Return whether the target rejects a token that nobody has; a target that accepts every token is faulty."""
    unknown = replace(owner.own, token="canvas-contract-unknown", token_name="")  # noqa: S106  # nobody has it
    return is_token_rejected(send_unvalidated(unknown, "GET"))


def _check_is_owners(owner: ApiClient, name: str, number: int) -> None:
    """Raise Inconclusive if the token is another user's; `number` is the id of its user, or 0 if it is unknown."""
    if number and local_id(number) != local_id(owner.id):
        raise Inconclusive(
            f"{name} is a token of user {number}; give a token of user {owner.id}, as {TOKEN} is, or unset it."
        )
