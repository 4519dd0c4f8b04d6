"""Journal on disk of the channels that the suite created and not yet deleted, for cleaning up after a killed run."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """A file with one JSON object a line; it contains ids and test addresses, and no secret.

    The intent to create a channel is on disk before the request is sent, so the journal explains every channel
    that the suite created.
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
        self.uncertain: set[tuple[int, str, str]] = set()
        """The intents of this run for which no response shows whether a channel was created; not on the disk."""
        self._start_of_line = ""
        """What ends the last line before the next one is written, if the run was killed while writing it."""
        self._replay()

    def record_intent(self, user: int, key: tuple[str, str]) -> None:
        """Record that a request to create the channel with this key for this user is about to be sent."""
        self.uncertain.add((user, *key))
        if (user, *key) not in self.intents:
            self._write({"intent": [user, *key]}, sync=True)

    def record_creation(self, user: int, channel: int) -> None:
        """Record that this channel of this user was created."""
        self._write({"created": [user, channel]})

    def record_deletion(self, channel: int) -> None:
        """Record that this channel was deleted."""
        self._write({"deleted": channel})

    def uncertain_keys(self, user: int) -> set[tuple[str, str]]:
        """Return the types and addresses of the user's channels that may have been created."""
        return {(type_, address) for owner, type_, address in self.uncertain if owner == user}

    def settle(self, user: int, key: tuple[str, str] | None = None) -> None:
        """Record that it is known whether the channel with this key, or every channel of this user, was created."""
        self.uncertain -= {each for each in self.uncertain if each[0] == user and key in {None, each[1:]}}

    def remove(self) -> None:
        """Remove the file, after all channels of the suite were deleted."""
        self.path.unlink(missing_ok=True)

    def _replay(self) -> None:
        """Apply the lines of the file, without changing it: a read-only run leaves it as it is."""
        if not self.path.exists():
            return
        text = self.path.read_text("utf-8")
        for line in text.splitlines():
            self._apply(_parse_line(line))
        self._start_of_line = "" if text.endswith("\n") else "\n"

    def _write(self, record: dict[str, object], *, sync: bool = False) -> None:
        """Append a line; with `sync`, force it to the disk.

        Only intents need this: after a crash of the machine they suffice to recognise the channels.
        """
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self._start_of_line}{json.dumps(record)}\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())
        self._start_of_line = ""
        self._apply(record)

    def _apply(self, record: dict[str, object]) -> None:
        match record:
            case {"intent": [int(user), str(type_), str(address)]}:
                self.intents.add((user, type_, address))
            case {"created": [int(user), int(channel)]}:
                self.live[channel] = self.created[channel] = user
            case {"deleted": int(channel)}:
                self.live.pop(channel, None)


def _parse_line(line: str) -> dict[str, object]:
    """Return the record of a line, or an empty record if the run was killed while writing the line.

    Nothing is lost: after an incomplete intent no request was sent, and an intent explains every other channel.
    """
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
