"""World documents of running worlds: the same format as world files, so that a world can be saved and started again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mockserver.canvas.channels import NO_BOUNCES

if TYPE_CHECKING:
    from mockserver.canvas.accounts import Token, User
    from mockserver.canvas.channels import Channel
    from mockserver.canvas.world import World


def world_document(world: World) -> dict[str, Any]:
    """Return the state of a world as a document that is valid against world.schema.yaml.

    A world that starts with it has the same users, tokens, channels and next ids. Clock and rate limits are left out.
    """
    return {
        "account": {**asdict(world.account), "banned_email_domains": list(world.account.banned_email_domains)},
        "last_channel_id": world.last_channel_id,
        "users": [user_entry(user) for user in world.users.values()],
    }


def user_entry(user: User) -> dict[str, Any]:
    """Return the entry of a user, with tokens and channels."""
    entry: dict[str, Any] = {"id": user.id, "name": user.name, "role": user.role, "account": user.account}
    if user.login_id is not None:
        entry["login_id"] = user.login_id
    entry |= user.external_ids
    if user.admin_of is not None:
        entry["admin_of"] = user.admin_of
    if user.rights:
        entry["rights"] = sorted(user.rights)
    if user.observes:
        entry["observes"] = sorted(user.observes)
    entry["tokens"] = [token_entry(token) for token in user.tokens]
    entry["channels"] = [channel_entry(channel) for channel in user.channels.rows.values()]
    return entry


def token_entry(token: Token) -> dict[str, Any]:
    """Return the entry of an access token; its id follows from its place in the document."""
    entry: dict[str, Any] = {"value": token.value, "sns": token.sns, "revoked": token.revoked}
    if token.scopes is not None:
        entry["scopes"] = list(token.scopes)
    if token.expires_at is not None:
        entry["expires_at"] = token.expires_at
    if token.push_tokens:
        entry["push_tokens"] = sorted(token.push_tokens)
    return entry


def channel_entry(channel: Channel) -> dict[str, Any]:
    """Return the entry of a channel."""
    entry: dict[str, Any] = {
        "id": channel.id,
        "type": channel.type,
        "address": channel.address,
        "state": channel.workflow_state,
        "position": channel.position,
        "created_at": channel.created_at,
        "imported": channel.imported,
        "one_time_password": channel.one_time_password,
    }
    if channel.confirmations:
        entry["confirmations"] = channel.confirmations
    if channel.bounces != NO_BOUNCES:
        entry["bounces"] = {name: value for name, value in channel.bounces._asdict().items() if value is not None}
    return entry
