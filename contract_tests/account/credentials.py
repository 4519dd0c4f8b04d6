"""Check of every token and user id of the settings before the first test, so that no wrong one fails a test.

A refusal needs evidence that the setting is wrong: two permissions that depend on the same right are both denied, or
one user has another's rights. If one permission alone is denied, the target may be faulty, and the tests report that.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from contract_tests.account.access import Access, user_id
from contract_tests.account.clean_up import send_unvalidated
from contract_tests.account.preflight import check_is_another_user, unknown_user
from contract_tests.client.api_client import ApiClient
from contract_tests.client.ids import local_id
from contract_tests.client.rejection import is_outside_scopes, is_token_rejected
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN, ADMIN, SITE_ADMIN = "CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN", "CANVAS_SITE_ADMIN_TOKEN"
PUSH, SCOPED = "CANVAS_PUSH_TOKEN", "CANVAS_SCOPED_TOKEN"
_OTHER_USER = "CANVAS_OTHER_USER_ID"
_REMEDIES = {
    ADMIN: "give the token of a root-account admin who may manage user logins and become other users, or unset it.",
    SITE_ADMIN: "give the token of a site admin, or unset it.",
}
_ORDINARY_USER = "give the id of an ordinary user in the account of the first."


def check_credentials(owner: ApiClient) -> None:
    """Check all tokens and user ids of the settings. Raises Inconclusive for one that cannot be used.

    `owner` is a client of CANVAS_TOKEN with the user's id.
    """
    settings = owner.transport.settings
    owner = owner.own
    check_tokens_differ(settings.tokens)
    _check_scopes_of_owner(owner)
    if settings.other_user_id:
        check_is_another_user(owner, settings.other_user_id)
    administrators = {name: _check_administrator(owner, name) for name in _REMEDIES if name in settings.tokens}
    _check_administrators_differ(administrators)
    _check_owner_is_ordinary(owner, administrators.get(ADMIN))
    if settings.other_user_id:
        _check_other_user(owner, administrators)
    if PUSH in settings.tokens:
        _check_push_token(owner)
    if SCOPED in settings.tokens:
        _check_scoped_token(owner)


def check_tokens_differ(tokens: Mapping[str, str]) -> None:
    """Raise Inconclusive if two variables have the same token; CANVAS_TOKEN may also be the token for push."""
    for first, second in combinations(tokens, 2):
        if tokens[first] == tokens[second] and {first, second} != {TOKEN, PUSH}:
            raise Inconclusive(f"{second} and {first} are the same token; give each its own token, or unset {second}.")


def _client(owner: ApiClient, name: str) -> ApiClient:
    """Return a client with the token of this variable, for the channels of the token's own user."""
    return ApiClient(owner.transport, owner.contract, owner.transport.settings.tokens[name], name)


def _check_scopes_of_owner(owner: ApiClient) -> None:
    """Raise Inconclusive if the scopes of CANVAS_TOKEN do not allow deletes."""
    if owner.transport.guard.is_read_only:
        return
    if is_outside_scopes(send_unvalidated(owner, "DELETE", tail=("0",))):
        raise Inconclusive(
            f"The scopes of {TOKEN} do not allow deletes; give a token without scopes, or set READ_ONLY=1."
        )


def _check_administrator(owner: ApiClient, name: str) -> Access:
    """Check that the token is another user's, who may manage the owner's channels, and return its access to them."""
    client = _client(owner, name)
    access = Access(client.for_user(owner.id))
    if is_token_rejected(access.listing) and is_token_rejected(send_unvalidated(client, "GET")):
        raise Inconclusive(f"The target rejects {name} with 401; check that the token is valid, or unset it.")
    if user_id(access.listing, client, unlike=owner.id) == owner.id:
        raise Inconclusive(f"{name} is a token of user {owner.id}, as {TOKEN} is; {_REMEDIES[name]}")
    if not access.can_list and not access.can_edit and not (access.is_read_only and access.can_become):
        _check_not_swapped(owner, client)
        raise _denied(f"list user {owner.id}'s channels", name)
    if access.can_list and not access.can_edit and not access.is_read_only and not access.can_become:
        raise _denied(f"create channels for user {owner.id}", name)
    if name == ADMIN and access.can_list and (access.can_edit or access.is_read_only) and not access.can_become:
        raise _denied(f"act as user {owner.id} (as_user_id)", name)
    return access


def _denied(what: str, name: str) -> Inconclusive:
    return Inconclusive(f"{name} may not {what}; {_REMEDIES[name]}")


def _check_not_swapped(owner: ApiClient, client: ApiClient) -> None:
    """Raise Inconclusive if CANVAS_TOKEN may list the channels of this token's user, but not the reverse."""
    number = user_id(send_unvalidated(client, "GET"), client)
    if number and Access(owner.for_user(number)).can_list:
        raise Inconclusive(
            f"{TOKEN} and {client.token_name} look swapped: the first may list the channels of the second's user, but "
            "not the reverse; exchange them."
        )


