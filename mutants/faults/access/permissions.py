"""Faults of permissions, and of the user that an id in the path selects."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mockserver.api import handlers
from mockserver.api.handlers import Handlers
from mockserver.canvas import authentication, permissions
from mockserver.canvas.errors import CanvasError, Forbidden, NotFound
from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.api.request import ApiRequest
    from mockserver.canvas.accounts import Account
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _delete_as_owner(mock: PatchedMock, operation: str) -> None:
    """Execute every request of a delete operation as the owner of the channels."""

    def delete(original: Any, self: Any, request: Any) -> Any:
        request.caller = authentication.Caller(request.token, request.owner, request.owner)
        return original(self, request)

    mock.wrap(Handlers, operation, delete)


def _delete_for_any_owner(mock: PatchedMock, when: Callable[[ApiRequest], bool]) -> None:
    """Execute the deletes by id that `when` selects as the owner of the channel, whatever the user id in the path."""

    def delete(original: Any, self: Any, request: ApiRequest) -> Any:
        id_ = request.path_parameters["id"]
        found = request.world.channels.get(int(id_)) if id_.isdigit() else None
        if found is not None and not found.retired and when(request):
            owner = request.world.users[found.user_id]
            request.path_parameters = {**request.path_parameters, "user_id": str(owner.id)}
            request.caller = authentication.Caller(request.token, owner, owner)
        return original(self, request)

    mock.wrap(Handlers, "delete_communication_channel", delete)


def _replace_user_lookup(mock: PatchedMock, find: Any) -> None:
    """Make the mock look up users with `find(world, path_id, current)`, and by its own rules if that returns None."""

    def find_user(original: Any, self: World, path_id: str, current: Any) -> Any:
        return find(self, path_id, current) or original(self, path_id, current)

    mock.wrap(World, "find_user", find_user)


@fault
def list_is_allowed_to_all(mock: PatchedMock) -> None:
    """Every caller may list the channels of every user."""
    mock.replace(permissions, "check_list", lambda caller, owner: None)


@fault
def list_by_padded_id_is_allowed_to_all(mock: PatchedMock) -> None:
    """Every caller may list the channels of every user by an id with leading zeros."""

    def list_channels(original: Any, self: Any, request: Any) -> Any:
        if not request.path_parameters["user_id"].startswith("0"):
            return original(self, request)
        owner = request.owner
        request.caller = authentication.Caller(request.token, owner, owner)
        return original(self, request)

    mock.wrap(Handlers, "list_communication_channels", list_channels)


@fault
def list_permission_is_checked_on_page_1_only(mock: PatchedMock) -> None:
    """Every caller may list the channels of every user from the second page on."""

    def list_channels(original: Any, self: Any, request: Any) -> Any:
        try:
            return original(self, request)
        except Forbidden:
            if request.query.get("page") in {None, "1"}:
                raise
            request.caller = authentication.Caller(request.token, request.owner, request.owner)
            return original(self, request)

    mock.wrap(Handlers, "list_communication_channels", list_channels)


@fault
def denied_list_returns_own_channels(mock: PatchedMock) -> None:
    """A denied list returns the caller's own channels instead of 403."""

    def list_channels(original: Any, self: Any, request: Any) -> Any:
        try:
            return original(self, request)
        except Forbidden:
            request.path_parameters = {"user_id": "self"}
            return original(self, request)

    mock.wrap(Handlers, "list_communication_channels", list_channels)


@fault
def create_is_allowed_to_all(mock: PatchedMock) -> None:
    """Every caller may create channels for every user."""

    def create(original: Any, self: Any, request: Any) -> Any:
        try:
            return original(self, request)
        except Forbidden:
            request.caller = authentication.Caller(request.token, request.owner, request.owner)
            return original(self, request)

    mock.wrap(Handlers, "create_communication_channel", create)


@fault
def denied_create_creates_for_the_caller(mock: PatchedMock) -> None:
    """A denied create creates the channel for the caller."""

    def create(original: Any, self: Any, request: Any) -> Any:
        try:
            return original(self, request)
        except Forbidden:
            request.path_parameters = {"user_id": "self"}
            return original(self, request)

    mock.wrap(Handlers, "create_communication_channel", create)


