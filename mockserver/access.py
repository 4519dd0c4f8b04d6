"""Who the caller is, and who may do what for whom (behaviour 2 and 3).

Sources in Canvas: lib/authentication_methods.rb, app/models/user.rb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockserver.errors import (
    Forbidden,
    InsufficientScopes,
    InvalidMasquerade,
    InvalidToken,
    NotFound,
    Unauthenticated,
)

if TYPE_CHECKING:
    from mockserver.channels import Channel
    from mockserver.parameters import Parameters
    from mockserver.world import User, World

SITE = "site"
ROOT = "root"

ADMIN_RIGHTS = frozenset({"become_user", "manage_students", "manage_user_logins"})
SITE_ADMIN_RIGHTS = ADMIN_RIGHTS | {"read_messages"}


@dataclass(slots=True)
class Token:
    """An access token: whose it is, and what its developer key allows."""

    value: str
    user_id: int
    sns: bool = False
    """Whether the developer key has an SNS ARN, so that push channels can be made with this token."""
    scopes: tuple[str, ...] | None = None
    """The scopes granted, where the developer key enforces them; None where it does not."""
    expires_at: str | None = None
    revoked: bool = False
    push_tokens: set[str] = field(default_factory=set)
    """The devices registered through this token, in lower case."""


class Caller(NamedTuple):
    """Who asks: the token, its owner, and the user that the owner acts as (usually the same)."""

    token: Token
    real_user: User
    user: User


def token_value(authorization: str | None, parameters: Parameters) -> str | None:
    """The token's text: of a header that says `Bearer`, else of the parameter `access_token` (behaviour 2).

    The word is case-sensitive; a bare `Bearer` counts as no token, and the parameter is then not read.
    """
    if authorization is not None and (authorization == "Bearer" or authorization.startswith("Bearer ")):
        return authorization[7:].strip()
    value = parameters.get("access_token")
    return value if isinstance(value, str) else None


def authenticate(world: World, value: str | None) -> Token:
    """The token of this value.

    Raises Unauthenticated or InvalidToken; expiry is told before revocation (behaviour 2).
    """
    if not value:
        raise Unauthenticated
    token = world.tokens.get(value)
    if token is None:
        raise InvalidToken
    if token.expires_at and token.expires_at <= world.now():
        raise InvalidToken("Expired", token.expires_at)
    if token.revoked:
        raise InvalidToken("Revoked")
    return token


def check_scopes(token: Token, method: str, path: str) -> None:
    """Refuse a token whose granted scopes do not cover this request; HEAD needs what GET needs.

    A scope covers every path that its template matches, so deletion by id covers deletion of a push token.
    """
    if token.scopes is None:
        return
    verb = "GET" if method == "HEAD" else method
    if not any(_scope_pattern(scope).fullmatch(f"{verb}|{path}") for scope in token.scopes):
        raise InsufficientScopes


@lru_cache(maxsize=256)
def _scope_pattern(scope: str) -> re.Pattern[str]:
    template = re.escape(scope.removeprefix("url:"))
    return re.compile(re.sub(r":[a-z_]+", "[^/]+", template) + r"(\.[^/]+)?")


def caller_of(world: World, token: Token, as_user_id: object) -> Caller:
    """The caller, acting as another user if it asks to and may.

    Raises InvalidMasquerade for an unknown user and for one whom the caller may not become (behaviour 3.6).
    """
    user = world.users[token.user_id]
    if not as_user_id:
        return Caller(token, user, user)
    try:
        other = world.user(str(as_user_id), user)
    except NotFound:
        raise InvalidMasquerade from None
    if other is not user and not (_has(user, "become_user", other) and _outranks(user, other)):
        raise InvalidMasquerade
    return Caller(token, user, other)


def may_list(caller: User, owner: User) -> None:
    """Forbidden unless the caller may see the owner's channels."""
    if caller is owner or owner.id in caller.observes or _has(caller, "manage_user_logins", owner):
        return
    raise Forbidden


def may_edit(world: World, caller: User, owner: User) -> None:
    """Forbidden unless the caller may add e-mail and SMS channels for the owner, or delete them."""
    own_is_free = world.account.users_can_edit_communication_channels or caller.login_id is None
    if caller is owner and own_is_free:
        return
    if _has(caller, "manage_user_logins", owner) and (caller is owner or _outranks(caller, owner)):
        return
    raise Forbidden


def may_delete(world: World, caller: User, owner: User, channel: Channel) -> None:
    """Forbidden unless the caller may delete this channel; imported ones need one right more (behaviour 3.2)."""
    may_edit(world, caller, owner)
    if channel.imported and not world.account.edit_institution_email and not _has(caller, "manage_user_logins", owner):
        raise Forbidden


def may_reset_bounces(caller: User) -> None:
    """Forbidden for all but site admins who may read messages (behaviour 1.1, route 3)."""
    if not sees_bounces(caller):
        raise Forbidden


def sees_bounces(caller: User) -> bool:
    """Whether the bounce fields are shown to the caller (behaviour 8)."""
    return caller.admin_of == SITE and "read_messages" in caller.rights


def skips_confirmation(caller: User) -> bool:
    """Whether `skip_confirmation` has any effect for the caller (behaviour 5.8)."""
    return caller.admin_of in {SITE, ROOT} and "manage_students" in caller.rights


def _has(caller: User, right: str, owner: User) -> bool:
    """Whether the caller has the right in an account of the owner."""
    if caller.admin_of is None or right not in caller.rights:
        return False
    return caller.admin_of == SITE or (owner.account != SITE and caller.admin_of in {ROOT, owner.account})


def _outranks(caller: User, owner: User) -> bool:
    """Whether the owner has no right that the caller lacks."""
    return caller.admin_of == SITE or owner.rights <= caller.rights
