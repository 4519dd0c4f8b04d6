"""Faults of authentication and masquerading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver import access
from mockserver.errors import InvalidMasquerade, InvalidToken, NotFound
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery

_STUDENT = b"Bearer student-token"
_KNOWN = frozenset({"student-token", "push-token", "admin-token", "site-admin-token"})


def _let_in(mock: Surgery, when: Callable[[Ask], bool]) -> None:
    """Take anybody whose token is not known for the first student."""

    def change(ask: Ask) -> None:
        if ask.token not in _KNOWN and when(ask):
            ask.headers[b"authorization"] = _STUDENT

    mock.on_ask(change)


@fault
def token_is_not_checked(mock: Surgery) -> None:
    """Nobody needs a token."""
    _let_in(mock, lambda ask: True)


@fault
def token_is_not_checked_on_list(mock: Surgery) -> None:
    """Lists need no token."""
    _let_in(mock, lambda ask: ask.method == "GET")


@fault
def token_is_not_checked_on_create(mock: Surgery) -> None:
    """Creations need no token."""
    _let_in(mock, lambda ask: ask.creates)


@fault
def token_is_not_checked_on_delete(mock: Surgery) -> None:
    """Deletions need no token."""
    _let_in(mock, lambda ask: ask.method == "DELETE")


@fault
def token_is_not_checked_on_delete_by_address(mock: Surgery) -> None:
    """Deletions by type and address need no token."""
    _let_in(mock, lambda ask: ask.deletes and len(ask.tail) == 2)


@fault
def token_is_not_checked_on_push(mock: Surgery) -> None:
    """Deletion of a push token needs no token."""
    _let_in(mock, lambda ask: ask.forgets)


@fault
def any_token_will_do(mock: Surgery) -> None:
    """There must be a token; any is taken."""
    _let_in(mock, lambda ask: bool(ask.token))


@fault
def token_is_compared_ignoring_case(mock: Surgery) -> None:
    """A token in other letter case is taken."""

    def authenticate(world: Any, value: str | None) -> Any:
        found = {known.lower(): token for known, token in world.tokens.items()}.get((value or "").lower())
        return found or original(world, value)

    original = access.authenticate
    mock.replace(access, "authenticate", authenticate)


@fault
def token_is_compared_by_its_beginning(mock: Surgery) -> None:
    """A token with something after it is taken."""

    def authenticate(world: Any, value: str | None) -> Any:
        found = [token for known, token in world.tokens.items() if (value or "").startswith(known)]
        return found[0] if found else original(world, value)

    original = access.authenticate
    mock.replace(access, "authenticate", authenticate)


@fault
def expired_tokens_are_good(mock: Surgery) -> None:
    """A token past its expiry is taken."""
    _let_back_in(mock, lambda token: token.expires_at is not None)


@fault
def revoked_tokens_are_good(mock: Surgery) -> None:
    """A token that was revoked is taken."""
    _let_back_in(mock, lambda token: token.revoked)


def _let_back_in(mock: Surgery, is_good: Callable[[Any], bool]) -> None:
    def authenticate(world: Any, value: str | None) -> Any:
        token = world.tokens.get(value)
        return token if token is not None and is_good(token) else original(world, value)

    original = access.authenticate
    mock.replace(access, "authenticate", authenticate)


@fault
def scheme_ignores_case(mock: Surgery) -> None:
    """`bearer` in lower case is taken."""

    def change(ask: Ask) -> None:
        header = ask.headers.get(b"authorization", b"")
        if header.startswith(b"bearer "):
            ask.headers[b"authorization"] = b"Bearer " + header[7:]

    mock.on_ask(change)


@fault
def any_scheme_will_do(mock: Surgery) -> None:
    """A token after `Basic` or `Token` is taken."""

    def change(ask: Ask) -> None:
        scheme, _, token = ask.headers.get(b"authorization", b"").partition(b" ")
        if scheme in {b"Basic", b"Token"}:
            ask.headers[b"authorization"] = b"Bearer " + token

    mock.on_ask(change)


@fault
def no_challenge(mock: Surgery) -> None:
    """A 401 has no WWW-Authenticate."""
    mock.on_reply(lambda _ask, reply: reply.headers.pop("www-authenticate", None))


@fault
def challenge_is_basic(mock: Surgery) -> None:
    """A 401 asks for Basic authentication."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.status == 401:
            reply.headers["www-authenticate"] = 'Basic realm="canvas-lms"'

    mock.on_reply(change)


