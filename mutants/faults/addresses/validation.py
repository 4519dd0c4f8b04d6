"""Faults of validation: duplicates, and addresses that are accepted or rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.canvas import channels as rules
from mockserver.canvas.channels import ChannelList
from mockserver.canvas.errors import ValidationFailed
from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.patching import PatchedMock

_UNIQUE = ("path", "unique!", "unique!")


def _replace_duplicate_lookup(mock: PatchedMock, find: Callable[[str, str, Any], Any]) -> None:
    """Make the mock validate with the row `find(kind, address, existing)`; `existing` is the row that it found."""

    def failures(original: Any, channels: ChannelList, kind: str, address: str, existing: Any, banned: Any) -> Any:
        return original(channels, kind, address, find(kind, address, existing), banned)

    mock.wrap(rules, "_validation_failures", failures)


def _replace_email_check(mock: PatchedMock, check: Callable[[str, bool], bool]) -> None:
    """Make the mock accept an e-mail address if `check(text, valid)` is true; `valid` is the mock's own result."""
    mock.wrap(rules, "is_email_address", lambda original, text: check(text, original(text)))


# -- duplicates


@fault
def duplicates_are_accepted(mock: PatchedMock) -> None:
    """A duplicate address is accepted."""
    _replace_duplicate_lookup(mock, lambda kind, address, existing: None)


@fault
def duplicates_in_other_case_are_accepted(mock: PatchedMock) -> None:
    """A duplicate address in other letter case is accepted."""
    _replace_duplicate_lookup(
        mock, lambda kind, address, existing: existing if existing and existing.address == address else None
    )


@fault
def duplicates_of_unconfirmed_channels_are_accepted(mock: PatchedMock) -> None:
    """A duplicate of an unconfirmed channel is accepted."""

    def find(_kind: str, _address: str, existing: Any) -> Any:
        return existing if existing and existing.workflow_state == "active" else None

    _replace_duplicate_lookup(mock, find)


@fault
def duplicates_of_sms_are_accepted(mock: PatchedMock) -> None:
    """A duplicate of an SMS channel is accepted."""
    _replace_duplicate_lookup(mock, lambda kind, address, existing: None if kind == "sms" else existing)


