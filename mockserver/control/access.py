"""The permission to change the mock through the control API."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.address import HEADERS_KEY
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from starlette.types import Scope

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods of requests that change nothing."""

_HEADER = b"x-mock-control-token"


@dataclass(frozen=True)
class ControlAccess:
    """The rule for changes through the control API: each one needs the control token, if the mock has one.

    A mock without a token (None, or an empty text) allows no changes if other machines can reach it.
    """

    token: str | None = None
    is_reachable: bool = False
    """Whether the mock listens on an address that other machines can reach."""

    def check(self, scope: Scope) -> None:
        """Raise Problem if the request would make a change that is not allowed."""
        if scope["method"] in READ_METHODS or (not self.token and not self.is_reachable):
            return
        if not self.token:
            raise Problem(
                403,
                "control_disabled",
                "Other machines can reach this mock, so it takes no changes without a token; "
                "start it with --control-token TOKEN and send the header X-Mock-Control-Token.",
            )
        sent = scope[HEADERS_KEY].get(_HEADER, b"")
        if not hmac.compare_digest(sent, self.token.encode()):
            raise Problem(
                403,
                "control_token",
                "Changes need the token of the option --control-token in the header X-Mock-Control-Token.",
            )
