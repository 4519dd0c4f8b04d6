"""Faults of push: one channel for all devices, and tokens that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.channels import ChannelList
from mockserver.errors import NotFound, RecordInvalid, Refused, ValidationFailed
from mockserver.handlers import Handlers
from mockserver.world import World
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.channels import Channel
    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery


def _register(mock: Surgery, register: Callable[..., Any]) -> None:
    """Register devices otherwise; `register` is given the original first."""
    original = World.register_device
    mock.replace(
        World, "register_device", lambda self, owner, token, device: register(original, self, owner, token, device)
    )


@fault
def every_device_has_a_channel(mock: Surgery) -> None:
    """A second device makes a second push channel."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        known = len(token.push_tokens)
        channel = original(world, owner, token, device)
        if known == 0 or len(token.push_tokens) == known:
            return channel
        another = world._new_channel(owner, "push", f"push{known}", "active")
        owner.channels.add(another)
        world._remember(another)
        return another

    _register(mock, register)


@fault
def push_channel_is_new_for_every_device(mock: Surgery) -> None:
    """A second device replaces the push channel by a new one with a new id."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        known = str(device).lower() in token.push_tokens
        found = owner.channels.find("push", "push")
        if found is not None and not known and token.sns:
            if not found.retired:
                owner.channels.retire(found)
            del owner.channels.rows["push", "push"]
        return original(world, owner, token, device)

    _register(mock, register)


@fault
def second_device_is_a_duplicate(mock: Surgery) -> None:
    """A second device is refused as a duplicate."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        found = owner.channels.find("push", "push")
        if found is not None and not found.retired:
            raise ValidationFailed(("path", "unique!", "unique!"))
        return original(world, owner, token, device)

    _register(mock, register)


@fault
def same_device_in_other_case_is_refused(mock: Surgery) -> None:
    """The same device in other letter case is refused."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        if isinstance(device, str) and device != device.lower() and device.lower() in token.push_tokens:
            raise ValidationFailed(("token", "has already been taken", "taken"))
        return original(world, owner, token, device)

    _register(mock, register)


@fault
def device_token_may_be_missing(mock: Surgery) -> None:
    """A push channel is made without a device token."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        return original(world, owner, token, device or "none")

    _register(mock, register)


@fault
def missing_device_token_answers_400(mock: Surgery) -> None:
    """A missing device token answers 400 instead of 422."""
    mock.replace(RecordInvalid, "status_code", 400)


@fault
def missing_device_token_is_named_by_base(mock: Surgery) -> None:
    """A missing device token is reported without naming the field."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.status == 422:
            reply.value = {"errors": [{"field": None, "message": "can't be blank", "error_code": "blank"}]}

    mock.on_reply(change)


@fault
def push_without_sns_is_forbidden(mock: Surgery) -> None:
    """Push without an SNS ARN is 403 instead of 400."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.status == 400 and b"SNS" in reply.body:
            reply.status = 403
            reply.value = {"status": "unauthorized", "errors": [{"message": "no SNS"}]}

    mock.on_reply(change)


@fault
def push_without_sns_answers_a_list(mock: Surgery) -> None:
    """Push without an SNS ARN answers a list of errors."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.status == 400 and b"SNS" in reply.body:
            reply.value = {"errors": [{"message": str(Refused("SNS is not configured for this developer key"))}]}

    mock.on_reply(change)


@fault
def push_channel_is_unconfirmed(mock: Surgery) -> None:
    """The push channel is unconfirmed."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        channel = original(world, owner, token, device)
        channel.workflow_state = "unconfirmed"
        return channel

    _register(mock, register)


@fault
def push_address_is_shown_raw(mock: Surgery) -> None:
    """The push channel is shown under its stored address, `push`."""
    mock.on_channel(lambda _ask, channel: channel.update(address="push") if channel["type"] == "push" else None)


