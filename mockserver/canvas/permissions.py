"""Permission checks: list, create and delete channels, act as a user (behaviour 3).

Source in Canvas: app/models/user.rb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.canvas.accounts import ROOT, SITE
from mockserver.canvas.errors import Forbidden

if TYPE_CHECKING:
    from mockserver.canvas.accounts import Account, User
    from mockserver.canvas.channels import Channel


def check_list(caller: User, owner: User) -> None:
    """Raise Forbidden unless the caller may list the owner's channels."""
    if caller is owner or owner.id in caller.observes or _has_right(caller, "manage_user_logins", owner):
        return
    raise Forbidden


def check_edit(account: Account, caller: User, owner: User) -> None:
    """Raise Forbidden unless the caller may create e-mail and SMS channels for the owner and delete them.

    The account's setting does not apply to a user without a login, who may always edit their own channels.
    """
    own_channels_editable = account.users_can_edit_communication_channels or caller.login_id is None
    if caller is owner and own_channels_editable:
        return
    if _has_right(caller, "manage_user_logins", owner) and (caller is owner or _outranks(caller, owner)):
        return
    raise Forbidden


def check_delete(account: Account, caller: User, owner: User, channel: Channel) -> None:
    """Raise Forbidden unless the caller may delete this channel.

    An imported channel additionally requires `edit_institution_email` or the right to manage logins (behaviour 3.2).
    """
    check_edit(account, caller, owner)
    if channel.imported and not account.edit_institution_email and not _has_right(caller, "manage_user_logins", owner):
        raise Forbidden


def check_reset_bounces(caller: User) -> None:
    """Raise Forbidden unless the caller is a site admin who may read messages (behaviour 1.1, route 3)."""
    if not can_see_bounces(caller):
        raise Forbidden


def can_see_bounces(caller: User) -> bool:
    """Return whether responses to the caller have the bounce fields (behaviour 8)."""
    return caller.admin_of == SITE and "read_messages" in caller.rights


def can_skip_confirmation(caller: User) -> bool:
    """Return whether `skip_confirmation` has an effect for the caller (behaviour 5.8)."""
    return caller.admin_of in {SITE, ROOT} and "manage_students" in caller.rights


def can_become(caller: User, other: User) -> bool:
    """Return whether the caller may act as the other user (behaviour 3.6)."""
    return other is caller or (_has_right(caller, "become_user", other) and _outranks(caller, other))


def _has_right(caller: User, right: str, owner: User) -> bool:
    """Return whether the caller has the right in the owner's account; a root admin has it in all but the site's."""
    if caller.admin_of is None or right not in caller.rights:
        return False
    return caller.admin_of == SITE or (owner.account != SITE and caller.admin_of in {ROOT, owner.account})


def _outranks(caller: User, owner: User) -> bool:
    """Return whether the caller is a site admin or has every right that the owner has."""
    return caller.admin_of == SITE or owner.rights <= caller.rights
