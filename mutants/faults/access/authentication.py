"""Faults of authentication and of masquerading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.canvas import authentication
from mockserver.canvas.errors import InvalidMasquerade, InvalidToken, NotFound
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock

_STUDENT = b"Bearer student-token"
_VALID_TOKENS = frozenset({"student-token", "push-token", "admin-token", "site-admin-token", "delete-only-token"})
"""The valid tokens of the suite's runs."""


def _skip_authentication(mock: PatchedMock, when: Callable[[Request], bool]) -> None:
    """Process the requests that `when` selects as those of the first student, unless their token is valid."""

    def change(request: Request) -> None:
        if request.token not in _VALID_TOKENS and when(request):
            request.headers[b"authorization"] = _STUDENT

    mock.on_request(change)


def _accept_tokens(mock: PatchedMock, is_accepted: Callable[[Any], bool]) -> None:
    """Accept the stored tokens that `is_accepted` selects, whatever their expiry and revocation."""

    def authenticate(original: Any, world: Any, value: str | None, as_user_id: object) -> Any:
        token = world.tokens.get(value)
        return token if token is not None and is_accepted(token) else original(world, value, as_user_id)

    mock.wrap(authentication, "authenticate", authenticate)


@fault
def token_is_not_checked(mock: PatchedMock) -> None:
    """Requests without a valid token are accepted."""
    _skip_authentication(mock, lambda request: True)


@fault
def token_is_not_checked_on_list(mock: PatchedMock) -> None:
    """Lists without a valid token are accepted."""
    _skip_authentication(mock, lambda request: request.method == "GET")


@fault
def token_is_not_checked_on_create(mock: PatchedMock) -> None:
    """Creates without a valid token are accepted."""
    _skip_authentication(mock, lambda request: request.is_create)


@fault
def token_is_not_checked_on_delete(mock: PatchedMock) -> None:
    """Deletes without a valid token are accepted."""
    _skip_authentication(mock, lambda request: request.method == "DELETE")


@fault
def token_is_not_checked_on_delete_by_address(mock: PatchedMock) -> None:
    """Deletes by type and address without a valid token are accepted."""
    _skip_authentication(mock, lambda request: request.is_delete and len(request.subpath) == 2)


@fault
def token_is_not_checked_on_push(mock: PatchedMock) -> None:
    """Deletes of a push token without a valid access token are accepted."""
    _skip_authentication(mock, lambda request: request.is_delete_push_token)


@fault
def any_token_is_accepted(mock: PatchedMock) -> None:
    """Any token is accepted, but a request without a token is not."""
    _skip_authentication(mock, lambda request: bool(request.token))


@fault
def token_is_compared_ignoring_case(mock: PatchedMock) -> None:
    """A token in other letter case is accepted."""

    def authenticate(original: Any, world: Any, value: str | None, as_user_id: object) -> Any:
        found = {known.lower(): known for known in world.tokens}.get((value or "").lower())
        return original(world, found or value, as_user_id)

    mock.wrap(authentication, "authenticate", authenticate)


@fault
def token_is_compared_as_a_prefix(mock: PatchedMock) -> None:
    """A valid token with other characters after it is accepted."""

    def authenticate(original: Any, world: Any, value: str | None, as_user_id: object) -> Any:
        found = next((known for known in world.tokens if (value or "").startswith(known)), None)
        return original(world, found or value, as_user_id)

    mock.wrap(authentication, "authenticate", authenticate)


@fault
def expired_tokens_are_accepted(mock: PatchedMock) -> None:
    """An expired token is accepted."""
    _accept_tokens(mock, lambda token: token.expires_at is not None)


@fault
def revoked_tokens_are_accepted(mock: PatchedMock) -> None:
    """A revoked token is accepted."""
    _accept_tokens(mock, lambda token: token.revoked)


@fault
def scheme_ignores_case(mock: PatchedMock) -> None:
    """The scheme `bearer` in lower case is accepted."""

    def change(request: Request) -> None:
        header = request.headers.get(b"authorization", b"")
        if header.startswith(b"bearer "):
            request.headers[b"authorization"] = b"Bearer " + header[7:]

    mock.on_request(change)


@fault
def any_scheme_is_accepted(mock: PatchedMock) -> None:
    """A token with the scheme `Basic` or `Token` is accepted."""

    def change(request: Request) -> None:
        scheme, _, token = request.headers.get(b"authorization", b"").partition(b" ")
        if scheme in {b"Basic", b"Token"}:
            request.headers[b"authorization"] = b"Bearer " + token

    mock.on_request(change)


