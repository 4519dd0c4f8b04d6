"""Variants of the account: its settings and users, and the channels of the owner, the user of CANVAS_TOKEN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.client.safety.addresses import EXPECTED_KEYS
from mockserver.canvas.accounts import Account
from mockserver.canvas.world import World
from mutants.mutant import equivalent, with_variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver import Seed
    from mutants.patching import PatchedMock

_OWNER = 1
_MAX_ROWS = 101
"""The maximum number of rows of a user, including deleted channels (behaviour 5.6)."""
_REQUIRED_ROWS = len(EXPECTED_KEYS) + 1
"""The rows of the channels that the suite creates for the owner, push included, and one more."""
_MAX_EXACT_INTEGER = 2**53
"""The integer above which a double does not represent every integer."""
_ID_INCREASE = _MAX_EXACT_INTEGER + 1
"""The increase of the ids of users and channels in the variant `large_ids`."""


def _set_channels(mock: PatchedMock, *rows: dict[str, Any]) -> None:
    """Replace the channels with which the owner starts."""
    mock.user_entry(_OWNER)["channels"] = [{"id": 100 + number, **row} for number, row in enumerate(rows)]


def _increase_ids(mock: PatchedMock, by: int) -> None:
    """Increase the ids of all users and channels."""
    for user in mock.world_document["users"]:
        user["id"] += by
        user["observes"] = [id_ + by for id_ in user.get("observes", ())]
        for channel in user.get("channels", ()):
            channel["id"] += by


# -- settings and users


@equivalent
def no_sns(mock: PatchedMock) -> None:
    """No developer key has an SNS ARN."""
    tokens = mock.user_entry(_OWNER)["tokens"]
    tokens[tokens.index({"value": "push-token", "sns": True})] = {"value": "push-token"}


@equivalent
def site_admin_without_read_messages(mock: PatchedMock) -> None:
    """The site admin lacks the right `read_messages`, and so gets no bounce fields."""
    mock.user_entry(6)["rights"] = ["become_user", "manage_students", "manage_user_logins"]


@equivalent
def bounces(mock: PatchedMock) -> None:
    """The owner's only channel has bounces."""
    bounces = {"bounce_count": 3, "last_bounce_at": "2026-02-01T08:00:00Z", "last_bounce_summary": "550 no such user"}
    _set_channels(mock, {"type": "email", "address": "owner@school.example", "bounces": bounces})


@with_variables(CANVAS_OTHER_USER_ID=str(2 + _ID_INCREASE))
@equivalent
def large_ids(mock: PatchedMock) -> None:
    """The ids of users and channels exceed 2^53, above which a double does not represent every integer."""

    def local_id(_self: Account, path_id: str, *, tilde: bool = True) -> int | None:  # noqa: ARG001  # the signature of Account.local_id
        # the mock's own local_id reads a number above 10**13 as a global id
        return int(path_id) if path_id.isascii() and path_id.isdigit() and len(path_id) < 20 else None

    _increase_ids(mock, _ID_INCREASE)
    mock.replace(Account, "local_id", local_id)


@equivalent
def another_shard(mock: PatchedMock) -> None:
    """The account is on another shard, so its global ids start with another number."""
    mock.world_document.setdefault("account", {})["shard"] = 10_890


@equivalent
def pages_of_50(mock: PatchedMock) -> None:
    """The largest page has 50 rows, as on a Canvas without a setting for it."""
    mock.world_document.setdefault("account", {})["max_per_page"] = 50


@equivalent
def pages_of_8(mock: PatchedMock) -> None:
    """The largest page has 8 rows, fewer than the default page of other Canvases."""
    mock.world_document.setdefault("account", {})["max_per_page"] = 8


@equivalent
def pages_of_500(mock: PatchedMock) -> None:
    """The largest page has 500 rows."""
    mock.world_document.setdefault("account", {})["max_per_page"] = 500


# -- channels of the owner


@equivalent
def no_channels(mock: PatchedMock) -> None:
    """The owner has no channels."""
    _set_channels(mock)


@equivalent
def twenty_five_channels(mock: PatchedMock) -> None:
    """The owner has 25 channels."""
    _set_channels(mock, *({"type": "email", "address": f"owner{number}@school.example"} for number in range(25)))


@equivalent
def a_push_channel(mock: PatchedMock) -> None:
    """The owner has a push channel."""
    mock.user_entry(_OWNER)["channels"].append({"id": 100, "type": "push", "address": "push"})


@equivalent
def a_retired_push_channel(mock: PatchedMock) -> None:
    """The owner has a deleted push channel."""
    mock.user_entry(_OWNER)["channels"].append({"id": 100, "type": "push", "address": "push", "state": "retired"})


@equivalent
def other_types(mock: PatchedMock) -> None:
    """The owner has channels of types that Canvas no longer creates."""
    _set_channels(
        mock,
        {"type": "email", "address": "owner@school.example"},
        {"type": "twitter", "address": "owner"},
        {"type": "slack", "address": "owner@slack.example"},
        {"type": "personal_email", "address": "home@owner.example"},
    )


@equivalent
def unusual_addresses(mock: PatchedMock) -> None:
    """The owner has SMS addresses with unusual characters and lengths."""
    addresses = [
        '"quoted blank"@school.example',
        "100%@school.example",
        "a+b@school.example",
        "\u65e5\u672c@\u4f8b\u3048.example",
        "<b>bold</b>",
        "a/b?c=d#e@school.example",
        "o'brien&co@school.example",
        "\U0001f600",
        "back\\slash",
        "x" * 255,
    ]
    _set_channels(mock, *({"type": "sms", "address": address} for address in addresses))


