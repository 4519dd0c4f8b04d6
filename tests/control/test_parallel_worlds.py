"""Parallel clients in worlds of their own, with random operations, faults and resets.

Each client sends the same operations in every run; `PARALLEL_OPERATIONS=2000` sends more than the 30 of `make test`.
"""

from __future__ import annotations

import os
import threading
from random import Random
from typing import Any

import httpx2
import pytest

from tests.control.conftest import CHANNELS, STUDENT

OPERATIONS = int(os.environ.get("PARALLEL_OPERATIONS", "30"))
CLIENTS = 8
LAST_SEEDED_ID = 33
"""The highest id of a channel in the default world."""


class WorldClient:
    """A client that changes one world at random, and checks that it sees nothing of another one."""

    def __init__(self, server: str, number: int) -> None:
        self.tag = f"world{number}"
        self.random = Random(number)  # noqa: S311  # it chooses operations, not secrets
        self.http = httpx2.Client(base_url=f"{server}/worlds/{self.tag}", headers=STUDENT)
        self.channels: dict[int, str] = {}
        """The created channels, by id."""
        self.last_id = LAST_SEEDED_ID
        self.requests = 0

    def run(self, operations: int) -> None:
        for _ in range(operations):
            self.random.choice([self.create, self.create, self.delete, self.fail, self.reset, self.check])()
        self.check()

    def create(self) -> None:
        address = f"{self.tag}-{self.random.randrange(60)}@example.org"  # few, so that some are there twice
        form = {"communication_channel[address]": address, "communication_channel[type]": "email"}
        response = self.http.post(CHANNELS, data=form)
        self.requests += 1
        assert response.status_code == (400 if address in self.channels.values() else 200), response.text
        if response.status_code == 200:
            number = response.json()["id"]
            assert number <= self.last_id + 1, "the id of another world's channel was counted"
            self.last_id = max(self.last_id, number)
            self.channels[number] = address

    def delete(self) -> None:
        if self.channels:
            number = self.random.choice(sorted(self.channels))
            assert self.http.delete(f"{CHANNELS}/{number}").status_code == 200
            self.requests += 1
            del self.channels[number]

    def fail(self) -> None:
        self.http.post("/_mock/faults", json={"effect": {"kind": "server_error", "status": 503}, "times": {"next": 1}})
        assert self.http.get(CHANNELS).status_code == 503
        self.requests += 1

    def reset(self) -> None:
        if self.random.random() < 0.2:  # rarely, so that a world fills in the meantime
            assert self.http.post("/_mock/reset").status_code == 204
            self.channels.clear()
            self.last_id, self.requests = LAST_SEEDED_ID, 0

    def check(self) -> None:
        listed = self.http.get(f"{CHANNELS}?per_page=100").json()
        self.requests += 1
        assert {each["id"]: each["address"] for each in listed if each["id"] > LAST_SEEDED_ID} == self.channels
        entries: list[Any] = self.http.get("/_mock/requests?limit=1000").json()
        assert len(entries) == min(self.requests, 1000)
        assert all(self.only_own(each["body"]) for each in entries)
        assert all(self.only_own(message["to"]) for message in self.http.get("/_mock/outbox?limit=1000").json())

    def only_own(self, text: str) -> bool:
        """Return whether every address in the text is of this client."""
        return text.count("world") == text.count(f"{self.tag}-")


@pytest.mark.slow
def test_parallel_clients_see_their_own_worlds_only(served: str) -> None:
    clients = [WorldClient(served, number) for number in range(CLIENTS)]
    errors: list[BaseException] = []

    def run(client: WorldClient) -> None:
        try:
            with client.http:
                client.run(OPERATIONS)
        except BaseException as error:  # noqa: BLE001  # a thread must not lose it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sum(client.last_id - LAST_SEEDED_ID for client in clients) > CLIENTS  # channels were created at all