@fault
def denied_create_is_executed(mock: PatchedMock) -> None:
    """A denied create returns 403 and stores the channel."""

    def create(original: Any, self: Any, request: Any) -> Any:
        try:
            return original(self, request)
        except Forbidden:
            fields = request.parameters["communication_channel"]
            with suppress(CanvasError):
                request.world.create_channel(request.owner, fields.get("type"), fields.get("address"), "unconfirmed")
            raise

    mock.wrap(Handlers, "create_communication_channel", create)


@fault
def delete_by_id_is_allowed_to_all(mock: PatchedMock) -> None:
    """Every caller may delete the channels of every user by id."""
    _delete_as_owner(mock, "delete_communication_channel")


@fault
def delete_by_address_is_allowed_to_all(mock: PatchedMock) -> None:
    """Every caller may delete the channels of every user by type and address."""
    _delete_as_owner(mock, "delete_communication_channel_by_address")


@fault
def denied_delete_is_executed(mock: PatchedMock) -> None:
    """A denied delete returns 403 and deletes the channel."""

    def retire(request: Any, channel: Any) -> Any:
        request.owner.channels.retire(channel)
        permissions.check_delete(request.world.account, request.user, request.owner, channel)
        return handlers._channel_response(request, channel)

    mock.replace(handlers, "_retire", retire)


@fault
def delete_by_id_under_self_ignores_the_owner(mock: PatchedMock) -> None:
    """A delete by id under the caller's own user id deletes the channel of any user."""
    _delete_for_any_owner(mock, lambda request: request.owner is request.user)


@fault
def admin_delete_by_id_ignores_the_owner(mock: PatchedMock) -> None:
    """An admin's delete by id deletes the channel of any user, whatever the user id in the path."""
    _delete_for_any_owner(mock, lambda request: request.user.admin_of is not None)


@fault
def permission_precedes_unknown_channel(mock: PatchedMock) -> None:
    """A denied delete of an unknown channel returns 403 instead of 404."""

    def delete(original: Any, self: Any, request: Any) -> Any:
        permissions.check_edit(request.world.account, request.user, request.owner)
        return original(self, request)

    mock.wrap(Handlers, "delete_communication_channel", delete)
    mock.wrap(Handlers, "delete_communication_channel_by_address", delete)


