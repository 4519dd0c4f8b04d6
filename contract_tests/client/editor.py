"""The token with which a run creates and deletes the channels of a user who may not edit them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from contract_tests.client.request import Request

NO_EDITOR_REASON = (
    "users of this Canvas may not edit their channels; set CANVAS_ADMIN_TOKEN to test creation and deletion"
)
"""The reason why a test that creates a channel is skipped if no token may create it."""


@dataclass(frozen=True)
class Editor:
    """An admin's token for the channels of a user whose account does not allow users to edit them (behaviour 3.2)."""

    token: str | None = field(default=None, repr=False)
    """None if the run has no such token."""
    token_name: str = ""
    """The name of the token's variable."""

    def prepare(self, request: Request) -> Request:
        """Return the request as it is to be sent; without a token, skip the current test if it creates a channel.

        Reads are sent with the token of the user, and so are requests for the push channel: users may create it under
        every setting, and a device is registered for the token that is sent (behaviour 3.2, 5.7).
        """
        if self.token is None and request.method == "POST":
            pytest.skip(NO_EDITOR_REASON)
        if self.token is None or request.method not in {"POST", "DELETE"} or _is_for_push_channel(request):
            return request
        user = str(request.owner) if request.user == "self" else request.user
        return replace(request, user=user, token=self.token, token_name=self.token_name)


def _is_for_push_channel(request: Request) -> bool:
    """Return whether the request creates the push channel, or deletes a push token of the current user."""
    if request.method == "DELETE":
        return (request.user, request.tail) == ("self", ("push",))
    return "push" in request.values("communication_channel[type]")
