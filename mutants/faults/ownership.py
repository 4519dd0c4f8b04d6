"""Faults of whose channels are whose, and of who may do what to them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mockserver import access, handlers
from mockserver.errors import CanvasError, Forbidden, NotFound
from mockserver.handlers import Handlers
from mockserver.world import World
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.call import Call
    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery


@fault
def another_s_list_is_open(mock: Surgery) -> None:
    """Anybody may list anybody's channels."""
    mock.replace(access, "may_list", lambda caller, owner: None)


@fault
def another_s_list_is_open_under_a_padded_id(mock: Surgery) -> None:
    """Anybody may list anybody's channels by an id with leading zeros."""

    def may_list(self: Any, call: Any) -> Any:
        if not call.path_parameters["user_id"].startswith("0"):
            return original(self, call)
        owner = call.owner
        call.caller = access.Caller(call.token, owner, owner)
        return original(self, call)

    original = Handlers.list_communication_channels
    mock.replace(Handlers, "list_communication_channels", may_list)


@fault
def another_s_list_is_open_after_the_first_page(mock: Surgery) -> None:
    """Permission is asked for the first page only."""

    def may_list(self: Any, call: Any) -> Any:
        try:
            return original(self, call)
        except Forbidden:
            if call.query.get("page") in {None, "1"}:
                raise
            call.caller = access.Caller(call.token, call.owner, call.owner)
            return original(self, call)

    original = Handlers.list_communication_channels
    mock.replace(Handlers, "list_communication_channels", may_list)


@fault
def another_s_list_is_one_s_own(mock: Surgery) -> None:
    """The list of another user answers with the caller's own channels instead of a refusal."""

    def may_list(self: Any, call: Any) -> Any:
        try:
            return original(self, call)
        except Forbidden:
            call.path_parameters = {"user_id": "self"}
            return original(self, call)

    original = Handlers.list_communication_channels
    mock.replace(Handlers, "list_communication_channels", may_list)


@fault
def creating_for_another_is_open(mock: Surgery) -> None:
    """Anybody may create channels for anybody."""

    def create(self: Any, call: Any) -> Any:
        with suppress(Forbidden):
            access.may_edit(call.world, call.user, call.owner)
            return original(self, call)
        call.caller = access.Caller(call.token, call.owner, call.owner)
        return original(self, call)

    original = Handlers.create_communication_channel
    mock.replace(Handlers, "create_communication_channel", create)


@fault
def creating_for_another_creates_for_oneself(mock: Surgery) -> None:
    """A creation for another user lands on the caller."""

    def create(self: Any, call: Any) -> Any:
        try:
            return original(self, call)
        except Forbidden:
            call.path_parameters = {"user_id": "self"}
            return original(self, call)

    original = Handlers.create_communication_channel
    mock.replace(Handlers, "create_communication_channel", create)


@fault
def refused_creation_is_kept(mock: Surgery) -> None:
    """A creation for another user is refused after the channel was saved."""

    def create(self: Any, call: Any) -> Any:
        try:
            return original(self, call)
        except Forbidden:
            fields = call.parameters["communication_channel"]
            with suppress(CanvasError):
                call.world.create_channel(call.owner, fields.get("type"), fields.get("address"), "unconfirmed")
            raise

    original = Handlers.create_communication_channel
    mock.replace(Handlers, "create_communication_channel", create)


@fault
def deleting_another_s_by_id_is_open(mock: Surgery) -> None:
    """Anybody may delete anybody's channel by its id."""
    _delete_as_owner(mock, "delete_communication_channel")


@fault
def deleting_another_s_by_address_is_open(mock: Surgery) -> None:
    """Anybody may delete anybody's channel by its address."""
    _delete_as_owner(mock, "delete_communication_channel_by_address")


def _delete_as_owner(mock: Surgery, operation: str) -> None:
    def delete(self: Any, call: Any) -> Any:
        call.caller = access.Caller(call.token, call.owner, call.owner)
        return original(self, call)

    original = getattr(Handlers, operation)
    mock.replace(Handlers, operation, delete)


