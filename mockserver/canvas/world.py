"""The whole mutable state of one mock: settings, users, tokens and channels."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.canvas import channels as rules
from mockserver.canvas.channels import Channel
from mockserver.canvas.errors import BadParameters, LimitExceeded, NotFound, RecordInvalid, Refused
from mockserver.canvas.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.canvas.accounts import Account, Token, User
    from mockserver.canvas.seed import Seed

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

MAX_PUSH_TOKENS = 1000
"""For each access token; Canvas has no limit. No person has so many devices, and a test seldom needs more than two."""

MAX_CREATED_CHANNELS = 500_000
"""Of all users, without those of the world file; about 300 MB, and 180 MB more once all are listed.

A user has at most 101 rows by Canvas's own limit.
"""

_HOUR = timedelta(hours=1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SavedState(NamedTuple):
    """A copy of the state of a world, which does not change when the world does."""

    attributes: dict[str, Any]


class World:
    """One Canvas in memory. Several worlds exist side by side and share nothing.

    `clock` returns the current time in UTC. The same seed, clock, `random_seed` and requests produce the same
    responses.
    """

    account: Account
    users: dict[int, User]
    tokens: dict[str, Token]
    channels: dict[int, Channel]
    """Every row, retired ones included, by id."""
    users_by_external_id: dict[tuple[str, str], User]
    """Users by the prefix and the value of each id that is not a Canvas id."""
    rate_limit_levels: dict[str, tuple[float, float]]
    """By token: the units in the leaky bucket, and the time of the last request in seconds."""
    outbox: Outbox
    request_ids: Random
    """The source of the ids of requests."""
    last_channel_id: int
    """The largest id that a channel has or had."""

    def __init__(self, seed: Seed, clock: Callable[[], datetime] = _utc_now, random_seed: int = 0) -> None:
        self.clock = clock
        self._random_seed = random_seed
        self.replace(seed)

    @property
    def seed(self) -> Seed:
        """The seed to which `reset` returns."""
        return self._seed

    def reset(self) -> None:
        """Restore the state of the seed."""
        self.replace(self._seed)

    def replace(self, seed: Seed) -> None:
        """Replace the state by that of another seed, to which `reset` then returns."""
        self._seed = seed
        self.account = seed.account()
        self.users = {}
        self.tokens = {}
        self.channels = {}
        self.users_by_external_id = {}
        self.rate_limit_levels = {}
        self.outbox = Outbox()
        self.request_ids = Random(self._random_seed)  # noqa: S311  # ids, not secrets
        self._error_reports = 0
        self.last_channel_id = seed.last_channel_id
        self._created_channels = 0
        for user in seed.users():
            self.add_user(user)

    def save(self) -> SavedState:
        """Return a copy of the state, without the clock."""
        attributes = {name: value for name, value in vars(self).items() if name != "clock"}
        shared = {id(self._seed): self._seed}  # it never changes
        return SavedState(copy.deepcopy(attributes, shared))

    def restore(self, saved: SavedState) -> None:
        """Return to a saved state, which can be restored again later."""
        seed = saved.attributes["_seed"]
        vars(self).update(copy.deepcopy(saved.attributes, {id(seed): seed}))

    def next_error_report_id(self) -> int:
        """Return the id of a new error report."""
        self._error_reports += 1
        return self._error_reports

    def now(self) -> str:
        """Return the time in Canvas's format: UTC, to the second."""
        return self.clock().strftime(TIME_FORMAT)

    def timestamp(self) -> float:
        """Return the time as a Unix timestamp in seconds, for the rate limit."""
        return self.clock().timestamp()

    # -- users

    def add_user(self, user: User) -> None:
        """Add a user with the user's tokens and channels, and index all ids."""
        self.users[user.id] = user
        for kind, value in user.external_ids.items():
            self.users_by_external_id[kind, value] = user
        if user.login_id is not None:
            self.users_by_external_id["sis_login_id", user.login_id.lower()] = user
        self.tokens.update((token.value, token) for token in user.tokens)
        for channel in user.channels.rows.values():
            self._index(channel)

    def add_token(self, user: User, token: Token) -> None:
        """Add an access token of a user."""
        user.tokens.append(token)
        self.tokens[token.value] = token

    def find_user(self, path_id: str, current: User) -> User:
        """Return the user with this id, in any form that Canvas accepts in a path; `self` is the user `current`.

        Raises NotFound for an id that no user has (behaviour 3.4).
        """
        if path_id == "self":
            return current
        local_id = self.account.local_id(path_id.strip(), tilde=self.account.tilde_user_ids)
        found = self._find_by_external_id(path_id) if local_id is None else self.users.get(local_id)
        if found is None:
            raise NotFound
        return found

    def _find_by_external_id(self, path_id: str) -> User | None:
        """Return the user with an id such as `sis_user_id:S1`, or in hexadecimal digits `hex:sis_user_id:5331`."""
        kind, _, value = path_id.partition(":")
        if kind == "hex":
            kind, _, digits = value.partition(":")
            try:
                value = bytes.fromhex(digits).decode()
            except ValueError:
                return None
        return self.users_by_external_id.get((kind, value.lower() if kind == "sis_login_id" else value))

    # -- channels

    def find_channel(self, owner: User, path_id: str) -> Channel:
        """Return the owner's channel with this id. Raises NotFound for none and for a retired one (behaviour 3.5)."""
        channel = self.channels.get(self.account.local_id(path_id) or 0)
        return rules.require_found(channel if channel is not None and channel.user_id == owner.id else None)

    def find_channel_by_address(self, owner: User, kind: object, address: object) -> Channel:
        """Return the owner's channel with this type and address. Raises NotFound for none and for a retired one."""
        return rules.require_found(owner.channels.find(str(kind), str(address)))

    def create_channel(self, owner: User, kind: object, address: object, state: str) -> Channel:
        """Create an e-mail or SMS channel, or restore the retired one at this address (behaviour 5)."""

        def new_channel(stored_type: str, path: str) -> Channel:
            return self._new_channel(owner, stored_type, path, state)

        last_id, banned = self.last_channel_id, self.account.banned_email_domains
        channel = rules.create_or_restore(owner.channels, kind, address, state, new_channel, banned)
        self._index(channel)
        if state == "unconfirmed" and self.outbox.is_confirmation_due(channel):
            # A new channel already has the time, so it need not be formatted again.
            self.outbox.send_confirmation(channel, channel.created_at if channel.id > last_id else self.now())
        return channel

    def confirm_by_code(self, code: str) -> Channel | None:
        """Confirm the channel of a confirmation code and return it; None for an unknown code or a retired channel."""
        channel = self.channels.get(self.outbox.channel_id(code) or 0)
        if channel is None or channel.retired:
            return None
        channel.workflow_state = "active"
        return channel

    def register_device(self, owner: User, token: Token, push_token: object) -> Channel:
        """Register a push token with an access token, and return the owner's one push channel (behaviour 5.7).

        Raises Refused where the developer key has no SNS ARN, RecordInvalid without a push token, and BadParameters
        for a push token that Canvas's database cannot store, and LimitExceeded.
        """
        if not token.sns:
            raise Refused("SNS is not configured for this developer key")
        if not isinstance(push_token, str) or not push_token.strip():
            raise RecordInvalid
        if len(push_token) > rules.MAX_TEXT_LENGTH:
            raise BadParameters(f"communication_channel[token] is longer than {rules.MAX_TEXT_LENGTH} characters")
        self._check_devices(token, push_token.lower())
        channel = owner.channels.find("push", rules.PUSH_ADDRESS)
        if channel is None:
            channel = self._new_channel(owner, "push", rules.PUSH_ADDRESS, "active")
            owner.channels.add(channel)
            self._index(channel)
        elif channel.retired:
            owner.channels.restore(channel, rules.PUSH_ADDRESS, "active")
        if push_token.lower() not in token.push_tokens:
            token.push_tokens.add(push_token.lower())
            self.outbox.send_registration(channel, push_token, self.now())
        return channel

    def unregister_device(self, owner: User, push_token: str) -> None:
        """Remove a push token from all access tokens of the owner; the push channel stays (behaviour 7)."""
        for token in owner.tokens:
            token.push_tokens.discard(push_token.lower())

    def set_one_time_password(self, channel: Channel, *, is_receiver: bool) -> None:
        """Send the owner's one-time passwords to this channel and to no other, or no longer to it (behaviour 6)."""
        if is_receiver:
            for other in self.users[channel.user_id].channels.rows.values():
                other.one_time_password = False
        channel.one_time_password = is_receiver

    def record_bounce(self, channel: Channel, kind: str, summary: str | None) -> None:
        """Record that a message to the channel's address was returned: `permanent`, `transient` or `suppression`.

        As in Canvas, every e-mail channel with the address bounces, whoever owns it.
        """
        rows = [channel]
        if channel.type == "email":
            rows = [row for user in self.users.values() if (row := user.channels.find("email", channel.address))]
        for row in rows:
            row.bounces = row.bounces.after(kind, self.now(), summary)

    def check_channel_limit(self, caller: User) -> None:
        """Raise Refused if the caller has as many channels as the account allows (behaviour 5.6).

        Canvas counts the caller's channels, not the owner's. A deleted channel counts for an hour after its creation.
        """
        limit = self.account.max_communication_channels
        if limit is None:
            return
        recent = (self.clock() - _HOUR).strftime(TIME_FORMAT)
        rows = caller.channels.rows.values()
        if sum(not row.retired or row.created_at > recent for row in rows) >= limit:
            raise Refused("Maximum number of communication channels reached")

    def _check_devices(self, token: Token, push_token: str) -> None:
        if push_token not in token.push_tokens and len(token.push_tokens) >= MAX_PUSH_TOKENS:
            raise LimitExceeded(f"the mock stores at most {MAX_PUSH_TOKENS} push tokens for each access token")

    def _new_channel(self, owner: User, kind: str, address: str, state: str) -> Channel:
        if self._created_channels >= MAX_CREATED_CHANNELS:
            raise LimitExceeded(f"the mock stores at most {MAX_CREATED_CHANNELS} created channels until it is reset")
        self._created_channels += 1
        position = owner.channels.last_position + 1
        return Channel(self.last_channel_id + 1, owner.id, kind, address, state, position, self.now())

    def _index(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self.last_channel_id = max(self.last_channel_id, channel.id)
