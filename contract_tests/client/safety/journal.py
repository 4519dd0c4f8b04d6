"""Journal on disk of the channels that the suite may have created, for cleaning up after a killed run."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from contract_tests.client.inconclusive import Inconclusive

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """A file with one JSON object a line; it contains ids, test addresses and names of variables, and no secret.

    The intent to create a channel is on disk before the request is sent, so the journal explains every channel
    that the suite created. An intent remains until a list has shown that the account is clean.
    Raises Inconclusive if the file cannot be read.
    """

    def __init__(self, directory: Path, origin: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"journal-{hashlib.sha256(origin.encode()).hexdigest()[:12]}.ndjson"
        self.intents: set[tuple[int, str, str]] = set()
        """The user, type and address of every channel that the suite was about to create."""
        self.live: dict[int, int] = {}
        """The user ids of channels that were created and not deleted, by channel id."""
        self.created: dict[int, int] = {}
        """The user ids of all channels that were created, by channel id."""
        self.devices: set[tuple[int, str]] = set()
        """The user and the variable of each token with which the suite was about to register a device."""
        self.preexisting: dict[int, frozenset[int]] = {}
        """The ids of the channels that existed before the first intent, by user id."""
        self.uncertain: set[tuple[int, str, str]] = set()
        """The intents of this run for which no response shows whether a channel was created; not on the disk."""
        self.unconfirmed: set[int] = set()
        """The live channels that a delete of this run did not find, and no list has shown to be absent."""
        self.users: set[int] = set()
        """The users for whom this run has created a channel, or was about to; not on the disk."""
        self.new_devices: set[tuple[int, str]] = set()
        """The devices of this run; not on the disk."""
        self._denied: set[tuple[int, str, str]] = set()
        """The intents whose requests were all denied."""
        self._new_intents: set[tuple[int, str, str]] = set()
        """The intents of the last request that no earlier request had."""
        self._unwritten: set[int] = set()
        """The users whose channels before the run are not yet on the disk."""
        self._start_of_line = ""
        """A line feed if the last line is incomplete, because a run was killed while writing it; empty otherwise."""
        self._replay()

    def check_writable(self) -> None:
        """Raise Inconclusive if the file exists and nothing can be added to it."""
        try:
            if self.path.exists():
                self.path.open("a").close()
        except OSError as error:
            raise Inconclusive(_unwritable_sentence(self.path, error)) from None

    def record_opened(self, user: int, channels: frozenset[int]) -> None:
        """Record that the user had exactly these channels; it is on the disk before the first intent."""
        self.preexisting[user] = channels
        self._unwritten.add(user)

    def record_intents(self, user: int, keys: set[tuple[str, str]]) -> None:
        """Record that a request to create the channels with these keys for this user is about to be sent.

        Raises Inconclusive if the journal cannot be written, so that the request is not sent.
        """
        intents = {(user, *key) for key in keys}
        self._new_intents = intents - self._open_intents()
        self.uncertain |= intents
        self.users |= {user} if intents else set()
        for intent in sorted(self._new_intents):
            self._write_safely(user, {"intent": list(intent)})

    def record_device(self, user: int, token_name: str) -> None:
        """Record that a device of this user is about to be registered with the token of this variable.

        Raises Inconclusive if the journal cannot be written, so that the request is not sent.
        """
        self.new_devices.add((user, token_name))
        if (user, token_name) not in self.devices:
            self._write_safely(user, {"device": [user, token_name]})

    def record_denial(self, user: int) -> None:
        """Record that the last request of this user's intents was denied: it has created no channel.

        The intents remain uncertain, so a list of an account that the run has opened decides.
        """
        if user:  # no user has the id 0
            for intent in sorted(self._new_intents):
                self._write({"denied": list(intent)})
        self._new_intents = set()

    def record_creation(self, user: int, channel: int) -> None:
        """Record that this channel of this user was created, by this run or an earlier one."""
        self._write({"created": [user, channel]})

    def record_deletion(self, channel: int) -> None:
        """Record that this channel was deleted."""
        self._write({"deleted": channel})

    def record_device_removal(self, user: int, token_name: str) -> None:
        """Record that the devices that this user registered with the token of this variable were removed."""
        self._write({"removed": [user, token_name]})

    def record_clean(self, user: int) -> None:
        """Record that a list of all channels of this user has shown none of the suite's.

        Devices remain until they are removed. `created` remains for the reports, until the next run.
        """
        if user in {*self.live.values(), *(intent[0] for intent in self.intents)}:
            created = dict(self.created)  # `_forget` removes the user's
            self._write({"clean": user})
            self.created.update(created)
        self.resolve(user)

    def uncertain_keys(self, user: int) -> set[tuple[str, str]]:
        """Return the types and addresses of the user's channels that may have been created."""
        return {(type_, address) for owner, type_, address in self.uncertain if owner == user}

    def resolve(self, user: int, key: tuple[str, str] | None = None) -> None:
        """Remove this intent, or all intents of this user, from `uncertain`: the result of the create is known."""
        self.uncertain -= {each for each in self.uncertain if each[0] == user and (key is None or key == each[1:])}

    def has_intent(self, user: int, key: tuple[str, str]) -> bool:
        """Return whether the channel with this key may be the suite's.

        The intents of user 0 are those of the test user, while the run did not know the id.
        """
        return not self._open_intents().isdisjoint({(user, *key), (0, *key)})

    def users_to_clean(self) -> set[int]:
        """Return the users whose accounts no list has shown to be clean since the last intent."""
        users = {
            *self.live.values(),
            *(intent[0] for intent in self._open_intents()),
            *(user for user, _ in self.devices),
        }
        return users - {0}

    def remove(self) -> None:
        """Remove the file, unless an account has not been seen to be clean."""
        if not self.users_to_clean():
            with suppress(OSError):  # every account is clean, so the next run does not need the file
                self.path.unlink(missing_ok=True)

    def _open_intents(self) -> set[tuple[int, str, str]]:
        """Return the intents of which at least one request was not denied."""
        return self.intents - self._denied

    def _replay(self) -> None:
        """Apply the lines of the file, without changing it: a read-only run leaves it as it is."""
        try:
            text = _read(self.path)
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise Inconclusive(_unreadable_sentence(self.path, error)) from None
        for line in text.splitlines():
            self._apply(_parse_line(line))
        self._start_of_line = "" if text.endswith("\n") else "\n"

    def _write_safely(self, user: int, record: dict[str, object]) -> None:
        """Append a line about the user, and force it to the disk. Raises Inconclusive if this fails.

        Only intents and devices need this: after a crash of the machine they suffice for the clean-up.
        """
        try:
            if user in self._unwritten:
                self._append({"opened": [user, sorted(self.preexisting[user])]}, sync=True)
                self._unwritten.discard(user)
            self._append(record, sync=True)
        except OSError as error:
            self._start_of_line = "\n"
            raise Inconclusive(_unwritable_sentence(self.path, error)) from None
        self._apply(record)

    def _write(self, record: dict[str, object]) -> None:
        """Append a line as far as possible: a disk that is full must not prevent the clean-up."""
        try:
            self._append(record)
        except OSError:
            self._start_of_line = "\n"
        self._apply(record)

    def _append(self, record: dict[str, object], *, sync: bool = False) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self._start_of_line}{json.dumps(record)}\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())
        self._start_of_line = ""

    def _apply(self, record: dict[str, object]) -> None:
        match record:
            case {"opened": [int(user), list(channels)]}:
                self.preexisting[user] = frozenset(each for each in channels if isinstance(each, int))
            case {"intent": [int(user), str(type_), str(address)]}:
                self.intents.add((user, type_, address))
                self._denied.discard((user, type_, address))
            case {"denied": [int(user), str(type_), str(address)]}:
                self._denied.add((user, type_, address))
            case {"device": [int(user), str(token_name)]}:
                self.devices.add((user, token_name))
            case {"removed": [int(user), str(token_name)]}:
                self.devices.discard((user, token_name))
            case {"created": [int(user), int(channel)]}:
                self.live[channel] = self.created[channel] = user
            case {"deleted": int(channel)}:
                self.live.pop(channel, None)
                self.unconfirmed.discard(channel)
            case {"clean": int(user)}:
                self._forget(user)

    def _forget(self, user: int) -> None:
        """Remove the records of the user's account."""
        self.intents = {each for each in self.intents if each[0] != user}
        self._denied = {each for each in self._denied if each[0] != user}
        for channels in (self.live, self.created):
            for number in [number for number, owner in channels.items() if owner == user]:
                del channels[number]


def _read(path: Path) -> str:
    if path.is_fifo():  # opening it would wait for its other end
        raise OSError(0, "it is a named pipe")
    return path.read_text("utf-8")


def _unreadable_sentence(path: Path, error: OSError | UnicodeDecodeError) -> str:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
    return (
        f"The journal {path}, which lists what an earlier run has left behind, cannot be read ({reason}); "
        "repair it, or move it away and check the accounts by hand."
    )


def _unwritable_sentence(path: Path, error: OSError) -> str:
    return (
        f"The journal {path} cannot be written ({error.strerror}), and without it the run creates no channel; "
        "free space in that folder, or set REPORTS to another one."
    )


def _parse_line(line: str) -> dict[str, object]:
    """Return the record of a line, or an empty record if the run was killed while writing the line.

    Nothing is lost: after an incomplete intent no request was sent, and an intent explains every other channel.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