@equivalent
def gaps_in_positions(mock: PatchedMock) -> None:
    """The owner's positions have gaps."""
    _set_channels(
        mock,
        {"type": "email", "address": "owner@school.example", "position": 4},
        {"type": "sms", "address": "5550100", "position": 9},
    )


@equivalent
def positions_in_reverse_of_ids(mock: PatchedMock) -> None:
    """The owner's older channels have later positions."""
    _set_channels(
        mock,
        {"type": "email", "address": "owner@school.example", "position": 3},
        {"type": "sms", "address": "5550100", "position": 1},
    )


@equivalent
def equal_positions(mock: PatchedMock) -> None:
    """Two of the owner's channels have the same position."""
    _set_channels(
        mock,
        {"type": "email", "address": "owner@school.example", "position": 2},
        {"type": "sms", "address": "5550100", "position": 2},
    )


@equivalent
def a_null_position(mock: PatchedMock) -> None:
    """The position of one of the owner's channels is null, and the channel is listed last."""
    stored_for_null = 10**6  # after all others

    def replace(original: Any, self: World, seed: Seed) -> None:
        original(self, seed)
        self.users[_OWNER].channels.last_position = 2  # a null position does not count

    mock.user_entry(_OWNER)["channels"][2]["position"] = stored_for_null
    mock.wrap(World, "replace", replace)
    mock.on_channel(
        lambda _request, channel: channel.update(position=None) if channel["position"] == stored_for_null else None
    )


@equivalent
def a_null_created_at(mock: PatchedMock) -> None:
    """`created_at` of one of the owner's channels is null, as for those created before Canvas had that column."""
    # an id may be a string
    mock.on_channel(lambda _request, channel: channel.update(created_at=None) if str(channel["id"]) == "1" else None)


@equivalent
def many_rows(mock: PatchedMock) -> None:
    """The owner has seventy deleted channels."""
    rows = ({"type": "email", "address": f"old{n}@school.example", "state": "retired"} for n in range(70))
    _set_channels(mock, {"type": "email", "address": "owner@school.example"}, *rows)


def _leave_free_rows(mock: PatchedMock, free: int, position: Callable[[int], int]) -> None:
    """Give the owner deleted channels, so that this number of rows is free; `position` maps a number to a position."""
    rows = [
        {"type": "sms", "address": f"55502{n:02}", "state": "retired", "position": position(n)}
        for n in range(1, _MAX_ROWS - free)
    ]
    _set_channels(mock, {"type": "email", "address": "owner@school.example", "position": position(0)}, *rows)


@equivalent
def exactly_enough_rows(mock: PatchedMock) -> None:
    """The owner has free rows for the channels of the suite, push included, and for one more."""
    _leave_free_rows(mock, _REQUIRED_ROWS, lambda number: number + 1)


@equivalent
def exactly_enough_rows_with_gaps(mock: PatchedMock) -> None:
    """The owner has exactly enough free rows, and positions far above the number of rows."""
    _leave_free_rows(mock, _REQUIRED_ROWS, lambda number: number * 7 + 1)


@equivalent
def exactly_enough_rows_with_equal_positions(mock: PatchedMock) -> None:
    """The owner has exactly enough free rows, and all their channels have the same position."""
    _leave_free_rows(mock, _REQUIRED_ROWS, lambda _: 1)


@equivalent
def exactly_the_limit_of_the_account(mock: PatchedMock) -> None:
    """The account allows a user the three channels of the owner, those that the suite creates, and one more."""
    mock.world_document["account"]["max_communication_channels"] = 3 + _REQUIRED_ROWS


@equivalent
def an_imported_channel(mock: PatchedMock) -> None:
    """The owner's first channel comes from a SIS import, and the account does not allow its deletion."""
    mock.world_document["account"]["edit_institution_email"] = False
    mock.user_entry(_OWNER)["channels"][0]["imported"] = True


# -- users who may not edit their channels, and read-only runs


def _forbid_editing(mock: PatchedMock) -> None:
    mock.world_document.setdefault("account", {})["users_can_edit_communication_channels"] = False


@equivalent
def users_may_not_edit_their_channels(mock: PatchedMock) -> None:
    """Users may not edit their channels, and an admin creates and deletes them."""
    _forbid_editing(mock)


@with_variables(CANVAS_ADMIN_TOKEN="")
@equivalent
def users_may_not_edit_and_no_admin(mock: PatchedMock) -> None:
    """Users may not edit their channels, denied requests return 401, and the suite has no admin's token."""
    _forbid_editing(mock)
    mock.options["unauthorized_status"] = 401


@with_variables(CANVAS_ADMIN_TOKEN="")
@equivalent
def users_may_not_edit_and_have_no_channels(mock: PatchedMock) -> None:
    """Users may not edit their channels, the owner has none, and the suite has no admin's token."""
    _forbid_editing(mock)
    _set_channels(mock)


@with_variables(READ_ONLY="1")
@equivalent
def a_read_only_run(_mock: PatchedMock) -> None:
    """The run is read-only."""


@with_variables(READ_ONLY="1", CANVAS_ADMIN_TOKEN="")
@equivalent
def a_read_only_run_without_channels(mock: PatchedMock) -> None:
    """The run is read-only, the owner has no channels, and the suite has no admin's token."""
    _set_channels(mock)


@with_variables(READ_ONLY="1")
@equivalent
def a_read_only_run_with_many_channels(mock: PatchedMock) -> None:
    """The run is read-only, the owner has 25 channels and one that the suite may have left, and may not edit them."""
    _forbid_editing(mock)
    addresses = [*(f"owner{number}@school.example" for number in range(25)), "canvas-contract-1@example.com"]
    _set_channels(mock, *({"type": "email", "address": address} for address in addresses))