@fault
def push_address_is_the_device_token(mock: Surgery) -> None:
    """The push channel shows the newest device token as its address."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        channel = original(world, owner, token, device)
        newest[:] = [str(device)]
        return channel

    newest: list[str] = ["push"]
    _register(mock, register)
    mock.on_channel(lambda _ask, channel: channel.update(address=newest[0]) if channel["type"] == "push" else None)


@fault
def push_comes_back_as_another(mock: Surgery) -> None:
    """A deleted push channel comes back under a new id."""

    def retire(self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        if channel.type == "push":
            del self.rows["push", "push"]

    original = ChannelList.retire
    mock.replace(ChannelList, "retire", retire)


@fault
def push_comes_back_unconfirmed(mock: Surgery) -> None:
    """A deleted push channel comes back unconfirmed."""

    def revive(self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, "unconfirmed" if channel.type == "push" else state)

    original = ChannelList.revive
    mock.replace(ChannelList, "revive", revive)


@fault
def push_is_found_by_its_shown_address(mock: Surgery) -> None:
    """The push channel is deleted under `For All Devices`, and not under `push`."""

    def delete(self: Any, call: Any) -> Any:
        named = call.path_parameters
        if named["type"] == "push":
            address = "push" if named["address"] == "For All Devices" else "-"
            call.path_parameters = {**named, "address": address}
        return original(self, call)

    original = Handlers.delete_communication_channel_by_address
    mock.replace(Handlers, "delete_communication_channel_by_address", delete)


def _forget(mock: Surgery, forget: Callable[[Any, Any, str], None]) -> None:
    """Forget devices otherwise: `forget(world, owner, device)` comes first."""

    def forgets(self: World, owner: Any, device: str) -> None:
        forget(self, owner, device)
        original(self, owner, device)

    original = World.forget_device
    mock.replace(World, "forget_device", forgets)


def _is_known(owner: Any, device: str) -> bool:
    return any(device.lower() in token.push_tokens for token in owner.tokens)


@fault
def forgetting_a_device_deletes_the_channel(mock: Surgery) -> None:
    """Deleting a push token deletes the push channel."""
    _forget(mock, lambda world, owner, device: owner.channels.retire(owner.channels.find("push", "push")))


@fault
def forgetting_the_last_device_deletes_the_channel(mock: Surgery) -> None:
    """Deleting the last push token deletes the push channel."""

    def forget(_world: World, owner: Any, device: str) -> None:
        left = set().union(*(token.push_tokens for token in owner.tokens)) - {device.lower()}
        if not left and _is_known(owner, device):
            owner.channels.retire(owner.channels.find("push", "push"))

    _forget(mock, forget)


@fault
def unknown_device_is_404(mock: Surgery) -> None:
    """Deleting a push token that is not registered answers 404."""

    def forget(_world: World, owner: Any, device: str) -> None:
        if not _is_known(owner, device):
            raise NotFound

    _forget(mock, forget)


@fault
def device_in_other_case_is_404(mock: Surgery) -> None:
    """Deleting a push token in other letter case answers 404."""

    def forget(_world: World, _owner: Any, device: str) -> None:
        if device != device.lower():
            raise NotFound

    _forget(mock, forget)


@fault
def forgetting_without_a_channel_is_200(mock: Surgery) -> None:
    """Deleting a push token without a push channel answers 200."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.forgets and reply.status == 404:
            reply.status, reply.value = 200, {"success": True}

    mock.on_reply(change)


@fault
def forgetting_needs_no_token_parameter(mock: Surgery) -> None:
    """push_token may be missing: the answer is 200."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.forgets and reply.status == 400:
            reply.status, reply.value = 200, {"success": True}

    mock.on_reply(change)


@fault
def forgetting_answers_204(mock: Surgery) -> None:
    """Deleting a push token answers 204 without a body."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.forgets and reply.status == 200:
            reply.status, reply.body = 204, b""
            del reply.headers["content-type"], reply.headers["content-length"]

    mock.on_reply(change)


@fault
def forgetting_answers_success_as_text(mock: Surgery) -> None:
    """Deleting a push token answers {"success": "true"}."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.forgets and reply.status == 200:
            reply.value = {"success": "true"}

    mock.on_reply(change)


@fault
def forgetting_answers_false(mock: Surgery) -> None:
    """Deleting a push token that is not registered answers {"success": false}."""

    def forget(_world: World, owner: Any, device: str) -> None:
        unknown[:] = [not _is_known(owner, device)]

    def change(ask: Ask, reply: Reply) -> None:
        if ask.forgets and reply.status == 200 and unknown == [True]:
            reply.value = {"success": False}

    unknown: list[bool] = []
    _forget(mock, forget)
    mock.on_reply(change)


@fault
def forgetting_answers_the_channel(mock: Surgery) -> None:
    """Deleting a push token answers with the push channel."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.forgets and reply.status == 200:
            reply.value = {"id": 1, "position": 1, "workflow_state": "active", "user_id": 1, "type": "push"}

    mock.on_reply(change)


@fault
def push_of_an_own_id_forgets_devices(mock: Surgery) -> None:
    """`push` after one's own id is read as after `self`, where Canvas looks for a channel of that name."""

    def change(ask: Ask) -> None:
        if ask.method == "DELETE" and ask.tail == ["push"] and ask.user.isdigit():
            ask.path = ask.path.replace(f"/users/{ask.user}/", "/users/self/")
            ask.notes.add("push")

    def after(ask: Ask, reply: Reply) -> None:
        if "push" in ask.notes and reply.status in {400, 404}:
            reply.status, reply.value = 200, {"success": True}

    mock.on_ask(change)
    mock.on_reply(after)
