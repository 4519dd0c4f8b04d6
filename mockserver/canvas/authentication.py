"""Access tokens, scopes and masquerading (behaviour 2 and 3.6). Source in Canvas: lib/authentication_methods.rb."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockserver.canvas.errors import (
    InsufficientScopes,
    InvalidMasquerade,
    InvalidToken,
    NotFound,
    Unauthenticated,
)
from mockserver.canvas.permissions import can_become

if TYPE_CHECKING:
    from mockserver.canvas.accounts import Token, User
    from mockserver.canvas.world import World


class Caller(NamedTuple):
    """The authenticated caller: the token, its owner, and the user as whom the owner acts (usually the owner)."""

    token: Token
    real_user: User
    user: User
    is_masquerading: bool = False
    """Whether the request has an `as_user_id`, be it the id of the token's owner."""


def authenticate(world: World, value: str | None, as_user_id: object) -> Token:
    """Return the token with this value.

    Raises Unauthenticated without a value, InvalidMasquerade without a value and with an `as_user_id`, and
    InvalidToken for an unknown, expired or revoked token. Expiry is checked before revocation (behaviour 2, 3.6).
    """
    if not value:
        raise InvalidMasquerade if as_user_id else Unauthenticated
    token = world.tokens.get(value)
    if token is None:
        raise InvalidToken
    if token.expires_at and token.expires_at <= world.now():
        raise InvalidToken("Expired", token.expires_at)
    if token.revoked:
        raise InvalidToken("Revoked")
    return token


def check_scopes(token: Token, method: str, path: str) -> None:
    """Raise InsufficientScopes unless the token's scopes cover this request; HEAD requires the scope of GET.

    A scope covers every path that its template matches, so the scope of deletion by id also covers the deletion of a
    push token.
    """
    if token.scopes is None:
        return
    verb = "GET" if method == "HEAD" else method
    if not any(_scope_pattern(scope).fullmatch(f"{verb}|{path}") for scope in token.scopes):
        raise InsufficientScopes


@lru_cache(maxsize=256)
def _scope_pattern(scope: str) -> re.Pattern[str]:
    """Return a pattern of a scope's requests, with any format suffix.

    Only whole segments are parameters: several in one segment would make the search very slow.
    """
    template = re.escape(scope.removeprefix("url:"))
    return re.compile(re.sub(r"(?<=/):[a-z_]+(?=/|$)", "[^/]+", template) + r"(\.[^/]+)?")


def resolve_caller(world: World, token: Token, as_user_id: object) -> Caller:
    """Return the caller of a token, acting as `as_user_id` where that is given.

    Raises InvalidMasquerade for an unknown user and for a user whom the token's owner may not become (behaviour 3.6).
    """
    user = world.users[token.user_id]
    if not as_user_id:
        return Caller(token, user, user)
    try:
        other = world.find_user(str(as_user_id), user)
    except NotFound:
        raise InvalidMasquerade from None
    if not can_become(user, other):
        raise InvalidMasquerade
    return Caller(token, user, other, is_masquerading=True)