@fault
def list_contains_a_foreign_channel(mock: PatchedMock) -> None:
    """A page with channels ends with a channel of the second user."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 200 and response.json:
            response.json = [
                *response.json,
                {**response.json[-1], "id": 4, "user_id": 2, "address": "student2@school.example"},
            ]

    mock.on_response(change)


@fault
def list_contains_the_newest_foreign_channel(mock: PatchedMock) -> None:
    """A page ends with the newest created channel of all users if that belongs to another user."""

    def list_channels(original: Any, self: Any, request: Any) -> Any:
        response: Any = original(self, request)
        newest = request.world.channels[max(request.world.channels)]
        owner_at_start = 7  # of the newest channel in the world with which the mock starts
        if newest.user_id not in {request.owner.id, owner_at_start} and not newest.retired:
            response.value.append(newest.to_json(with_bounces=False))
        return response

    mock.wrap(Handlers, "list_communication_channels", list_channels)


@fault
def admin_may_not_edit(mock: PatchedMock) -> None:
    """An account admin may neither create nor delete channels of other users."""

    def check_edit(original: Any, account: Account, caller: Any, owner: Any) -> None:
        if caller.admin_of == "root" and caller is not owner:
            raise Forbidden
        original(account, caller, owner)

    mock.wrap(permissions, "check_edit", check_edit)


@fault
def admin_may_not_delete(mock: PatchedMock) -> None:
    """An account admin may create channels for other users, but not delete them."""

    def check_delete(original: Any, account: Account, caller: Any, owner: Any, channel: Any) -> None:
        if caller.admin_of == "root" and caller is not owner:
            raise Forbidden
        original(account, caller, owner, channel)

    mock.wrap(permissions, "check_delete", check_delete)


@fault
def site_admin_may_not_list(mock: PatchedMock) -> None:
    """A site admin may not list the channels of other users."""

    def check_list(original: Any, caller: Any, owner: Any) -> None:
        if caller.admin_of == "site" and caller is not owner:
            raise Forbidden
        original(caller, owner)

    mock.wrap(permissions, "check_list", check_list)


@fault
def site_admin_may_not_edit(mock: PatchedMock) -> None:
    """A site admin may neither create nor delete channels of other users."""

    def check_edit(original: Any, account: Account, caller: Any, owner: Any) -> None:
        if caller.admin_of == "site" and caller is not owner:
            raise Forbidden
        original(account, caller, owner)

    mock.wrap(permissions, "check_edit", check_edit)


@fault
def owner_may_not_delete_an_admins_channel(mock: PatchedMock) -> None:
    """A user may not delete a channel that an admin has created for that user."""

    def create(original: Any, self: Any, request: Any) -> Any:
        response: Any = original(self, request)
        if request.user.admin_of:
            created.add(response.value["id"])
        return response

    def check_delete(original: Any, account: Account, caller: Any, owner: Any, channel: Any) -> None:
        if channel.id in created and not caller.admin_of:
            raise Forbidden
        original(account, caller, owner, channel)

    created: set[int] = set()
    mock.wrap(Handlers, "create_communication_channel", create)
    mock.wrap(permissions, "check_delete", check_delete)


@fault
def admin_creates_for_self(mock: PatchedMock) -> None:
    """A channel that an admin creates under the numeric id of another user is created for the admin."""

    def create(original: Any, self: Any, request: Any) -> Any:
        is_by_number = request.path_parameters["user_id"].isdigit()
        if request.user.admin_of and is_by_number and request.owner is not request.user:
            request.path_parameters = {"user_id": "self"}
        return original(self, request)

    mock.wrap(Handlers, "create_communication_channel", create)


@fault
def self_ignores_case(mock: PatchedMock) -> None:
    """The user id `self` is accepted in any letter case."""
    _replace_user_lookup(mock, lambda world, path_id, current: current if path_id.lower() == "self" else None)


@fault
def unknown_users_are_self(mock: PatchedMock) -> None:
    """An unknown user id selects the caller."""

    def find_user(original: Any, self: World, path_id: str, current: Any) -> Any:
        try:
            return original(self, path_id, current)
        except NotFound:
            return current

    mock.wrap(World, "find_user", find_user)


@fault
def user_zero_is_self(mock: PatchedMock) -> None:
    """The user id 0 selects the caller."""
    _replace_user_lookup(mock, lambda world, path_id, current: current if path_id == "0" else None)


@fault
def negative_user_ids_are_positive(mock: PatchedMock) -> None:
    """A minus sign before a user id is ignored."""
    _replace_user_lookup(
        mock,
        lambda world, path_id, current: world.users.get(int(path_id[1:])) if re.fullmatch(r"-\d+", path_id) else None,
    )


@fault
def user_ids_may_have_trailing_text(mock: PatchedMock) -> None:
    """Text after a user id, as in 1abc, is ignored."""

    def find(world: World, path_id: str, _current: Any) -> Any:
        match = re.match(r"\d+(?=\D)", path_id)
        return world.users.get(int(match[0])) if match else None

    _replace_user_lookup(mock, find)


@fault
def leading_zeros_are_not_found(mock: PatchedMock) -> None:
    """A user id with leading zeros returns 404."""

    def find_user(original: Any, self: World, path_id: str, current: Any) -> Any:
        if path_id.startswith("0"):
            raise NotFound
        return original(self, path_id, current)

    mock.wrap(World, "find_user", find_user)


@fault
def own_id_is_denied(mock: PatchedMock) -> None:
    """A caller who is not an admin may list channels under the user id `self`, but not under the same user's number."""

    def list_channels(original: Any, self: Any, request: Any) -> Any:
        if request.path_parameters["user_id"] == str(request.user.id) and not request.user.admin_of:
            raise Forbidden
        return original(self, request)

    mock.wrap(Handlers, "list_communication_channels", list_channels)
