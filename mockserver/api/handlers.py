"""One method for each operationId: read the request, apply one change or query to the world, return a plain value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.api.pagination import link_header, parse_page
from mockserver.api.parameters import flatten
from mockserver.api.response import ApiResponse, EncodedItem
from mockserver.canvas import permissions, ruby
from mockserver.canvas.channels import PUSH_ADDRESS
from mockserver.canvas.errors import BadParameters

if TYPE_CHECKING:
    from mockserver.api.request import ApiRequest
    from mockserver.canvas.channels import Channel

_NOT_IN_LINKS = frozenset({"page", "per_page", "access_token", "api_key"})
"""The query parameters that Canvas does not copy into the Link header."""


class Handlers:
    """The operations. A method never awaits, so the world needs no locks."""

    def list_communication_channels(self, request: ApiRequest) -> ApiResponse:
        """List one page of the owner's channels (behaviour 4)."""
        user, owner = request.user, request.owner
        permissions.check_list(user, owner)
        page = parse_page(request.parameters, len(owner.channels.listed), request.world.account.max_per_page)
        others = [*flatten({name: value for name, value in request.query.items() if name not in _NOT_IN_LINKS})]
        link = link_header(request.origin + request.prefix + request.path, others, page)
        with_bounces = permissions.can_see_bounces(user)
        rows = owner.channels.page(page.rows)
        channels = [_encoded_channel(channel, with_bounces=with_bounces) for channel in rows]
        return ApiResponse(channels, headers=[(b"link", link.encode())])

    def create_communication_channel(self, request: ApiRequest) -> ApiResponse:
        """Create a channel (behaviour 5). Canvas checks no permission for push channels (behaviour 3.2)."""
        owner, fields = request.owner, request.parameters.get("communication_channel")
        kind = fields.get("type") if isinstance(fields, dict) else None
        if kind != "push":
            permissions.check_edit(request.world.account, request.user, owner)
        request.world.check_channel_limit(request.user)
        if not isinstance(fields, dict):
            raise BadParameters("communication_channel is missing")
        if kind == "push":
            return _channel_response(request, request.world.register_device(owner, request.token, fields.get("token")))
        skip = ruby.is_true(request.parameters.get("skip_confirmation"))
        state = "active" if skip and permissions.can_skip_confirmation(request.user) else "unconfirmed"
        return _channel_response(request, request.world.create_channel(owner, kind, fields.get("address"), state))

    def delete_communication_channel(self, request: ApiRequest) -> ApiResponse:
        """Delete by id (behaviour 6). If `type` and `address` are both sent, they replace the id (behaviour 1.1)."""
        owner, parameters = request.owner, request.parameters
        if parameters.get("type") is not None and parameters.get("address") is not None:
            channel = request.world.find_channel_by_address(owner, parameters["type"], parameters["address"])
            return _retire(request, channel)
        return _retire(request, request.world.find_channel(owner, request.path_parameters["id"]))

    def delete_communication_channel_by_address(self, request: ApiRequest) -> ApiResponse:
        """Delete by type and address (behaviour 6)."""
        path = request.path_parameters
        return _retire(request, request.world.find_channel_by_address(request.owner, path["type"], path["address"]))

    def delete_push_token(self, request: ApiRequest) -> ApiResponse:
        """Delete a push token of the current user. Raises NotFound for a user without a push channel (behaviour 7)."""
        request.world.find_channel_by_address(request.user, "push", PUSH_ADDRESS)
        push_token = request.parameters.get("push_token")
        if not isinstance(push_token, str):
            raise BadParameters("push_token is missing")
        request.world.unregister_device(request.user, push_token)
        return ApiResponse({"success": True})

    def reset_bounce_count(self, request: ApiRequest) -> ApiResponse:
        """Set a channel's bounce count to 0 (behaviour 1.1, route 3); not in the contract."""
        channel = request.world.find_channel(request.owner, request.path_parameters["id"])
        permissions.check_reset_bounces(request.user)
        channel.bounces = channel.bounces._replace(bounce_count=0)
        return _channel_response(request, channel)

    def show_user(self, request: ApiRequest) -> ApiResponse:
        """Return the user. The contract leaves this operation out; clients send it before they list channels."""
        permissions.check_list(request.user, request.owner)
        return ApiResponse(request.owner.to_json())


def _retire(request: ApiRequest, channel: Channel) -> ApiResponse:
    """Retire a channel that exists. A caller without permission gets 403, not 404 (behaviour 3.3)."""
    owner = request.owner
    permissions.check_delete(request.world.account, request.user, owner, channel)
    owner.channels.retire(channel)
    return _channel_response(request, channel)


def _encoded_channel(channel: Channel, *, with_bounces: bool) -> EncodedItem:
    """Return a channel as an item of a list, encoded again only after a change or for a reader with other rights."""
    stored: tuple[bool, EncodedItem] | None = channel.derived
    if stored is None or stored[0] != with_bounces:
        stored = channel.derived = with_bounces, EncodedItem(channel.to_json(with_bounces=with_bounces))
    return stored[1]


def _channel_response(request: ApiRequest, channel: Channel) -> ApiResponse:
    return ApiResponse(channel.to_json(with_bounces=permissions.can_see_bounces(request.user)))
