"""One method for each operationId: unpack the call, one call on the world, a plain value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver import access, ruby
from mockserver.answers import Answer
from mockserver.channels import PUSH_ADDRESS
from mockserver.errors import BadParameters
from mockserver.pagination import link_header, page_of
from mockserver.parameters import flatten

if TYPE_CHECKING:
    from mockserver.call import Call
    from mockserver.channels import Channel
    from mockserver.parameters import Parameters

_NOT_KEPT = frozenset({"page", "per_page", "access_token", "api_key"})


class Handlers:
    """The operations. A method runs whole, without awaiting, so the world needs no locks."""

    def list_communication_channels(self, call: Call) -> Answer:
        """Behaviour 4."""
        owner = call.owner
        access.may_list(call.user, owner)
        page = page_of(call.parameters)
        kept = [*flatten({name: value for name, value in call.query.items() if name not in _NOT_KEPT})]
        link = link_header(call.origin + call.path, kept, page, len(owner.channels.listed))
        with_bounces = access.sees_bounces(call.user)
        shown = [channel.shown(with_bounces=with_bounces) for channel in owner.channels.page(page)]
        return Answer(shown, headers=[(b"link", link.encode())])

    def create_communication_channel(self, call: Call) -> Answer:
        """Behaviour 5. Permission is not asked for push channels (behaviour 3.2)."""
        owner, fields = call.owner, _channel_fields(call.parameters)
        kind = fields.get("type")
        if kind != "push":
            access.may_edit(call.world, call.user, owner)
        call.world.refuse_above_limit(call.user)
        if kind == "push":
            return _shown(call, call.world.register_device(owner, call.token, fields.get("token")))
        skip = ruby.is_true(_scalar(call.parameters, "skip_confirmation")) and access.skips_confirmation(call.user)
        state = "active" if skip else "unconfirmed"
        return _shown(call, call.world.create_channel(owner, kind, fields.get("address"), state))

    def delete_communication_channel(self, call: Call) -> Answer:
        """Behaviour 6. Parameters `type` and `address`, sent together, take the place of the id (behaviour 1.1)."""
        owner, sent = call.owner, call.parameters
        if sent.get("type") is not None and sent.get("address") is not None:
            return _retired(call, call.world.channel_at(owner, sent["type"], sent["address"]))
        return _retired(call, call.world.channel(owner, call.path_parameters["id"]))

    def delete_communication_channel_by_address(self, call: Call) -> Answer:
        """Behaviour 6."""
        named = call.path_parameters
        return _retired(call, call.world.channel_at(call.owner, named["type"], named["address"]))

    def delete_push_token(self, call: Call) -> Answer:
        """Behaviour 7."""
        call.world.channel_at(call.user, "push", PUSH_ADDRESS)
        device = call.parameters.get("push_token")
        if not isinstance(device, str):
            raise BadParameters("push_token is missing")
        call.world.forget_device(call.user, device)
        return Answer({"success": True})

    def reset_bounce_count(self, call: Call) -> Answer:
        """Behaviour 1.1, route 3; not in the contract."""
        channel = call.world.channel(call.owner, call.path_parameters["id"])
        access.may_reset_bounces(call.user)
        channel.bounces = channel.bounces._replace(bounce_count=0)
        return _shown(call, channel)

    def show_user(self, call: Call) -> Answer:
        """What clients read before they ask for channels; not in the contract."""
        access.may_list(call.user, call.owner)
        return Answer(call.owner.shown())


def _retired(call: Call, channel: Channel) -> Answer:
    """Retire the channel, once it is found: who may not still learns that it is there (behaviour 3.3)."""
    owner = call.owner
    access.may_delete(call.world, call.user, owner, channel)
    owner.channels.retire(channel)
    return _shown(call, channel)


def _shown(call: Call, channel: Channel) -> Answer:
    return Answer(channel.shown(with_bounces=access.sees_bounces(call.user)))


def _channel_fields(parameters: Parameters) -> Parameters:
    fields = parameters.get("communication_channel")
    if not isinstance(fields, dict):
        raise BadParameters("communication_channel is missing")
    return fields


def _scalar(parameters: Parameters, name: str) -> object:
    value = parameters.get(name)
    if isinstance(value, list | dict):
        raise BadParameters(f"{name} must be one value, not several")
    return value