@fault
def duplicates_across_types_are_rejected(mock: PatchedMock) -> None:
    """An address that the user has under another type is rejected."""

    def create(original: Any, self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        same = [row for row in owner.channels.listed if row.address.lower() == str(address).lower()]
        if any(row.type != kind for row in same):
            raise ValidationFailed(_UNIQUE)
        return original(self, owner, kind, address, state)

    mock.wrap(World, "create_channel", create)


@fault
def duplicates_across_users_are_rejected(mock: PatchedMock) -> None:
    """An address that another user has is rejected."""

    def create(original: Any, self: World, owner: Any, kind: object, address: object, state: str) -> Any:
        for other in self.users.values():
            found = other.channels.find(str(kind), str(address)) if other is not owner else None
            if found is not None and not found.retired:
                raise ValidationFailed(_UNIQUE)
        return original(self, owner, kind, address, state)

    mock.wrap(World, "create_channel", create)


@fault
def duplicates_return_the_existing_channel(mock: PatchedMock) -> None:
    """A duplicate address returns 200 and the existing channel."""

    def create_or_restore(original: Any, channels: ChannelList, kind: Any, address: Any, *rest: Any) -> Any:
        found = channels.find(str(kind), str(address))
        return found if found is not None and not found.retired else original(channels, kind, address, *rest)

    mock.wrap(rules, "create_or_restore", create_or_restore)


@fault
def rejected_duplicate_changes_the_case(mock: PatchedMock) -> None:
    """A duplicate in other letter case is rejected and changes the letter case of the existing channel."""

    def find(_kind: str, address: str, existing: Any) -> Any:
        if existing is not None:
            existing.address = address
        return existing

    _replace_duplicate_lookup(mock, find)


@fault
def rejected_duplicate_unconfirms_the_channel(mock: PatchedMock) -> None:
    """A duplicate is rejected and makes the existing channel unconfirmed."""

    def find(_kind: str, _address: str, existing: Any) -> Any:
        if existing is not None:
            existing.workflow_state = "unconfirmed"
        return existing

    _replace_duplicate_lookup(mock, find)


# -- addresses


@fault
def email_without_at_sign_is_accepted(mock: PatchedMock) -> None:
    """An e-mail address without an at sign is accepted."""
    _replace_email_check(mock, lambda text, valid: valid or "@" not in text)


@fault
def email_with_a_space_is_accepted(mock: PatchedMock) -> None:
    """An e-mail address with a space and an at sign inside it is accepted."""
    _replace_email_check(mock, lambda text, valid: valid or ("@" in text.strip("@") and " " in text.strip()))


@fault
def email_without_a_domain_is_accepted(mock: PatchedMock) -> None:
    """An e-mail address that ends with its at sign is accepted."""
    _replace_email_check(mock, lambda text, valid: valid or text.endswith("@"))


@fault
def email_with_a_trailing_dot_is_accepted(mock: PatchedMock) -> None:
    """An e-mail address that ends with a dot is accepted."""
    _replace_email_check(mock, lambda text, valid: valid or text.endswith("."))


@fault
def email_in_angle_brackets_is_accepted(mock: PatchedMock) -> None:
    """An e-mail address that ends with a closing angle bracket is accepted."""
    _replace_email_check(mock, lambda text, valid: valid or text.endswith(">"))


@fault
def email_with_surrounding_space_is_accepted(mock: PatchedMock) -> None:
    """An e-mail address with white space around it is accepted and stored as sent."""
    _replace_email_check(mock, lambda text, valid: valid or (text != text.strip() and "@" in text))


@fault
def any_email_is_accepted(mock: PatchedMock) -> None:
    """Any text is accepted as an e-mail address."""
    _replace_email_check(mock, lambda text, valid: True)


@fault
def email_with_a_plus_is_rejected(mock: PatchedMock) -> None:
    """An e-mail address with a plus sign is rejected."""
    _replace_email_check(mock, lambda text, valid: valid and "+" not in text)


@fault
def email_with_a_percent_sign_is_rejected(mock: PatchedMock) -> None:
    """An e-mail address with a percent sign is rejected."""
    _replace_email_check(mock, lambda text, valid: valid and "%" not in text)


@fault
def email_with_non_ascii_letters_is_rejected(mock: PatchedMock) -> None:
    """An e-mail address with characters outside ASCII is rejected."""
    _replace_email_check(mock, lambda text, valid: valid and text.isascii())


@fault
def email_in_upper_case_is_rejected(mock: PatchedMock) -> None:
    """An e-mail address with capital letters is rejected."""
    _replace_email_check(mock, lambda text, valid: valid and text == text.lower())


@fault
def long_addresses_are_rejected(mock: PatchedMock) -> None:
    """An e-mail address over 100 characters is rejected; Canvas allows 255."""
    _replace_email_check(mock, lambda text, valid: valid and len(text) <= 100)


@fault
def blank_addresses_are_accepted(mock: PatchedMock) -> None:
    """An SMS channel without an address is accepted."""

    def failures(original: Any, channels: ChannelList, kind: str, *rest: Any) -> Any:
        return [each for each in original(channels, kind, *rest) if (kind, each[2]) != ("sms", "blank")]

    mock.wrap(rules, "_validation_failures", failures)


@fault
def sms_must_be_digits(mock: PatchedMock) -> None:
    """An SMS address is rejected unless it has only digits and optionally a plus sign before them."""

    def failures(original: Any, channels: ChannelList, kind: str, address: str, *rest: Any) -> Any:
        found = original(channels, kind, address, *rest)
        is_invalid = kind == "sms" and not address.removeprefix("+").isdigit()
        return [*found, ("path", "is invalid", "invalid")] if is_invalid else found

    mock.wrap(rules, "_validation_failures", failures)