@fault
def refused_deletion_is_done(mock: Surgery) -> None:
    """A deletion of another's channel is refused after it was done."""

    def retired(call: Any, channel: Any) -> Any:
        call.owner.channels.retire(channel)
        access.may_delete(call.world, call.user, call.owner, channel)
        return handlers._shown(call, channel)

    mock.replace(handlers, "_retired", retired)


@fault
def one_s_own_name_reaches_every_id(mock: Surgery) -> None:
    """A deletion by id under one's own name takes any channel, whoever owns it."""
    _delete_wherever(mock, lambda call: call.owner is call.user)


@fault
def admin_reaches_every_id(mock: Surgery) -> None:
    """An admin's deletion by id takes the channel of another user than the path names."""
    _delete_wherever(mock, lambda call: call.user.admin_of is not None)


def _delete_wherever(mock: Surgery, when: Callable[[Call], bool]) -> None:
    def delete(self: Any, call: Call) -> Any:
        id_ = call.path_parameters["id"]
        found = call.world.channels.get(int(id_)) if id_.isdigit() else None
        if found is not None and not found.retired and when(call):
            owner = call.world.users[found.user_id]
            call.path_parameters = {**call.path_parameters, "user_id": str(owner.id)}
            call.caller = access.Caller(call.token, owner, owner)
        return original(self, call)

    original = Handlers.delete_communication_channel
    mock.replace(Handlers, "delete_communication_channel", delete)


@fault
def permission_comes_before_the_channel(mock: Surgery) -> None:
    """A stranger's deletion of a channel that is not there is 403, not 404."""

    def after_permission(original: Any) -> Any:
        def delete(self: Any, call: Any) -> Any:
            access.may_edit(call.world, call.user, call.owner)
            return original(self, call)

        return delete

    mock.around(Handlers, "delete_communication_channel", after_permission)
    mock.around(Handlers, "delete_communication_channel_by_address", after_permission)


@fault
def own_list_holds_another_s_channel(mock: Surgery) -> None:
    """The list ends with the first channel of another user."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 200 and reply.value:
            reply.value = [
                *reply.value,
                {**reply.value[-1], "id": 4, "user_id": 2, "address": "student2@school.example"},
            ]

    mock.on_reply(change)


@fault
def own_list_shows_another_s_newest_channel(mock: Surgery) -> None:
    """The list ends with the newest channel in the school, if that is another user's."""

    def shown(self: Any, call: Any) -> Any:
        answer: Any = original(self, call)
        newest = call.world.channels[max(call.world.channels)]
        if newest.user_id not in {call.owner.id, 7} and not newest.retired:
            answer.value.append(newest.shown(with_bounces=False))
        return answer

    original = Handlers.list_communication_channels
    mock.replace(Handlers, "list_communication_channels", shown)


@fault
def admin_may_not_edit(mock: Surgery) -> None:
    """An account admin may neither create nor delete for others."""

    def may_edit(world: World, caller: Any, owner: Any) -> None:
        if caller.admin_of == "root" and caller is not owner:
            raise Forbidden
        original(world, caller, owner)

    original = access.may_edit
    mock.replace(access, "may_edit", may_edit)


@fault
def admin_may_not_delete(mock: Surgery) -> None:
    """An account admin may create for others and not delete."""

    def may_delete(world: World, caller: Any, owner: Any, channel: Any) -> None:
        if caller.admin_of == "root" and caller is not owner:
            raise Forbidden
        original(world, caller, owner, channel)

    original = access.may_delete
    mock.replace(access, "may_delete", may_delete)


@fault
def site_admin_may_not_list(mock: Surgery) -> None:
    """A site admin is refused another's list."""

    def may_list(caller: Any, owner: Any) -> None:
        if caller.admin_of == "site" and caller is not owner:
            raise Forbidden
        original(caller, owner)

    original = access.may_list
    mock.replace(access, "may_list", may_list)


