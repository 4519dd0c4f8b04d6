"""Limits of a run: what it could not test, in sentences for the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract_tests.client.api_client import ApiClient
    from contract_tests.client.exchange import Exchange

_SITE_ADMIN = "CANVAS_SITE_ADMIN_TOKEN"
_NO_BOUNCE_FIELDS = (
    f"Bounce fields were not seen: the target shows none to {_SITE_ADMIN}, because it is a Canvas of 2023 or older, or "
    "because that user lacks the permission read_messages; REQUIRE_BOUNCE_FIELDS=1 makes this a failure."
)

_NO_EDITOR = (
    "The run did not test the creation and deletion of channels: users of this Canvas may not edit their channels, and "
    "CANVAS_ADMIN_TOKEN is not set."
)


def limits(owner: ApiClient, document: dict[str, Any]) -> tuple[str, ...]:
    """Return a sentence if the run could send reads only, or could not create channels for the test user."""
    if owner.transport.guard.is_read_only:
        return (f"The run was read-only and did not test {_joined(_writing_operations(document))}.",)
    if not owner.can_create:
        return (_NO_EDITOR,)
    return ()


def bounce_limits(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """Return a sentence if the site admin has received lists, and none of them has bounce fields."""
    bodies = [each.body for each in exchanges if each.actor == _SITE_ADMIN and each.method == "GET"]
    if not bodies or any('"bounce_count"' in body or '"last_bounce_at"' in body for body in bodies):
        return ()
    return (_NO_BOUNCE_FIELDS,)


def _writing_operations(document: dict[str, Any]) -> list[str]:
    """Return the operationIds of the operations whose method is not GET, in the order of the contract."""
    return [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "get" and "operationId" in operation
    ]


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
