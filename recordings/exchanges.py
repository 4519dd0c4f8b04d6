"""The recorded exchanges, and the parts of a response that are compared."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).parent
FILES = ("default", "locked", "imported", "limited")

_SEED_TIME = "2026-01-05T08:00:00Z"
_RECORDED_MESSAGES = {"can't be blank": "blank", "is invalid": "invalid", "has already been taken": "taken"}
"""The messages of validation errors in Canvas of today, each with the message that the recorded Canvas sends."""
_ORIGIN = re.compile(r"http://[^/]+")
_PRESENT = ("content-security-policy", "etag", "pragma", "x-rate-limit-remaining", "x-request-cost")
"""The headers whose values differ from run to run, so that only their presence is compared."""
_COMPARED = ("cache-control", "link", "www-authenticate", "x-canvas-real-user-id", "x-canvas-user-id")


@dataclass(frozen=True)
class Response:
    """A response as it was received; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    def json(self) -> Any:
        """Return the body as JSON, or None where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def compared_parts(self, *, with_body: bool) -> dict[str, object]:
        """Return the parts of the response that must be equal, by name."""
        headers = {name: _ORIGIN.sub("http://HOST", self.headers.get(name, "")) for name in _COMPARED}
        present = {f"{name} present": name in self.headers for name in _PRESENT}
        parts = {"status": self.status, "media type": self.media_type, "X-Canvas-Meta": self._meta()}
        return {**parts, **headers, **present, **({"body": self._body()} if with_body else {})}

    def _meta(self) -> tuple[str, ...]:
        """Return the names in X-Canvas-Meta, with the values of controller and action."""
        parts = [part.partition("=") for part in self.headers.get("x-canvas-meta", "").split(";") if part]
        return tuple(f"{name}={value}" if name in {"o", "n"} else name for name, _, value in parts)

    def _body(self) -> object:
        if self.media_type == "text/html":
            return "<html>"
        value = self.json()
        return self.body if value is None else _comparable(value)


@dataclass(frozen=True)
class Exchange:
    """One recorded request with the response of Canvas."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None
    response: Response

    @property
    def length(self) -> int:
        """The number of characters of the path and the body."""
        return len(self.path + str(self.body))

    @property
    def changes_state(self) -> bool:
        """Whether the request may change the state, and so all later responses of its sequence."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


def read_sequences(name: str) -> Iterator[list[Exchange]]:
    """Yield the sequences of a file; each starts in the restored world."""
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield [_exchange(step) for step in json.loads(line)["steps"]]


def world_file(name: str) -> Path:
    """Return the world file in which the exchanges of a file were recorded."""
    return FOLDER / "worlds" / f"{name}.world.yaml"


def _exchange(step: dict[str, Any]) -> Exchange:
    response = Response(step["status"], step["response_headers"], step["response_body"])
    return Exchange(step["method"], step["path"], step["headers"], step["body"], response)


def _comparable(value: Any) -> Any:
    """Return a JSON value without what differs from run to run, and with the recorded Canvas's validation messages."""
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    comparable = {name: _comparable(inner) for name, inner in value.items() if name != "error_report_id"}
    if comparable.get("created_at", _SEED_TIME) != _SEED_TIME:
        comparable["created_at"] = "now"
    if "type" in comparable and comparable.get("message") in _RECORDED_MESSAGES:
        comparable["message"] = _RECORDED_MESSAGES[comparable["message"]]
    return comparable