@fault
def site_admin_may_not_create(mock: Surgery) -> None:
    """A site admin may not create for others."""

    def may_edit(world: World, caller: Any, owner: Any) -> None:
        if caller.admin_of == "site" and caller is not owner:
            raise Forbidden
        original(world, caller, owner)

    original = access.may_edit
    mock.replace(access, "may_edit", may_edit)


@fault
def owner_may_not_delete_what_an_admin_made(mock: Surgery) -> None:
    """A channel that an admin made cannot be deleted by its owner."""

    def create(self: Any, call: Any) -> Any:
        answer: Any = original(self, call)
        if call.user.admin_of:
            made.add(answer.value["id"])
        return answer

    def may_delete(world: World, caller: Any, owner: Any, channel: Any) -> None:
        if channel.id in made and not caller.admin_of:
            raise Forbidden
        allowed(world, caller, owner, channel)

    made: set[int] = set()
    original, allowed = Handlers.create_communication_channel, access.may_delete
    mock.replace(Handlers, "create_communication_channel", create)
    mock.replace(access, "may_delete", may_delete)


@fault
def admin_creates_for_oneself(mock: Surgery) -> None:
    """What an admin creates for another lands on the admin."""

    def create(self: Any, call: Any) -> Any:
        if call.user.admin_of and call.path_parameters["user_id"].isdigit():
            owner = call.owner
            call.path_parameters = {"user_id": "self"} if owner is not call.user else call.path_parameters
        return original(self, call)

    original = Handlers.create_communication_channel
    mock.replace(Handlers, "create_communication_channel", create)


def _user(mock: Surgery, find: Any) -> None:
    """Find users otherwise: `find(world, name, current)` gives one, or None to look as before."""

    def user(self: World, name: str, current: Any) -> Any:
        return find(self, name, current) or original(self, name, current)

    original = World.user
    mock.replace(World, "user", user)


@fault
def self_ignores_case(mock: Surgery) -> None:
    """`SELF` is taken for `self`."""
    _user(mock, lambda world, name, current: current if name.lower() == "self" else None)


@fault
def unknown_users_are_self(mock: Surgery) -> None:
    """A user who is not found is taken for the caller."""

    def user(self: World, name: str, current: Any) -> Any:
        try:
            return original(self, name, current)
        except NotFound:
            return current

    original = World.user
    mock.replace(World, "user", user)


@fault
def user_zero_is_self(mock: Surgery) -> None:
    """The user 0 is taken for the caller."""
    _user(mock, lambda world, name, current: current if name == "0" else None)


@fault
def negative_users_are_positive(mock: Surgery) -> None:
    """The user -1 is taken for the user 1."""
    _user(mock, lambda world, name, current: world.users.get(int(name[1:])) if re.fullmatch(r"-\d+", name) else None)


@fault
def user_ids_are_read_to_the_first_letter(mock: Surgery) -> None:
    """The user 1abc is taken for the user 1."""

    def find(world: World, name: str, _current: Any) -> Any:
        match = re.match(r"\d+(?=\D)", name)
        return world.users.get(int(match[0])) if match else None

    _user(mock, find)


@fault
def leading_zeros_hide_a_user(mock: Surgery) -> None:
    """An id with leading zeros is 404."""

    def user(self: World, name: str, current: Any) -> Any:
        if name.startswith("0"):
            raise NotFound
        return original(self, name, current)

    original = World.user
    mock.replace(World, "user", user)


@fault
def own_id_is_refused(mock: Surgery) -> None:
    """One's own channels are open under `self` and refused under one's own id."""

    def may_list(self: Any, call: Any) -> Any:
        if call.path_parameters["user_id"] == str(call.user.id) and not call.user.admin_of:
            raise Forbidden
        return original(self, call)

    original = Handlers.list_communication_channels
    mock.replace(Handlers, "list_communication_channels", may_list)
