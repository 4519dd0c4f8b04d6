"""Unknown users: a request whose path has the id of no user is 404, on every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import expect_not_found
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.client.api_client import ApiClient

UNKNOWN_USER_IDS = ("0", "9223372036854775807", "99999999999999999999", "abc", "-1", "SELF")
HUGE_USER_IDS = ("9223372036854775808", "9999999999999999999")
"""Ids above 2^63-1, with as many digits as Canvas reads."""
UNKNOWN_SIS_IDS = ("sis_user_id:canvas-contract", "sis_login_id:canvas-contract", "canvas_contract:1")
REQUESTS: dict[str, Callable[[ApiClient], httpx2.Response]] = {
    "list": lambda client: client.list_page(),
    "create": lambda client: client.create(addresses.FIRST),
    "delete": lambda client: client.delete("0"),
    "delete by address": lambda client: client.delete_by_address(addresses.NEVER_CREATED),
}


@pytest.mark.parametrize("operation", REQUESTS)
@pytest.mark.parametrize("user", [*UNKNOWN_USER_IDS, *UNKNOWN_SIS_IDS])
@pytest.mark.cases(smoke=4, quick=8)
def test_unknown_user_is_404_on_every_operation(owner: ApiClient, user: str, operation: str) -> None:
    """An unknown user is 404 on every operation (behaviour 3.4)."""
    expect_not_found(REQUESTS[operation](owner.for_user(0, user)))  # no user has the id 0; the path has the text


@pytest.mark.parametrize("operation", REQUESTS)
@pytest.mark.parametrize("user", HUGE_USER_IDS)
def test_too_large_user_id_is_404_or_the_known_defect(owner: ApiClient, user: str, operation: str) -> None:
    """A user id above 2^63-1 is 404, or crashes as on Canvas (behaviour 3.4)."""
    response = REQUESTS[operation](owner.for_user(0, user))

    if owner.transport.steps[-1].known_defect is None:
        expect_not_found(response)


@pytest.mark.parametrize("id_template", ["{}.5", "{}abc", "{}.0"])
def test_user_id_with_extra_characters_is_404(owner: ApiClient, id_template: str) -> None:
    """A user id followed by other characters is 404 (behaviour 3.4)."""
    client = owner.for_user(owner.id, id_template.format(owner.id))

    expect_not_found(client.list_page())
