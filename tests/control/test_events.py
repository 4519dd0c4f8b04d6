"""Server-sent events: one after each change of a world."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mockserver.control import events
from mockserver.control.signals import Signal
from tests.control.conftest import CHANNELS, STUDENT
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}


class Stream:
    """The events of one world, read one by one."""

    def __init__(self, response: httpx2.Response) -> None:
        self.headers = response.headers
        self.lines = response.iter_lines()

    def next(self, prefix: str) -> str:
        """Return the rest of the next line with this prefix."""
        return next(line.removeprefix(prefix) for line in self.lines if line.startswith(prefix))

    def change(self) -> Any:
        assert self.next("event: ") == "change"
        return json.loads(self.next("data: "))


@contextmanager
def opened(base: str) -> Iterator[Stream]:
    with httpx2.stream("GET", f"{base}/_mock/events", timeout=HANG_SECONDS) as response:
        yield Stream(response)


def test_first_event_has_the_counters_and_the_clock(served: str) -> None:
    with opened(f"{served}/worlds/first") as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"  # nginx then passes each event on at once
        assert stream.next("retry: ") == "1000"
        change = stream.change()

    assert change["mock"]
    assert change["world"] == "first"
    assert change["clock"] == {"now": "2026-03-02T10:15:00Z", "frozen": False}
    names = ("last_request", "requests", "last_message", "messages", "faults", "snapshots", "users", "channels")
    assert [change[name] for name in names] == [0, 0, 0, 0, 0, 0, 7, 33]


def test_request_to_the_api_and_to_the_control_api_cause_events(served: str) -> None:
    base = f"{served}/worlds/both"
    with opened(base) as stream:
        stream.change()

        httpx2.post(f"{base}{CHANNELS}", headers=STUDENT, data=FORM)
        created = stream.change()
        httpx2.patch(f"{base}/_mock/clock", json={"frozen": True})
        frozen = stream.change()

    assert (created["last_request"], created["last_message"], created["channels"]) == (1, 1, 34)
    assert frozen["clock"]["frozen"] is True


def test_followed_confirmation_link_causes_an_event(served: str) -> None:
    base = f"{served}/worlds/link"
    httpx2.post(f"{base}{CHANNELS}", headers=STUDENT, data=FORM)
    [message] = httpx2.get(f"{base}/_mock/outbox").json()
    with opened(base) as stream:
        stream.change()

        httpx2.get(message["link"])

        assert stream.change()["world"] == "link"


def test_many_changes_share_events(served: str) -> None:
    base = f"{served}/worlds/many"
    with opened(base) as stream, httpx2.Client(headers=STUDENT) as client:
        stream.change()
        start, earlier_events = time.monotonic(), 0

        for _ in range(100):
            client.get(f"{base}{CHANNELS}")
        while stream.change()["last_request"] < 100:
            earlier_events += 1
        seconds = time.monotonic() - start

    assert earlier_events <= seconds / events.INTERVAL + 1


def test_deleted_world_ends_its_stream(served: str) -> None:
    with opened(f"{served}/worlds/short") as stream:
        stream.change()

        httpx2.delete(f"{served}/_mock/worlds/short")

        assert stream.next("event: ") == "deleted"
        assert [line for line in stream.lines if line.startswith("event")] == []


def test_replaced_world_causes_an_event(served: str) -> None:
    document = {"users": [{"id": 1, "name": "One"}]}
    with opened(f"{served}/worlds/replaced") as stream:
        stream.change()

        httpx2.put(f"{served}/_mock/worlds/replaced", json=document)

        assert stream.change()["users"] == 1


def test_heartbeat_is_a_comment(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    with opened(f"{served}/worlds/quiet") as stream:
        stream.change()

        assert stream.next(": ") == "heartbeat"


def test_closed_stream_leaves_nothing_behind(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    signals: list[Signal] = []
    subscribe = Signal.subscribe

    def remember(signal: Signal) -> object:
        signals.append(signal)
        return subscribe(signal)

    monkeypatch.setattr(Signal, "subscribe", remember)
    with opened(f"{served}/worlds/closed") as stream:
        stream.change()
        assert len(signals[0]._waiting) == 1

    end = time.monotonic() + HANG_SECONDS
    while signals[0]._waiting and time.monotonic() < end:
        time.sleep(0.01)
    assert signals[0]._waiting == []


def test_invalid_world_name_has_no_stream(served: str) -> None:
    response = httpx2.get(f"{served}/_mock/events", headers={"X-Mock-World": "-"})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_world_name")


def test_response_to_head_ends_after_its_headers(served: str) -> None:
    connection = HTTPConnection(served.removeprefix("http://"), timeout=HANG_SECONDS)
    connection.request("HEAD", "/_mock/events")
    stream = connection.getresponse()
    stream.read()

    connection.request("GET", "/_mock/health")  # on the same connection, after the end of the first response

    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
    assert connection.getresponse().status == 200
    connection.close()