@fault
def no_token_is_403(mock: Surgery) -> None:
    """Without a token the answer is 403."""
    mock.on_reply(lambda _ask, reply: setattr(reply, "status", 403) if b"unauthenticated" in reply.body else None)


@fault
def no_token_is_a_page(mock: Surgery) -> None:
    """Without a token a creation answers 200 with the page on which people log in."""

    def change(ask: Ask, reply: Reply) -> None:
        if reply.status == 401 and ask.creates and not ask.token:
            reply.status, reply.body = 200, b"<!DOCTYPE html><html><body>Log in</body></html>"
            reply.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_reply(change)


@fault
def no_token_is_told_unauthorized(mock: Surgery) -> None:
    """Without a token the body says `unauthorized`, which is the word for who is known."""

    def change(_ask: Ask, reply: Reply) -> None:
        reply.body = reply.body.replace(b'"unauthenticated"', b'"unauthorized"')

    mock.on_reply(change)


@fault
def bad_token_is_told_as_text(mock: Surgery) -> None:
    """The errors of an unknown token are one text."""

    def change(_ask: Ask, reply: Reply) -> None:
        if b"Invalid access token." in reply.body:
            reply.value = {"errors": "Invalid access token."}

    mock.on_reply(change)


@fault
def without_a_token_it_is_done_and_told_401(mock: Surgery) -> None:
    """A deletion without a token is done before the 401 is said."""

    def before(ask: Ask) -> None:
        if ask.deletes and not ask.token:
            ask.headers[b"authorization"] = _STUDENT
            ask.notes.add("stranger")

    def after(ask: Ask, reply: Reply) -> None:
        if "stranger" in ask.notes:
            reply.status = 401
            reply.value = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
            reply.headers["www-authenticate"] = 'Bearer realm="canvas-lms"'

    mock.on_ask(before)
    mock.on_reply(after)


@fault
def unknown_users_come_before_tokens(mock: Surgery) -> None:
    """Without a token an unknown user is 404, which tells strangers who exists."""

    def change(ask: Ask, reply: Reply) -> None:
        if reply.status == 401 and not ask.token and ask.user in {"0", "abc", "99999999"}:
            reply.status = 404
            reply.value = {"errors": [{"message": "The specified resource does not exist."}]}

    mock.on_reply(change)


@fault
def masquerade_is_ignored(mock: Surgery) -> None:
    """as_user_id has no effect."""
    original = access.caller_of
    mock.replace(access, "caller_of", lambda world, token, as_user_id: original(world, token, None))


@fault
def masquerade_is_ignored_for_those_who_may_not(mock: Surgery) -> None:
    """as_user_id of somebody whom the caller may not become is ignored, and answers 200."""

    def caller_of(world: Any, token: Any, as_user_id: object) -> Any:
        try:
            return original(world, token, as_user_id)
        except InvalidMasquerade:
            return original(world, token, None)

    original = access.caller_of
    mock.replace(access, "caller_of", caller_of)


@fault
def masquerade_is_open_to_all(mock: Surgery) -> None:
    """Anybody may act as anybody."""

    def caller_of(world: Any, token: Any, as_user_id: object) -> Any:
        user = world.users[token.user_id]
        try:
            return access.Caller(token, user, world.user(str(as_user_id), user) if as_user_id else user)
        except NotFound:
            raise InvalidMasquerade from None

    mock.replace(access, "caller_of", caller_of)


@fault
def masquerade_is_refused_as_a_bad_token(mock: Surgery) -> None:
    """A masquerade that is not permitted is told that its token is invalid."""

    def caller_of(world: Any, token: Any, as_user_id: object) -> Any:
        try:
            return original(world, token, as_user_id)
        except InvalidMasquerade:
            raise InvalidToken from None

    original = access.caller_of
    mock.replace(access, "caller_of", caller_of)


@fault
def masquerade_is_refused_with_a_list(mock: Surgery) -> None:
    """The errors of a refused masquerade are a list."""

    def change(_ask: Ask, reply: Reply) -> None:
        if b"Invalid as_user_id" in reply.body:
            reply.value = {"errors": [{"message": "Invalid as_user_id"}]}

    mock.on_reply(change)
