"""Check of every token and user id of the settings before the first test, so that no wrong one fails a test.

A refusal needs evidence that the setting is wrong: two permissions that depend on the same right are both denied, or
one user has another's rights. If one permission alone is denied, the target may be faulty, and the tests report that.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from contract_tests.account.access import Access, user_id
from contract_tests.account.clean_up import channel_of, remove_created_channels, send_unvalidated
from contract_tests.account.owner_tokens import PUSH, TOKEN, check_owner_tokens
from contract_tests.account.permission import create_without_address
from contract_tests.account.preflight import check_is_another_user, unknown_user
from contract_tests.client.ids import local_id
from contract_tests.client.rejection import is_outside_scopes, is_token_rejected
from contract_tests.client.safety import addresses
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract_tests.client.api_client import ApiClient

ADMIN, SITE_ADMIN = "CANVAS_ADMIN_TOKEN", "CANVAS_SITE_ADMIN_TOKEN"
_OTHER_USER = "CANVAS_OTHER_USER_ID"
_REMEDIES = {
    ADMIN: "give the token of a root-account admin who may manage user logins and become other users, or unset it.",
    SITE_ADMIN: "give the token of a site admin, or unset it.",
}
_OTHER_USER_REMEDY = "give the id of an ordinary user in the account of the first."


def check_credentials(owner: ApiClient) -> None:
    """Check all tokens and user ids of the settings. Raises Inconclusive for one that cannot be used.

    `owner` is a client of CANVAS_TOKEN with the user's id.
    """
    settings = owner.transport.settings
    owner = owner.own
    _check_tokens_differ(settings.tokens)
    _check_scopes_of_owner(owner)
    if settings.other_user_id:
        check_is_another_user(owner, settings.other_user_id)
    administrators = {name: _check_administrator(owner, name) for name in _REMEDIES if name in settings.tokens}
    _check_administrators_differ(administrators)
    _check_owner_is_ordinary(owner, administrators.get(ADMIN))
    if settings.other_user_id:
        _check_other_user(owner, administrators)
    check_owner_tokens(owner)


def check_admin_rights(owner: ApiClient, admin: ApiClient | None) -> None:
    """Raise Inconclusive if CANVAS_ADMIN_TOKEN has more or fewer rights than a root-account admin.

    A site admin sees the bounce fields of a new channel (behaviour 8), and an admin without the right to manage
    students does not create it active (behaviour 5.8). A faulty target may show this, too. So a request for the list of
    the site admin decides, which only a site admin may read; the setting counts as wrong if its token is not set.
    """
    if admin is None or not owner.can_create:
        return
    tokens, admin = owner.transport.settings.tokens, admin.for_user(owner.id)
    fields = (*admin.create_fields(addresses.FIRST), ("skip_confirmation", "1"))
    channel = channel_of(send_unvalidated(admin, "POST", body=fields))
    owner_sees_bounces = Access(owner.own).sees_bounces  # in a list that has the new channel
    remove_created_channels(admin)
    if channel is None:
        return
    sees_bounces = any("bounce" in name for name in channel) and not owner_sees_bounces
    if sees_bounces and (SITE_ADMIN not in tokens or _can_list_site_admin(owner, admin)):
        raise Inconclusive(
            f"{ADMIN} is a site admin's: it sees bounce fields, which a root-account admin does not; set {SITE_ADMIN} "
            f"to it, and {ADMIN} to the token of a root-account admin, or unset it."
        )
    if channel.get("workflow_state") == "unconfirmed" and SITE_ADMIN not in tokens:
        raise Inconclusive(
            f"{ADMIN} may not create confirmed channels (skip_confirmation): it lacks the permission to manage "
            f"students in the root account, or the target ignores it; {_REMEDIES[ADMIN]}"
        )


def _can_list_site_admin(owner: ApiClient, admin: ApiClient) -> bool:
    """Return whether the admin may list the channels of the user of CANVAS_SITE_ADMIN_TOKEN."""
    client = owner.with_token(SITE_ADMIN)
    number = user_id(send_unvalidated(client, "GET"), client)
    return bool(number) and Access(admin.for_user(number)).can_list


def _check_tokens_differ(tokens: Mapping[str, str]) -> None:
    """Raise Inconclusive if two variables have the same token; CANVAS_TOKEN may also be the token for push."""
    for first, second in combinations(tokens, 2):
        if tokens[first] == tokens[second] and {first, second} != {TOKEN, PUSH}:
            raise Inconclusive(f"{second} and {first} are the same token; give each its own token, or unset {second}.")


def _check_scopes_of_owner(owner: ApiClient) -> None:
    """Raise Inconclusive if the scopes of CANVAS_TOKEN do not allow deletes and creates; a read-only run sends none."""
    if owner.transport.guard.is_read_only:
        return
    deletions = (("0",), tuple(addresses.NEVER_CREATED))
    if any(is_outside_scopes(send_unvalidated(owner, "DELETE", tail=tail)) for tail in deletions):
        raise Inconclusive(
            f"The scopes of {TOKEN} do not allow deletes; give a token without scopes, or set READ_ONLY=1."
        )
    if is_outside_scopes(create_without_address(owner)):
        raise Inconclusive(
            f"The scopes of {TOKEN} do not allow creates; give a token without scopes, or set READ_ONLY=1."
        )


def _check_administrator(owner: ApiClient, name: str) -> Access:
    """Check that the token is another user's, who may manage the owner's channels, and return its access to them."""
    client = owner.with_token(name)
    access = Access(client.for_user(owner.id))
    if is_token_rejected(access.listing) and is_token_rejected(send_unvalidated(client, "GET")):
        raise Inconclusive(f"The target rejects {name} with 401; check that the token is valid, or unset it.")
    if user_id(access.listing, client, unlike=owner.id) == owner.id:
        raise Inconclusive(f"{name} is a token of user {owner.id}, as {TOKEN} is; {_REMEDIES[name]}")
    # lists and edits depend on the same right, to manage user logins (behaviour 3.2)
    if not access.can_list and not access.can_edit and not (access.is_read_only and access.can_become):
        _check_not_swapped(owner, client)
        raise _denied(f"list user {owner.id}'s channels", name)
    # an observer may only list
    if access.can_list and not access.can_edit and not access.is_read_only and not access.can_become:
        raise _denied(f"create channels for user {owner.id}", name)
    # the right to become other users is one of its own
    if name == ADMIN and access.can_list and (access.can_edit or access.is_read_only) and not access.can_become:
        raise _denied(f"act as user {owner.id} (as_user_id)", name)
    access.check_scopes()
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
    """Check that CANVAS_OTHER_USER_ID is an ordinary user whose channels the admin, or site admin, may manage."""
    number = owner.transport.settings.other_user_id
    owner_access = Access(owner.for_user(number))
    if owner_access.listing.status_code == 404 and not administrators:
        raise unknown_user(number)
    for name, access in administrators.items():
        if local_id(user_id(access.listing, access.client.for_user(0, "self"), unlike=number)) == local_id(number):
            raise Inconclusive(f"{_OTHER_USER} is the user of {name}; {_OTHER_USER_REMEDY}")
    if not administrators:
        return
    name, administrator = next(iter(administrators.items()))  # that of CANVAS_ADMIN_TOKEN, if it is set
    client = administrator.client
    admin_access = Access(client.for_user(number))
    if admin_access.listing.status_code == 404:
        raise unknown_user(number)
    has_admin = name == ADMIN  # without it, nobody can verify what a creation for this user has left
    if not admin_access.can_list and not (has_admin and admin_access.can_edit):
        raise Inconclusive(
            f"{name} may not list the channels of user {number}, which {_OTHER_USER} names; {_OTHER_USER_REMEDY}"
        )
    if has_admin:
        _check_has_no_more_rights(administrator, admin_access)
    other_access = Access(client.acting_as(number).for_user(owner.id))
    _check_not_an_observer(owner_access, other_access, client)


def _check_has_no_more_rights(of_owner: Access, of_other: Access) -> None:
    """Raise Inconclusive if the admin has a permission on the first user and not on the second.

    Nobody may edit, or act as, a user who has more rights (behaviour 3.2, 3.6).
    """
    for permission, what in (("can_edit", "create channels for"), ("can_become", "act as")):
        if getattr(of_owner, permission) and not getattr(of_other, permission):
            raise Inconclusive(
                f"{of_owner.client.token_name} may not {what} user {of_other.client.id}, which {_OTHER_USER} names, "
                f"but may do so for the user of {TOKEN}; {_OTHER_USER_REMEDY}"
            )


def _check_not_an_observer(owner_access: Access, other_access: Access, admin: ApiClient) -> None:
    """Raise Inconclusive if one of the two test users observes the other: may list their channels, and not edit them.

    Each access is that of one test user to the channels of the other. A faulty target, which allows lists to everybody
    or ignores as_user_id, also allows what an observer may not do: to edit, to act as the other user, or to list the
    admin's channels.
    """
    if owner_access.can_list == other_access.can_list or owner_access.is_read_only:
        return
    observer = owner_access if owner_access.can_list else other_access
    if observer.can_edit or (observer is owner_access and observer.can_become):
        return
    admin_id = user_id(send_unvalidated(admin.for_user(0, "self"), "GET"), admin)
    if admin_id and not Access(observer.client.for_user(admin_id)).can_list:
        raise Inconclusive(
            f"The user of {TOKEN} or user {owner_access.client.id} of {_OTHER_USER} may list the other's channels, as "
            "an observer may; give two ordinary users who do not observe each other."
        )
