"""Faults of the push channel and of push tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.api.handlers import Handlers
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import NotFound, RecordInvalid, Refused, ValidationFailed
from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.channels import Channel
    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock


def _before_unregistration(mock: PatchedMock, hook: Callable[[Any, str], None]) -> None:
    """Call `hook(owner, device)` before a device is unregistered."""

    def unregister_device(original: Any, self: World, owner: Any, device: str) -> None:
        hook(owner, device)
        original(self, owner, device)

    mock.wrap(World, "unregister_device", unregister_device)


def _replace_error(mock: PatchedMock, error: dict[str, object]) -> None:
    """Replace the error in responses with status 422."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 422:
            response.json = {"errors": [error]}

    mock.on_response(change)


def _is_registered(owner: Any, device: str) -> bool:
    return any(device.lower() in token.push_tokens for token in owner.tokens)


@fault
def every_device_has_a_channel(mock: PatchedMock) -> None:
    """Every device after the first creates another push channel."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        before = len(token.push_tokens)
        channel = original(world, owner, token, device)
        is_second_device = 0 < before < len(token.push_tokens)
        if not is_second_device:
            return channel
        another = world._new_channel(owner, "push", f"push{before}", "active")
        owner.channels.add(another)
        world._index(another)
        return another

    mock.wrap(World, "register_device", register)


@fault
def push_channel_is_new_for_every_device(mock: PatchedMock) -> None:
    """Each new device replaces the push channel with one that has a new id."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        known = str(device).lower() in token.push_tokens
        found = owner.channels.find("push", "push")
        if found is not None and not known and token.sns:
            if not found.retired:
                owner.channels.retire(found)
            del owner.channels.rows["push", "push"]
        return original(world, owner, token, device)

    mock.wrap(World, "register_device", register)


@fault
def second_device_is_a_duplicate(mock: PatchedMock) -> None:
    """A push channel is rejected as a duplicate if the user has one, whatever the device."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        found = owner.channels.find("push", "push")
        if found is not None and not found.retired:
            raise ValidationFailed(("path", "unique!", "unique!"))
        return original(world, owner, token, device)

    mock.wrap(World, "register_device", register)


@fault
def same_device_in_other_case_is_rejected(mock: PatchedMock) -> None:
    """A registered push token that is sent again with capital letters is rejected."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        if isinstance(device, str) and device != device.lower() and device.lower() in token.push_tokens:
            raise ValidationFailed(("token", "has already been taken", "taken"))
        return original(world, owner, token, device)

    mock.wrap(World, "register_device", register)


@fault
def push_token_is_optional(mock: PatchedMock) -> None:
    """A push channel is created without a push token."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        return original(world, owner, token, device or "none")

    mock.wrap(World, "register_device", register)


@fault
def missing_push_token_returns_400(mock: PatchedMock) -> None:
    """A missing push token returns 400 instead of 422."""
    mock.replace(RecordInvalid, "status_code", 400)


@fault
def missing_push_token_has_null_field(mock: PatchedMock) -> None:
    """`field` in the error of a missing push token is null."""
    _replace_error(mock, {"field": None, "message": "can't be blank", "error_code": "blank"})


@fault
def missing_push_token_has_no_message(mock: PatchedMock) -> None:
    """The error of a missing push token lacks `message`."""
    _replace_error(mock, {"field": "token", "error_code": "blank"})


@fault
def missing_push_token_has_a_number_as_message(mock: PatchedMock) -> None:
    """`message` in the error of a missing push token is a number."""
    _replace_error(mock, {"field": "token", "message": 422, "error_code": "blank"})


@fault
def push_without_sns_is_forbidden(mock: PatchedMock) -> None:
    """A push channel without an SNS ARN returns 403 instead of 400."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 400 and b"SNS" in response.body:
            response.status = 403
            response.json = {"status": "unauthorized", "errors": [{"message": "no SNS"}]}

    mock.on_response(change)


@fault
def push_without_sns_returns_a_list(mock: PatchedMock) -> None:
    """`errors` for a push channel without an SNS ARN is a list instead of an object."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 400 and b"SNS" in response.body:
            response.json = {"errors": [{"message": str(Refused("SNS is not configured for this developer key"))}]}

    mock.on_response(change)


@fault
def push_channel_is_unconfirmed(mock: PatchedMock) -> None:
    """The push channel is unconfirmed."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        channel = original(world, owner, token, device)
        channel.workflow_state = "unconfirmed"
        return channel

    mock.wrap(World, "register_device", register)


@fault
def push_address_is_the_stored_one(mock: PatchedMock) -> None:
    """The address of the push channel is the stored one, `push`, instead of `For All Devices`."""
    mock.on_channel(lambda _request, channel: channel.update(address="push") if channel["type"] == "push" else None)


@fault
def push_address_is_the_push_token(mock: PatchedMock) -> None:
    """The address of the push channel is the newest push token."""

    def register(original: Any, world: World, owner: Any, token: Any, device: Any) -> Any:
        channel = original(world, owner, token, device)
        newest[:] = [str(device)]
        return channel

    newest: list[str] = ["push"]
    mock.wrap(World, "register_device", register)
    mock.on_channel(lambda _request, channel: channel.update(address=newest[0]) if channel["type"] == "push" else None)


