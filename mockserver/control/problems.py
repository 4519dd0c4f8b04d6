"""Errors of the control API, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockserver.canvas.seed import WorldDocumentError


PROBLEM = "application/problem+json"


class Mistake(NamedTuple):
    """One mistake in a request."""

    place: str
    """The path to it, such as `users.0.channels.1.type`."""
    message: str


class Problem(Exception):
    """A request that the control API cannot process; `code` is the stable name of the reason."""

    def __init__(self, status: int, code: str, detail: str, mistakes: tuple[Mistake, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.mistakes = mistakes

    def body(self) -> dict[str, Any]:
        """Return the body of the response."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": str(self),
            "mistakes": [mistake._asdict() for mistake in self.mistakes],
        }


def encoded(body: object) -> str:
    """Return a body as JSON, with spaces for people who read it in a terminal."""
    return json.dumps(body, ensure_ascii=False)


def problem_response(problem: Problem) -> Response:
    """Return the response for a problem."""
    return Response(encoded(problem.body()), problem.status, media_type=PROBLEM)


def mistake_at(error: WorldDocumentError, prefix: Sequence[Any] = ()) -> Mistake:
    """Return the mistake in a world document; its place is relative to `prefix` if it is below it."""
    place = error.place[len(prefix) :] if list(error.place[: len(prefix)]) == list(prefix) else error.place
    return Mistake(".".join(map(str, place)), str(error))
