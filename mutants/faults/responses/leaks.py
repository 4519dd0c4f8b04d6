"""Faults that show a token, or a channel that the caller may not see, in a header or in an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.channels import Channel
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _leak_channel(
    mock: PatchedMock, status: int, leak: Callable[[dict[str, Any], Channel], object], when: Callable[[Request], bool]
) -> None:
    """Add the first channel of the user in the path by `leak(body, channel)` to errors of this status, where `when`."""

    def remember(original: Any, self: World, path_id: str, current: Any) -> Any:
        found.clear()  # for an unknown user, it would remain the channel of an earlier request
        user = original(self, path_id, current)
        found[:] = user.channels.listed[:1]
        return user

    def change(request: Request, response: Response) -> None:
        body = response.json
        if response.status == status and isinstance(body, dict) and found and when(request):
            leak(body, found[0])
            response.json = body

    found: list[Channel] = []
    mock.wrap(World, "find_user", remember)
    mock.on_response(change)


def _append_to_message(body: dict[str, Any], text: str) -> None:
    errors = body.get("errors")
    if isinstance(errors, list):
        errors[0]["message"] += text


@fault
def denied_deletes_show_the_channel(mock: PatchedMock) -> None:
    """The 403 of a delete has the user's first channel in its body."""
    _leak_channel(
        mock,
        403,
        lambda body, channel: body.update(channel=channel.to_json(with_bounces=False)),
        lambda request: request.is_delete,
    )


@fault
def denied_lists_show_the_channels(mock: PatchedMock) -> None:
    """The 403 of a list has the user's first channel in its body."""
    _leak_channel(
        mock,
        403,
        lambda body, channel: body.update(data=[channel.to_json(with_bounces=False)]),
        lambda request: request.is_list,
    )


@fault
def denied_requests_name_the_id_of_a_channel(mock: PatchedMock) -> None:
    """A 403 has the id of the user's first channel."""
    _leak_channel(mock, 403, lambda body, channel: body.update(channel_id=channel.id), lambda _request: True)


@fault
def denied_creates_name_the_address(mock: PatchedMock) -> None:
    """The message of the 403 of a create has the user's first address."""
    _leak_channel(
        mock,
        403,
        lambda body, channel: _append_to_message(body, f" of {channel.address}"),
        lambda request: request.is_create,
    )


@fault
def not_found_names_the_address_of_the_user(mock: PatchedMock) -> None:
    """The message of the 404 of a delete has the first address of the user in the path, in capital letters."""
    _leak_channel(
        mock,
        404,
        lambda body, channel: _append_to_message(body, f" (user {channel.address.upper()})"),
        lambda request: request.is_delete,
    )


@fault
def duplicates_show_a_channel_of_another_user(mock: PatchedMock) -> None:
    """The 400 for a duplicate has an e-mail channel of another user."""
    found: list[Channel] = []

    def remember(original: Any, self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        others = (user for user in self.users.values() if user is not owner)
        found[:] = [channel for user in others for channel in user.channels.listed if channel.type == "email"][:1]
        return original(self, owner, kind, address, state)

    def change(_request: Request, response: Response) -> None:
        if response.is_duplicate_error and found:
            body = response.json
            body["existing"] = found[0].to_json(with_bounces=False)
            response.json = body

    mock.wrap(World, "create_channel", remember)
    mock.on_response(change)


@fault
def invalid_tokens_show_the_address_of_the_user(mock: PatchedMock) -> None:
    """A 401 for the user `self` has an address of that user in a header."""

    def change(request: Request, response: Response) -> None:
        if response.status == 401 and request.user_id == "self":
            response.headers["x-login"] = "student@school.example"

    mock.on_response(change)


@fault
def tokens_are_shown_in_a_header(mock: PatchedMock) -> None:
    """Successful responses have the token of the request in a header."""

    def change(request: Request, response: Response) -> None:
        if request.token and response.status == 200:
            response.headers["x-debug"] = f"token={request.token}"

    mock.on_response(change)


@fault
def tokens_are_shown_in_cookies_of_deletes(mock: PatchedMock) -> None:
    """The response to a delete stores the token in a cookie."""

    def change(request: Request, response: Response) -> None:
        if request.token and request.is_delete and response.status == 200:
            response.headers["set-cookie"] = f"session={request.token}; path=/"

    mock.on_response(change)


@fault
def tokens_are_shown_in_errors(mock: PatchedMock) -> None:
    """The body of a 404 has the token of the request."""

    def change(request: Request, response: Response) -> None:
        body = response.json
        if request.token and response.status == 404 and isinstance(body, dict):
            _append_to_message(body, f" (token {request.token})")
            response.json = body

    mock.on_response(change)


@fault
def rejected_tokens_are_shown(mock: PatchedMock) -> None:
    """The body of a 401 has the token of the request."""

    def change(request: Request, response: Response) -> None:
        body = response.json
        if request.token and response.status == 401 and isinstance(body, dict):
            body["token"] = request.token
            response.json = body

    mock.on_response(change)