@fault
def restored_push_channel_has_a_new_id(mock: PatchedMock) -> None:
    """A restored push channel has a new id."""

    def retire(original: Any, self: ChannelList, channel: Channel) -> None:
        original(self, channel)
        if channel.type == "push":
            del self.rows["push", "push"]

    mock.wrap(ChannelList, "retire", retire)


@fault
def restored_push_channel_is_unconfirmed(mock: PatchedMock) -> None:
    """A restored push channel is unconfirmed."""

    def restore(original: Any, self: ChannelList, channel: Channel, address: str, state: str) -> None:
        original(self, channel, address, "unconfirmed" if channel.type == "push" else state)

    mock.wrap(ChannelList, "restore", restore)


@fault
def push_is_found_by_its_displayed_address(mock: PatchedMock) -> None:
    """The push channel is deleted by the address `For All Devices`, and not by `push`."""

    def delete(original: Any, self: Any, request: Any) -> Any:
        path = request.path_parameters
        if path["type"] == "push":
            address = "push" if path["address"] == "For All Devices" else "-"
            request.path_parameters = {**path, "address": address}
        return original(self, request)

    mock.wrap(Handlers, "delete_communication_channel_by_address", delete)


@fault
def push_token_delete_deletes_the_channel(mock: PatchedMock) -> None:
    """A delete of a push token deletes the push channel."""
    _before_unregistration(mock, lambda owner, device: owner.channels.retire(owner.channels.find("push", "push")))


@fault
def last_push_token_delete_deletes_the_channel(mock: PatchedMock) -> None:
    """A delete of the last push token deletes the push channel."""

    def hook(owner: Any, device: str) -> None:
        remaining = set().union(*(token.push_tokens for token in owner.tokens)) - {device.lower()}
        if not remaining and _is_registered(owner, device):
            owner.channels.retire(owner.channels.find("push", "push"))

    _before_unregistration(mock, hook)


@fault
def unknown_push_token_is_404(mock: PatchedMock) -> None:
    """A delete of an unknown push token returns 404."""

    def hook(owner: Any, device: str) -> None:
        if not _is_registered(owner, device):
            raise NotFound

    _before_unregistration(mock, hook)


@fault
def push_token_in_other_case_is_404(mock: PatchedMock) -> None:
    """A delete of a push token with capital letters returns 404."""

    def hook(_owner: Any, device: str) -> None:
        if device != device.lower():
            raise NotFound

    _before_unregistration(mock, hook)


@fault
def push_token_delete_without_a_channel_is_200(mock: PatchedMock) -> None:
    """A delete of a push token returns 200 instead of 404 if there is no push channel."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete_push_token and response.status == 404:
            response.status, response.json = 200, {"success": True}

    mock.on_response(change)


@fault
def push_token_parameter_is_optional(mock: PatchedMock) -> None:
    """A delete of a push token without `push_token` returns 200."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete_push_token and response.status == 400:
            response.status, response.json = 200, {"success": True}

    mock.on_response(change)


@fault
def push_token_delete_returns_204(mock: PatchedMock) -> None:
    """A delete of a push token returns 204 without a body."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete_push_token and response.status == 200:
            response.set_empty(204)

    mock.on_response(change)


@fault
def push_token_delete_returns_success_as_text(mock: PatchedMock) -> None:
    """A delete of a push token returns {"success": "true"}."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete_push_token and response.status == 200:
            response.json = {"success": "true"}

    mock.on_response(change)


@fault
def unknown_push_token_returns_false(mock: PatchedMock) -> None:
    """A delete of an unknown push token returns {"success": false}."""

    def hook(owner: Any, device: str) -> None:
        unknown[:] = [not _is_registered(owner, device)]

    def change(request: Request, response: Response) -> None:
        if request.is_delete_push_token and response.status == 200 and unknown == [True]:
            response.json = {"success": False}

    unknown: list[bool] = []
    _before_unregistration(mock, hook)
    mock.on_response(change)


@fault
def push_token_delete_returns_the_channel(mock: PatchedMock) -> None:
    """A delete of a push token returns an object like a push channel."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete_push_token and response.status == 200:
            response.json = {"id": 1, "position": 1, "workflow_state": "active", "user_id": 1, "type": "push"}

    mock.on_response(change)


@fault
def push_under_own_id_deletes_push_tokens(mock: PatchedMock) -> None:
    """A delete of `push` under a numeric user id deletes the caller's push token, as under `self`, and returns 200."""

    def before(request: Request) -> None:
        if request.method == "DELETE" and request.subpath == ["push"] and request.user_id.isdigit():
            request.path = request.path.replace(f"/users/{request.user_id}/", "/users/self/")
            request.notes.add("push")

    def after(request: Request, response: Response) -> None:
        if "push" in request.notes and response.status in {400, 404}:
            response.status, response.json = 200, {"success": True}

    mock.on_request(before)
    mock.on_response(after)
