"""The records of an account: its settings, its users, and their access tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.canvas.channels import ChannelList

SITE = "site"
ROOT = "root"

ADMIN_RIGHTS = frozenset({"become_user", "manage_students", "manage_user_logins"})
SITE_ADMIN_RIGHTS = ADMIN_RIGHTS | {"read_messages"}


@dataclass(slots=True)
class Account:
    """The settings of an account that change this API (behaviour 3.2, 5.2, 5.6)."""

    users_can_edit_communication_channels: bool = True
    edit_institution_email: bool = True
    max_communication_channels: int | None = None
    banned_email_domains: tuple[str, ...] = ()


@dataclass(slots=True)
class Token:
    """An access token, and what its developer key allows."""

    value: str
    user_id: int
    sns: bool = False
    """Whether the developer key has an SNS ARN, which push channels require."""
    scopes: tuple[str, ...] | None = None
    """The granted scopes; None where the developer key does not enforce scopes."""
    expires_at: str | None = None
    revoked: bool = False
    push_tokens: set[str] = field(default_factory=set)
    """The device tokens registered with this access token, in lower case."""


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