def _check_administrators_differ(administrators: Mapping[str, Access]) -> None:
    """Raise Inconclusive if both tokens are one user's, or if only the root-account admin sees bounce fields."""
    if len(administrators) < 2:
        return
    root, site = administrators[ADMIN], administrators[SITE_ADMIN]
    number = user_id(root.listing, root.client.for_user(0, "self"))
    if number and number == user_id(site.listing, site.client.for_user(0, "self"), unlike=number):
        raise Inconclusive(f"{SITE_ADMIN} and {ADMIN} are tokens of the same user; {_REMEDIES[SITE_ADMIN]}")
    if root.sees_bounces and not site.sees_bounces:
        raise Inconclusive(
            f"{ADMIN} and {SITE_ADMIN} look swapped: only the first sees bounce fields, as a site admin does; "
            "exchange them."
        )


def _check_owner_is_ordinary(owner: ApiClient, admin: Access | None) -> None:
    """Raise Inconclusive if CANVAS_TOKEN has three permissions of an admin at once, on another user's channels."""
    number = owner.transport.settings.other_user_id
    if not number and admin is not None:
        number = user_id(admin.listing, admin.client.for_user(0, "self"))
    access = Access(owner.for_user(number))
    if number and access.can_list and (access.can_edit or access.is_read_only) and access.can_become:
        raise Inconclusive(
            f"{TOKEN} is an admin's: it may list and create channels of user {number}, and act as that user; "
            "give the token of an ordinary user."
        )


def _check_other_user(owner: ApiClient, administrators: Mapping[str, Access]) -> None:
    """Check that CANVAS_OTHER_USER_ID is an ordinary user whose channels the admin may manage."""
    number = owner.transport.settings.other_user_id
    owners = Access(owner.for_user(number))
    if owners.listing.status_code == 404 and ADMIN not in administrators:
        raise unknown_user(number)
    for name, access in administrators.items():
        if user_id(access.listing, access.client.for_user(0, "self"), unlike=number) == number:
            raise Inconclusive(f"{_OTHER_USER} is the user of {name}; {_ORDINARY_USER}")
    if ADMIN not in administrators:
        return
    client = administrators[ADMIN].client
    admins = Access(client.for_user(number))
    if admins.listing.status_code == 404:
        raise unknown_user(number)
    if not admins.can_list and not admins.can_edit:
        raise Inconclusive(
            f"{ADMIN} may not list the channels of user {number}, which {_OTHER_USER} names; {_ORDINARY_USER}"
        )
    _check_not_an_observer(owners, Access(client.acting_as(number).for_user(owner.id)), client)


def _check_not_an_observer(owners: Access, others: Access, admin: ApiClient) -> None:
    """Raise Inconclusive if one of the two test users observes the other: may list their channels, and not edit them.

    A target that allows lists to everybody, or ignores as_user_id, allows them in more cases.
    """
    if owners.can_list == others.can_list or owners.is_read_only:
        return
    observer = owners if owners.can_list else others
    if observer.can_edit or (observer is owners and observer.can_become):
        return
    admin_id = user_id(send_unvalidated(admin.for_user(0, "self"), "GET"), admin)
    if admin_id and not Access(observer.client.for_user(admin_id)).can_list:
        raise Inconclusive(
            f"The user of {TOKEN} or user {owners.client.id} of {_OTHER_USER} may list the other's channels, as an "
            "observer may; give two ordinary users who do not observe each other."
        )


def _check_push_token(owner: ApiClient) -> None:
    """Check that CANVAS_PUSH_TOKEN is a token of the owner, unless its scopes do not allow the list."""
    client = _client(owner, PUSH)
    response = send_unvalidated(client, "GET")
    if is_token_rejected(response):
        raise Inconclusive(f"The target rejects {PUSH} with 401; check that the token is valid, or unset it.")
    _check_is_owners(owner, PUSH, user_id(response, client))


def _check_scoped_token(owner: ApiClient) -> None:
    """Check that CANVAS_SCOPED_TOKEN is a token of the owner with a scope for deletes by id.

    A token that may do more is not refused: the target may be faulty and ignore scopes, which a test reports.
    """
    client = _client(owner, SCOPED)
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
        response = response if response.status_code == 200 else deletion
    _check_is_owners(owner, SCOPED, user_id(response, None))


def _check_is_owners(owner: ApiClient, name: str, number: int) -> None:
    """Raise Inconclusive if the token is another user's; `number` is the id of its user, or 0 if it is unknown."""
    if number and local_id(number) != local_id(owner.id):
        raise Inconclusive(
            f"{name} is a token of user {number}; give a token of user {owner.id}, as {TOKEN} is, or unset it."
        )
