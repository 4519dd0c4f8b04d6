"""Who may change the mock through the control API."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from starlette.types import Scope

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods of requests that change nothing."""

_HEADER = b"x-mock-control-token"


@dataclass(frozen=True)
class ControlAccess:
    """The condition for changes: the control token if there is one; an empty text is none.

    A mock that other machines can reach and that has no token allows no changes.
    """

    token: str | None = None
    is_reachable: bool = False
    """Whether the mock listens on an address that other machines can reach."""

    def check(self, scope: Scope) -> None:
        """Return if the request may be processed. Raises Problem."""
        if scope["method"] in READ_METHODS or (not self.token and not self.is_reachable):
            return
        if not self.token:
            raise Problem(
                403,
                "control_disabled",
                "Other machines can reach this mock, so it takes no changes without a token; "
                "start it with --control-token TOKEN and send the header X-Mock-Control-Token.",
            )
        sent = dict(scope["headers"]).get(_HEADER, b"")
        if not hmac.compare_digest(sent, self.token.encode()):
            raise Problem(
                403,
                "control_token",
                "Changes need the token of the option --control-token in the header X-Mock-Control-Token.",
            )
