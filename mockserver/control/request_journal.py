"""The request journal of one world: the last requests to the API, with their responses."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import Scope

    from mockserver.api.dispatch import Exchange
    from mockserver.canvas.errors import Header

DEFAULT_LENGTH = 1000
"""The default number of requests that each world remembers."""

MAX_BYTES = 64 * 1024 * 1024
"""The bytes of the journals of all worlds; a world that adds more forgets its own oldest requests."""

_OVERHEAD = 4096
"""The bytes that a request takes besides its bodies, its headers and its query."""

_COPIES_OF_URL = 8
"""The times that a record has the query: in the request, and in the links of the response."""


class Entry(NamedTuple):
    """One request, and its response."""

    number: int
    """The position of the request in the world since its start, from 1."""
    received_at: float
    """The Unix timestamp, in seconds of real time."""
    seconds: float
    """The time from the request's head to the response."""
    method: str
    """The method as the client sent it."""
    path: bytes
    """The path as the client sent it, without the prefix of a world."""
    query: bytes
    headers: tuple[Header, ...]
    body: bytes
    status: int
    """The status of the response; 0 if the connection was dropped."""
    response_headers: tuple[Header, ...]
    response_body: bytes
    operation_id: str
    """The operationId; empty where no route has the method and path."""
    user_id: int | None
    """The id of the user whose token was sent; None without a valid token."""
    token: str | None
    """The access token that was sent."""
    violations: tuple[str, ...]
    """The request's violations of the contract, in words."""
    response_violations: tuple[str, ...]
    """The violations of the contract in a response with a fault; the responses of the mock's limits have none."""
    fault_id: int | None
    """The id of the fault that was applied."""
    effect: str
    """What a fault or the header Prefer did; empty if nothing did."""


class Budget:
    """The bytes that the journals of all worlds take together."""

    def __init__(self, maximum: int = MAX_BYTES) -> None:
        self.maximum = maximum
        self.used = 0


class RequestJournal:
    """The last requests of one world, at most `length`; none if that is 0.

    They are stored as plain tuples, which the garbage collector does not scan.
    """

    def __init__(self, length: int, budget: Budget) -> None:
        self._length = length
        self._budget = budget
        self._records: deque[tuple[int, tuple[Any, ...]]] = deque()
        """The bytes that each record takes, and the values of its `Entry`."""
        self._total = 0

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries, the newest first."""
        return (Entry(*record) for _, record in reversed(list(self._records)))

    def __len__(self) -> int:
        return len(self._records)

    @property
    def is_enabled(self) -> bool:
        """Whether requests are recorded."""
        return self._length > 0

    @property
    def total(self) -> int:
        """The number of the newest request, which counts the forgotten ones, too."""
        return self._total

    def find(self, number: int) -> Entry | None:
        """Return the entry with this number; None if there is none, and if it is forgotten."""
        index = number - 1 - (self._total - len(self._records))
        return Entry(*self._records[index][1]) if 0 <= index < len(self._records) else None

    def add(
        self,
        scope: Scope,
        exchange: Exchange,
        received_at: float,
        seconds: float,
        *,
        response_violations: Iterable[str] = (),
        fault_id: int | None = None,
        effect: str = "",
    ) -> None:
        """Add a request, and forget the oldest ones that exceed a limit."""
        self._total += 1
        if not self.is_enabled:
            return
        request, start, body = exchange
        token = request.valid_token
        record = (
            self._total,
            received_at,
            seconds,
            scope["method"],
            scope.get("raw_path") or scope["path"].encode(),
            scope["query_string"],
            tuple(scope["headers"]),
            request.body,
            start["status"],
            tuple(start["headers"]),
            body,
            request.operation_id,
            token and token.user_id,
            token.value if token else request.access_token,
            tuple(request.violations),
            tuple(response_violations),
            fault_id,
            effect,
        )
        self._append(record, _size(scope, exchange))

    def _append(self, record: tuple[Any, ...], size: int) -> None:
        """Append a record of this number of bytes, and forget the oldest ones that exceed a limit."""
        self._records.append((size, record))
        self._budget.used += size
        while len(self._records) > self._length or (self._records and self._budget.used > self._budget.maximum):
            self._forget_oldest()

    def clear(self) -> None:
        """Forget all requests; the numbers go on."""
        while self._records:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        size, _ = self._records.popleft()
        self._budget.used -= size


def _size(scope: Scope, exchange: Exchange) -> int:
    """Return the bytes that the record of an exchange takes."""
    sent = sum(len(name) + len(value) for name, value in scope["headers"])
    bodies = len(exchange.body) + len(exchange.request.body)
    return _OVERHEAD + bodies + sent + _COPIES_OF_URL * len(scope["query_string"])
