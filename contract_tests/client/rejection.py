"""Responses with which Canvas rejects an access token (behaviour 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.client.body import json_object

if TYPE_CHECKING:
    import httpx2


def is_token_rejected(response: httpx2.Response) -> bool:
    """Return whether the response rejects the token itself, and not what the token is used for.

    A denied request has the status `unauthorized`, which older Canvas translates; a denied masquerade has text as
    errors; a request outside the token's scopes has its own message.
    """
    if response.status_code != 401 or is_outside_scopes(response):
        return False
    body = json_object(response)
    return body.get("status") in {None, "unauthenticated"} and not isinstance(body.get("errors"), str)


def is_outside_scopes(response: httpx2.Response) -> bool:
    """Return whether the token is valid, and its scopes do not allow the request."""
    return response.status_code == 401 and "insufficient scopes" in response.text.lower()
