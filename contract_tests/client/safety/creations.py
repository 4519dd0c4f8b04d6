"""Creations and deletions of channels, as the responses report them, in the journal.

A create whose response does not show its channel may have created one: it stays uncertain until a list shows whether
it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.client.body import parse_json
from contract_tests.client.ids import local_id
from contract_tests.client.safety.addresses import TypedAddress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from contract_tests.client.request import Request
    from contract_tests.client.safety.journal import Journal


class CreationRecorder:
    """Recorder of the channels that responses report as created, deleted or listed.

    `preexisting` contains the ids of the channels that existed before the run.
    """

    def __init__(self, journal: Journal, preexisting: set[int]) -> None:
        self._journal = journal
        self._preexisting = preexisting
        self.push_tokens: dict[int, str] = {}
        """The variable of the token with which the run registered a device for a user, by user id."""

    def record(self, request: Request, response: httpx2.Response, *, is_own_token: bool) -> int | None:
        """Record what the response reports, and return the id of a created channel.

        `is_own_token` says whether the settings have the token of the request.
        """
        if not 200 <= response.status_code < 300:
            return None
        body = parse_json(response)
        match request.method:
            case "GET" if not request.tail:
                self._record_list(request, response, body)
            case "POST":
                return self._record_creation(request, body, is_own_token=is_own_token)
            case "DELETE":
                self._record_deletion(body)
        return None

    def _record_creation(self, request: Request, channel: Any, *, is_own_token: bool) -> int | None:
        ids = _ids(channel)
        if ids is None or ids[0] in self._preexisting:
            return None
        number, owner = ids
        if channel.get("type") == "push" and is_own_token:
            self.push_tokens[owner] = request.token_name
        self._journal.record_creation(owner, number)
        if request.owner == 0 or local_id(owner) == local_id(request.owner):
            self._journal.settle(request.owner, _key(channel))
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
            if key in uncertain and number not in self._journal.live:
                self._journal.record_creation(request.owner, number)
        pages = [value for name, value in request.query if name == "page"]
        if pages[-1:] in ([], ["1"]) and "next" not in response.links:
            self._journal.settle(request.owner)

    def _listed(self, user: int, channels: list[Any]) -> Iterator[tuple[int, tuple[str, str]]]:
        """Yield the id and the key of each listed channel of the user that did not exist before the run."""
        for channel in channels:
            ids = _ids(channel)
            if ids is not None and ids[1] == user and ids[0] not in self._preexisting:
                yield ids[0], _key(channel)


def _ids(channel: Any) -> tuple[int, int] | None:
    """Return the ids of the channel and of its user; None if the value is no channel."""
    try:
        return int(channel["id"]), int(channel["user_id"])
    except (KeyError, TypeError, ValueError):
        return None


def _key(channel: dict[str, Any]) -> tuple[str, str]:
    return TypedAddress(str(channel.get("type")), str(channel.get("address"))).key
