"""What the suite has made and not yet removed, on disk, so that a killed run can be cleaned up by the next."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """A file of facts, one JSON object a line; it holds ids and pool addresses and no secret.

    An intent is on the disk before its request leaves, so nothing is ever made that the journal does not know.
    """

    def __init__(self, directory: Path, origin: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"journal-{hashlib.sha256(origin.encode()).hexdigest()[:12]}.ndjson"
        self.intents: set[tuple[int, str, str]] = set()
        self.live: dict[int, int] = {}
        """The owners of channels that were made and not removed, by channel."""
        self.made: dict[int, int] = {}
        """The owners of all channels that were ever made, by channel."""
        self._replay()

    def intend(self, user: int, key: tuple[str, str]) -> None:
        """Say that a create of this pair for this user is about to be sent."""
        if (user, *key) not in self.intents:
            self._write({"intent": [user, *key]}, lasting=True)

    def create(self, user: int, channel: int) -> None:
        """Say that this channel of this user was made."""
        self._write({"made": [user, channel]})

    def delete(self, channel: int) -> None:
        """Say that this channel is gone."""
        self._write({"gone": channel})

    def close(self) -> None:
        """Forget everything: nothing of the suite's is left on the target."""
        self.path.unlink(missing_ok=True)

    def _replay(self) -> None:
        if not self.path.exists():
            return
        text = self.path.read_text("utf-8")
        for line in text.splitlines():
            self._apply(_fact(line))
        if not text.endswith("\n"):
            self.path.write_text(text + "\n", "utf-8")

    def _write(self, fact: dict[str, object], *, lasting: bool = False) -> None:
        """Write a line; what is `lasting` outlives the machine too, the rest the process: intents explain them all."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fact) + "\n")
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        self._apply(fact)

    def _apply(self, fact: dict[str, object]) -> None:
        match fact:
            case {"intent": [int(user), str(type_), str(address)]}:
                self.intents.add((user, type_, address))
            case {"made": [int(user), int(channel)]}:
                self.live[channel] = self.made[channel] = user
            case {"gone": int(channel)}:
                self.live.pop(channel, None)


def _fact(line: str) -> dict[str, object]:
    """The fact of a line; nothing where a kill cut the line short, whose request then never left."""
    try:
        fact = json.loads(line)
    except ValueError:
        return {}
    return fact if isinstance(fact, dict) else {}
