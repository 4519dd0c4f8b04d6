"""The records of an account: its settings, its users, and their access tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mockserver.canvas.channels import ChannelList

IDS_PER_SHARD = 10**13
SITE = "site"
ROOT = "root"

ADMIN_RIGHTS = frozenset({"become_user", "manage_students", "manage_user_logins"})
SITE_ADMIN_RIGHTS = ADMIN_RIGHTS | {"read_messages"}

_ID = re.compile(r"(?:(?P<shard>\d{1,19})~)?(?P<number>\d{1,19})", re.ASCII)


@dataclass(slots=True)
class Account:
    """The settings of an account that change this API (behaviour 3.2, 5.2, 5.6)."""

    users_can_edit_communication_channels: bool = True
    edit_institution_email: bool = True
    max_communication_channels: int | None = None
    banned_email_domains: tuple[str, ...] = ()
    max_per_page: int = 100
    shard: int = 1
    """The number of the shard, which is the front part of a global id."""
    tilde_user_ids: bool = True
    """Whether `1~2` is accepted as a user id, as on hosted Canvas; Canvas itself accepts it as a channel id only."""

    def global_id(self, local_id: int) -> int:
        """Return the global id of a local id (behaviour 3.4)."""
        return self.shard * IDS_PER_SHARD + local_id

    def local_id(self, path_id: str, *, tilde: bool = True) -> int | None:
        """Return the local id for a local id, a global id or, with `tilde`, an id of the form `1~2`.

        Returns None for other text, and for an id of another shard (behaviour 3.4).
        """
        match = _ID.fullmatch(path_id)
        if match is None or (match["shard"] and not tilde):
            return None
        shard, local_id = divmod(int(match["shard"] or 0) * IDS_PER_SHARD + int(match["number"]), IDS_PER_SHARD)
        return local_id if shard in {0, self.shard} else None


@dataclass(slots=True)
class Token:
    """An access token, and what its developer key allows."""

    id: int
    value: str
    user_id: int
    sns: bool = False
    """Whether the developer key has an SNS ARN, which push channels require."""
    scopes: tuple[str, ...] | None = None
    """The granted scopes; None where the developer key does not enforce scopes."""
    expires_at: str | None = None
    revoked: bool = False
    push_tokens: set[str] = field(default_factory=set)
    """The push tokens of the devices that are registered with this access token, in lower case."""

    @property
    def developer_key_id(self) -> int:
        """The id of the developer key; tokens with the same abilities have the same key."""
        return 1 if self.sns else 2 if self.scopes is not None else 3


@dataclass(slots=True)
class User:
    """A Canvas user with the user's rights, tokens and channels."""

    id: int
    name: str
    login_id: str | None = None
    external_ids: dict[str, str] = field(default_factory=dict)
    """Ids in other systems, by the prefix that the API uses for them, such as `sis_user_id`."""
    role: str = "student"
    account: str = "root"
    admin_of: str | None = None
    """The account that the user administers: `site`, `root`, or the name of a sub-account; None for everybody else."""
    rights: frozenset[str] = frozenset()
    observes: frozenset[int] = frozenset()
    """The ids of the users whom this user observes."""
    tokens: list[Token] = field(default_factory=list)
    channels: ChannelList = field(default_factory=ChannelList)

    def to_json(self) -> dict[str, object]:
        """Return the fields of Canvas's User object that clients of this API read."""
        first, _, rest = self.name.partition(" ")
        return {
            "id": self.id,
            "name": self.name,
            "sortable_name": f"{rest}, {first}" if rest else first,
            "short_name": self.name,
            "login_id": self.login_id,
        }