@fault
def no_challenge(mock: PatchedMock) -> None:
    """A 401 has no WWW-Authenticate header."""
    mock.on_response(lambda _request, response: response.headers.pop("www-authenticate", None))


@fault
def challenge_is_basic(mock: PatchedMock) -> None:
    """Every 401 has a WWW-Authenticate header with the scheme Basic."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 401:
            response.headers["www-authenticate"] = 'Basic realm="canvas-lms"'

    mock.on_response(change)


@fault
def no_token_is_403(mock: PatchedMock) -> None:
    """A request without a token returns 403 instead of 401."""

    def change(_request: Request, response: Response) -> None:
        if b"unauthenticated" in response.body:
            response.status = 403

    mock.on_response(change)


@fault
def no_token_returns_a_login_page(mock: PatchedMock) -> None:
    """A create without a token returns 200 and an HTML login page."""

    def change(request: Request, response: Response) -> None:
        if response.status == 401 and request.is_create and not request.token:
            response.status, response.body = 200, b"<!DOCTYPE html><html><body>Log in</body></html>"
            response.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_response(change)


@fault
def no_token_has_status_unauthorized(mock: PatchedMock) -> None:
    """`status` in the body for a request without a token is `unauthorized` instead of `unauthenticated`."""

    def change(_request: Request, response: Response) -> None:
        response.body = response.body.replace(b'"unauthenticated"', b'"unauthorized"')

    mock.on_response(change)


@fault
def unknown_token_errors_are_text(mock: PatchedMock) -> None:
    """`errors` in the body for an unknown token is a string instead of a list."""

    def change(_request: Request, response: Response) -> None:
        if b"Invalid access token." in response.body:
            response.json = {"errors": "Invalid access token."}

    mock.on_response(change)


@fault
def delete_without_a_token_is_executed(mock: PatchedMock) -> None:
    """A delete without a token deletes the channel and returns 401."""

    def before(request: Request) -> None:
        if request.is_delete and not request.token:
            request.headers[b"authorization"] = _STUDENT
            request.notes.add("no token")

    def after(request: Request, response: Response) -> None:
        if "no token" in request.notes:
            response.status = 401
            response.json = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
            response.headers["www-authenticate"] = 'Bearer realm="canvas-lms"'

    mock.on_request(before)
    mock.on_response(after)


@fault
def unknown_user_precedes_token(mock: PatchedMock) -> None:
    """A request without a token for the user id 0 or abc returns 404 instead of 401, which discloses the ids in use."""

    def change(request: Request, response: Response) -> None:
        if response.status == 401 and not request.token and request.user_id in {"0", "abc"}:
            response.status = 404
            response.json = {"errors": [{"message": "The specified resource does not exist."}]}

    mock.on_response(change)


@fault
def masquerade_is_ignored(mock: PatchedMock) -> None:
    """as_user_id has no effect on a request with a valid token."""
    mock.wrap(authentication, "resolve_caller", lambda original, world, token, as_user_id: original(world, token, None))


@fault
def denied_masquerade_is_ignored(mock: PatchedMock) -> None:
    """as_user_id has no effect where there is no such user, or where the caller may not become that user."""

    def resolve_caller(original: Any, world: Any, token: Any, as_user_id: object) -> Any:
        try:
            return original(world, token, as_user_id)
        except InvalidMasquerade:
            return original(world, token, None)

    mock.wrap(authentication, "resolve_caller", resolve_caller)


@fault
def masquerade_is_allowed_to_all(mock: PatchedMock) -> None:
    """Every caller may act as every user."""

    def resolve_caller(world: Any, token: Any, as_user_id: object) -> Any:
        user = world.users[token.user_id]
        if not as_user_id:
            return authentication.Caller(token, user, user)
        try:
            return authentication.Caller(token, user, world.find_user(str(as_user_id), user), is_masquerading=True)
        except NotFound:
            raise InvalidMasquerade from None

    mock.replace(authentication, "resolve_caller", resolve_caller)


@fault
def denied_masquerade_is_an_invalid_token(mock: PatchedMock) -> None:
    """A denied masquerade returns the error of an invalid token."""

    def resolve_caller(original: Any, world: Any, token: Any, as_user_id: object) -> Any:
        try:
            return original(world, token, as_user_id)
        except InvalidMasquerade:
            raise InvalidToken from None

    mock.wrap(authentication, "resolve_caller", resolve_caller)


@fault
def denied_masquerade_errors_are_a_list(mock: PatchedMock) -> None:
    """`errors` in the body for a denied masquerade is a list instead of a string."""

    def change(_request: Request, response: Response) -> None:
        if b"Invalid as_user_id" in response.body:
            response.json = {"errors": [{"message": "Invalid as_user_id"}]}

    mock.on_response(change)
