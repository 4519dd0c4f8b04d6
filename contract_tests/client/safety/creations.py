"""Creations and deletions of channels, as the responses report them, in the journal.

A create whose response does not show its channel may have created one: it stays uncertain until a list shows whether
it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.client.body import json_object, parse_json
from contract_tests.client.ids import local_id, read_id
from contract_tests.client.safety.addresses import received_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from contract_tests.client.request import Request
    from contract_tests.client.safety.journal import Journal


_DENIALS = frozenset({401, 403, 404})
"""The statuses of a request that is denied, or whose user is unknown."""


class CreationRecorder:
    """Recorder of the channels that responses report as created, deleted or listed.

    `preexisting` contains the ids of the channels that existed before the run.
    """

    def __init__(self, journal: Journal, preexisting: set[int]) -> None:
        self._journal = journal
        self._preexisting = preexisting

    def record(self, request: Request, response: httpx2.Response) -> int | None:
        """Record what the response reports, and return the id of a created channel."""
        if request.method == "POST" and _is_denial(response):
            self._journal.record_denial(request.owner)
        if not 200 <= response.status_code < 300:
            return None
        body = parse_json(response)
        match request.method:
            case "GET" if not request.tail:
                self._record_list(request, response, body)
            case "POST":
                return self._record_creation(request, body)
            case "DELETE":
                self._record_deletion(body)
        return None

    def _record_creation(self, request: Request, channel: Any) -> int | None:
        ids = _ids(channel)
        if ids is None or ids[0] in self._preexisting:
            return None
        number, owner = ids
        is_owners = request.owner == 0 or local_id(owner) == local_id(request.owner)
        user = request.owner if is_owners and request.owner else owner  # the two may differ in the shard
        self._journal.users.add(user)
        self._journal.record_creation(user, number)
        if is_owners:
            self._journal.resolve(request.owner, received_key(channel))
        return number

    def _record_deletion(self, channel: Any) -> None:
        ids = _ids(channel)
        if ids is not None and ids[0] not in self._preexisting and channel.get("workflow_state") == "retired":
            self._journal.record_deletion(ids[0])

    def _record_list(self, request: Request, response: httpx2.Response, body: Any) -> None:
        """Record the listed channels of uncertain creations; if the list is complete, there are no others."""
        uncertain = self._journal.uncertain_keys(request.owner)
        if not uncertain or not isinstance(body, list):
            return
        for number, key in self._listed(request.owner, body):
            if key in uncertain and self._journal.live.get(number) != request.owner:
                self._journal.record_creation(request.owner, number)
        pages = [value for name, value in request.query if name == "page"]
        is_first_page = not pages or pages[-1] == "1"
        if is_first_page and "next" not in response.links:
            for key in uncertain - self._unattributed(request.owner, body):
                self._journal.resolve(request.owner, key)

    def _unattributed(self, user: int, channels: list[Any]) -> set[tuple[str, str]]:
        """Return the keys of the listed channels that have no readable ids, or are new and have another user's id."""
        return {
            received_key(channel)
            for channel in channels
            if isinstance(channel, dict)
            and ((ids := _ids(channel)) is None or (ids[1] != user and ids[0] not in self._preexisting))
        }

    def _listed(self, user: int, channels: list[Any]) -> Iterator[tuple[int, tuple[str, str]]]:
        """Yield the id and the key of each listed channel of the user that did not exist before the run."""
        for channel in channels:
            ids = _ids(channel)
            if ids is not None and ids[1] == user and ids[0] not in self._preexisting:
                yield ids[0], received_key(channel)


def _is_denial(response: httpx2.Response) -> bool:
    """Return whether Canvas denies the request, and does not throttle it: only a denial has a status in its body."""
    body = json_object(response)
    return response.status_code in _DENIALS and "errors" in body and (response.status_code != 403 or "status" in body)


def _ids(channel: Any) -> tuple[int, int] | None:
    """Return the ids of the channel and of its user; None if the value is no channel."""
    if not isinstance(channel, dict):
        return None
    number, user = read_id(channel.get("id")), read_id(channel.get("user_id"))
    return None if number is None or user is None else (number, user)
