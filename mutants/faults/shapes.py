"""Faults of a channel's fields: missing, renamed, null, of another type, for some channels only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver import access, answers
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery

_BOUNCES = (
    "bounce_count",
    "last_bounce_at",
    "last_transient_bounce_at",
    "last_suppression_bounce_at",
    "last_bounce_summary",
    "last_transient_bounce_summary",
)


def _field(mock: Surgery, name: str, change: Callable[[Any], Any]) -> None:
    """Show a field changed."""

    def alter(_ask: Ask, channel: dict[str, Any]) -> None:
        channel[name] = change(channel[name])

    mock.on_channel(alter)


@fault
def address_is_missing(mock: Surgery) -> None:
    """Channels are shown without `address`."""
    mock.on_channel(lambda _ask, channel: channel.pop("address"))


@fault
def user_id_is_missing(mock: Surgery) -> None:
    """Channels are shown without `user_id`."""
    mock.on_channel(lambda _ask, channel: channel.pop("user_id"))


@fault
def created_at_is_missing(mock: Surgery) -> None:
    """Channels are shown without `created_at`."""
    mock.on_channel(lambda _ask, channel: channel.pop("created_at"))


@fault
def position_is_missing_in_lists(mock: Surgery) -> None:
    """Listed channels lack `position`; created ones have it."""
    mock.on_channel(lambda ask, channel: channel.pop("position") if ask.lists else None)


@fault
def type_is_missing_after_creation(mock: Surgery) -> None:
    """A created channel is answered without `type`; lists have it."""
    mock.on_channel(lambda ask, channel: channel.pop("type") if ask.creates else None)


@fault
def state_is_missing_for_sms(mock: Surgery) -> None:
    """SMS channels are shown without `workflow_state`."""
    mock.on_channel(lambda _ask, channel: channel.pop("workflow_state") if channel["type"] == "sms" else None)


@fault
def user_id_is_missing_for_push(mock: Surgery) -> None:
    """The push channel is shown without `user_id`."""
    mock.on_channel(lambda _ask, channel: channel.pop("user_id") if channel["type"] == "push" else None)


@fault
def created_at_is_missing_after_the_third(mock: Surgery) -> None:
    """From the fourth position on channels are shown without `created_at`."""
    mock.on_channel(lambda _ask, channel: channel.pop("created_at") if (channel["position"] or 0) > 3 else None)


@fault
def address_is_named_path(mock: Surgery) -> None:
    """`address` is shown under its name in the database, `path`."""

    def alter(_ask: Ask, channel: dict[str, Any]) -> None:
        channel["path"] = channel.pop("address")

    mock.on_channel(alter)


@fault
def type_is_named_path_type(mock: Surgery) -> None:
    """`type` is shown under its name in the database, `path_type`."""

    def alter(_ask: Ask, channel: dict[str, Any]) -> None:
        channel["path_type"] = channel.pop("type")

    mock.on_channel(alter)


@fault
def id_is_text(mock: Surgery) -> None:
    """`id` is text for those who did not ask for text."""
    _field(mock, "id", str)


@fault
def user_id_is_text(mock: Surgery) -> None:
    """`user_id` is text for those who did not ask for text."""
    _field(mock, "user_id", str)


@fault
def position_is_text(mock: Surgery) -> None:
    """`position` is text."""
    _field(mock, "position", str)


@fault
def position_is_text_after_the_second(mock: Surgery) -> None:
    """`position` is text from 3 on."""
    _field(mock, "position", lambda position: str(position) if position > 2 else position)


@fault
def address_is_null_for_sms(mock: Surgery) -> None:
    """The address of an SMS channel is null."""
    mock.on_channel(lambda _ask, channel: channel.update(address=None) if channel["type"] == "sms" else None)


@fault
def user_id_is_null_in_lists(mock: Surgery) -> None:
    """`user_id` is null in lists."""
    mock.on_channel(lambda ask, channel: channel.update(user_id=None) if ask.lists else None)


@fault
def position_is_null_after_creation(mock: Surgery) -> None:
    """A created channel is answered with a position of null, though it has one."""
    mock.on_channel(lambda ask, channel: channel.update(position=None) if ask.creates else None)


@fault
def state_is_no_word_of_canvas(mock: Surgery) -> None:
    """The state `unconfirmed` is shown as `pending`."""
    _field(mock, "workflow_state", lambda state: "pending" if state == "unconfirmed" else state)


@fault
def type_is_capitalised(mock: Surgery) -> None:
    """`type` is shown with a capital letter."""
    _field(mock, "type", str.capitalize)


@fault
def user_id_is_the_caller_s(mock: Surgery) -> None:
    """Channels show the id of who asks as `user_id`, not of whose they are."""

    def change(ask: Ask, reply: Reply) -> None:
        value, caller = reply.value, reply.headers.get("x-canvas-user-id", "0")
        channels = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
        for channel in channels:
            if "workflow_state" in channel and isinstance(channel["user_id"], int):
                channel["user_id"] = int(caller)
        if reply.status == 200 and not ask.forgets:
            reply.value = value

    mock.on_reply(change)


@fault
def created_at_has_fractions(mock: Surgery) -> None:
    """`created_at` has milliseconds."""
    _field(mock, "created_at", lambda time: time.replace("Z", ".000Z"))


@fault
def created_at_has_an_offset(mock: Surgery) -> None:
    """`created_at` ends in +00:00."""
    _field(mock, "created_at", lambda time: time.replace("Z", "+00:00"))


@fault
def created_at_is_local(mock: Surgery) -> None:
    """`created_at` is a local time without a zone."""
    _field(mock, "created_at", lambda time: time.replace("Z", ""))


@fault
def created_at_has_a_blank(mock: Surgery) -> None:
    """`created_at` has a blank in place of its T."""
    _field(mock, "created_at", lambda time: time.replace("T", " "))


@fault
def created_at_is_seconds(mock: Surgery) -> None:
    """`created_at` is a number of seconds."""
    _field(mock, "created_at", lambda _time: 1767600000)


@fault
def created_at_is_the_hour_in_lists(mock: Surgery) -> None:
    """Lists show `created_at` rounded to the hour, which the creation did not."""
    mock.on_channel(
        lambda ask, channel: channel.update(created_at=channel["created_at"][:13] + ":00:00Z") if ask.lists else None
    )


@fault
def list_and_creation_disagree_on_the_state(mock: Surgery) -> None:
    """A creation answers `active`; the list says `unconfirmed`."""
    mock.on_channel(lambda ask, channel: channel.update(workflow_state="active") if ask.creates else None)


@fault
def delete_answers_another_id(mock: Surgery) -> None:
    """A deletion answers with the right channel under the id of the one before."""
    mock.on_channel(lambda ask, channel: channel.update(id=int(channel["id"]) - 1) if ask.deletes else None)


@fault
def delete_answers_position_null(mock: Surgery) -> None:
    """A deleted channel is answered without a place: its position is null."""
    mock.on_channel(lambda ask, channel: channel.update(position=None) if ask.deletes else None)


@fault
def string_ids_are_ignored(mock: Surgery) -> None:
    """Who asks for string ids gets numbers."""
    mock.replace(answers, "with_string_ids", lambda value: value)


@fault
def string_ids_leave_out_user_id(mock: Surgery) -> None:
    """Who asks for string ids gets `id` as text and `user_id` as a number."""

    def some(value: Any) -> Any:
        if isinstance(value, list):
            return [some(each) for each in value]
        return {key: str(inner) if key == "id" else inner for key, inner in value.items()}

    mock.replace(answers, "with_string_ids", some)


@fault
def string_ids_take_every_number(mock: Surgery) -> None:
    """Who asks for string ids gets `position` as text too."""

    def every(value: Any) -> Any:
        if isinstance(value, list):
            return [every(each) for each in value]
        return {key: str(inner) if isinstance(inner, int) else inner for key, inner in value.items()}

    mock.replace(answers, "with_string_ids", every)


@fault
def string_ids_change_the_content_type(mock: Surgery) -> None:
    """Who asks for string ids gets a content type of that name."""

    def change(ask: Ask, reply: Reply) -> None:
        if b"string-ids" in ask.headers.get(b"accept", b"") and reply.status == 200:
            reply.headers["content-type"] = "application/json+canvas-string-ids"

    mock.on_reply(change)


@fault
def string_ids_for_lists_only(mock: Surgery) -> None:
    """Who asks for string ids gets numbers from a creation."""

    def change(ask: Ask) -> None:
        if not ask.lists:
            ask.headers.pop(b"accept", None)

    mock.on_ask(change)


@fault
def bounces_are_shown_to_all(mock: Surgery) -> None:
    """Everybody sees the bounce fields."""
    mock.replace(access, "sees_bounces", lambda caller: True)


@fault
def bounces_are_shown_to_account_admins(mock: Surgery) -> None:
    """Account admins see the bounce fields too."""
    mock.replace(access, "sees_bounces", lambda caller: caller.admin_of is not None)


@fault
def bounces_are_null_for_others(mock: Surgery) -> None:
    """Who may not see the bounce fields sees them as null."""
    mock.on_channel(lambda _ask, channel: channel.update({name: channel.get(name) for name in _BOUNCES}))


@fault
def bounce_count_is_shown_after_creation(mock: Surgery) -> None:
    """A creation answers everybody with `bounce_count`."""
    mock.on_channel(lambda ask, channel: channel.setdefault("bounce_count", 0) if ask.creates else None)


@fault
def bounce_count_is_text(mock: Surgery) -> None:
    """Site admins see `bounce_count` as text."""
    mock.on_channel(
        lambda _ask, channel: channel.update({k: str(v) for k, v in channel.items() if k == "bounce_count"})
    )


@fault
def bounces_of_the_first_channel_only(mock: Surgery) -> None:
    """Site admins see the bounce fields of the first channel alone."""

    def alter(_ask: Ask, channel: dict[str, Any]) -> None:
        if channel["position"] != 1:
            for name in _BOUNCES:
                channel.pop(name, None)

    mock.on_channel(alter)


@fault
def answers_are_latin_1(mock: Surgery) -> None:
    """Answers are written in Latin-1 and say that they are UTF-8."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.value is not None:
            reply.body = reply.body.decode().encode("latin-1", "replace")

    mock.on_reply(change)


@fault
def addresses_are_shown_encoded(mock: Surgery) -> None:
    """Addresses are shown with their at-sign percent-encoded."""
    _field(mock, "address", lambda address: address.replace("@", "%40"))


@fault
def addresses_are_shown_in_lower_case(mock: Surgery) -> None:
    """Addresses are kept as sent and shown in lower case."""
    _field(mock, "address", lambda address: address if address == "For All Devices" else address.lower())


@fault
def plus_is_shown_as_a_blank(mock: Surgery) -> None:
    """A plus sign is shown as a blank."""
    _field(mock, "address", lambda address: address.replace("+", " "))


@fault
def long_addresses_are_shown_cut(mock: Surgery) -> None:
    """Lists show at most 30 characters of an address."""
    mock.on_channel(lambda ask, channel: channel.update(address=channel["address"][:30]) if ask.lists else None)
