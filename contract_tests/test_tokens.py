"""Access tokens: rejection of invalid tokens on every operation, and the places where a token may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract_tests.client.api_client import (
    ADDRESS,
    TYPE,
    ApiClient,
    expect_forbidden,
    expect_not_found,
    expect_ok,
    expect_unauthenticated,
    expect_validation_errors,
)
from contract_tests.client.ids import local_id
from contract_tests.client.request import CREATE, DELETE_BY_ADDRESS
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from contract_tests.oracle.contract import Contract

UNKNOWN_TOKEN = "canvas-contract-unknown-token"  # noqa: S105 - no server knows this token

REQUESTS: dict[str, Callable[[ApiClient], httpx2.Response]] = {
    "list": lambda client: client.list_page(),
    "list by number": lambda client: client.for_user(client.id).list_page(),
    "create": lambda client: client.create(addresses.FIRST),
    "create sms": lambda client: client.create(addresses.PHONE),
    "create push": lambda client: client.create_with(((TYPE, "push"),)),
    "create without address": lambda client: client.create_with(((TYPE, "email"),)),
    "delete": lambda client: client.delete("0"),
    "delete by address": lambda client: client.delete_by_address(addresses.NEVER_CREATED),
    "delete push token": lambda client: client.delete_push_token((("push_token", addresses.DEVICE),)),
    "list for an unknown user": lambda client: client.for_user(0).list_page(),
    "create for an unknown user": lambda client: client.for_user(0).create(addresses.FIRST),
    "delete for an unknown user": lambda client: client.for_user(0).delete("0"),
    "delete by address for an unknown user": lambda client: client.for_user(0).delete_by_address(
        addresses.NEVER_CREATED
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("token", [None, UNKNOWN_TOKEN], ids=["without", "unknown"])
@pytest.mark.cases(smoke=5, quick=13)
def test_every_operation_requires_a_valid_token(owner: ApiClient, name: str, token: str | None) -> None:
    """Without a token, or with an unknown one, every operation is 401 and changes nothing (behaviour 2)."""
    if name == "create push" and owner.id in owner.transport.guard.users_with_push_channel:
        pytest.skip("needs a user who has no push channel")
    before = owner.list_channels()

    response = REQUESTS[name](_with_token(owner, token))

    expect_unauthenticated(response, has_token=token is not None)
    assert owner.list_channels() == before


def test_every_operation_is_tried_without_a_token(owner: ApiClient, contract: Contract) -> None:
    """The requests without a token include every operation of the contract (behaviour 2)."""
    start = len(owner.transport.exchanges)

    for name, send in REQUESTS.items():
        if name != "create push":  # not safe for every user, and one of several creates
            send(_with_token(owner, None))

    tried = {exchange.operation for exchange in owner.transport.exchanges[start:]}
    untried = contract.operations().keys() - tried
    assert not untried, (
        f"REQUESTS in contract_tests/test_tokens.py has no request for {', '.join(sorted(untried))}; add one, "
        "with client.send"
    )


@pytest.mark.parametrize("operation", ["list", "list by number", "create", "delete by address"])
@pytest.mark.parametrize("name", ["CANVAS_EXPIRED_TOKEN", "CANVAS_REVOKED_TOKEN"])
@pytest.mark.cases(smoke=2)
def test_expired_or_revoked_token_is_401(owner: ApiClient, name: str, operation: str) -> None:
    """A request with an expired or revoked token is 401 and changes nothing (behaviour 2)."""
    if name not in owner.transport.settings.tokens:
        pytest.skip(f"needs {name}")
    before = owner.list_channels()
    client = ApiClient(owner.transport, owner.contract, owner.transport.settings.tokens[name], name, owner.id)

    response = REQUESTS[operation](client)
    assert response.status_code == 401, (
        f"the target accepts {name} ({response.status_code}), or the token is still valid; check that it was "
        "rejected before the run"
    )
    expect_unauthenticated(response, has_token=True)

    assert owner.list_channels() == before


@pytest.mark.parametrize("header", [f"bearer {UNKNOWN_TOKEN}", f"Basic {UNKNOWN_TOKEN}", "Bearer"])
def test_authorization_header_without_a_bearer_token_is_401(owner: ApiClient, header: str) -> None:
    """Another scheme, `bearer` in lower case, and `Bearer` without a token are treated as no token (behaviour 2)."""
    response = _with_token(owner, None).list_page(headers=(("Authorization", header),))

    expect_unauthenticated(response, has_token=False)


@pytest.mark.cases(smoke=1)
def test_bearer_scheme_is_case_sensitive(owner: ApiClient) -> None:
    """A valid token after `bearer` in lower case is ignored (behaviour 2)."""
    response = _with_token(owner, None).list_page(headers=(("Authorization", f"bearer {owner.token}"),))

    expect_unauthenticated(response, has_token=False)


def test_authorization_header_overrides_the_access_token_parameter(owner: ApiClient) -> None:
    """An invalid token in the header is 401 even if the parameter access_token is valid (behaviour 2)."""
    client = _with_token(owner, UNKNOWN_TOKEN)

    response = client.create_with(((TYPE, "email"), ("access_token", str(owner.token))))

    expect_unauthenticated(response, has_token=True)


@pytest.mark.cases(smoke=1)
def test_access_token_may_be_a_body_parameter(owner: ApiClient) -> None:
    """Without a Bearer header, the parameter access_token is the token (behaviour 2).

    A user who may not edit their own channels is denied the create (behaviour 3.2).
    """
    client = _with_token(owner, None)

    response = client.create_with(((TYPE, "sms"), ("access_token", str(owner.token))))

    if owner.editor is None:
        expect_validation_errors(response, path="blank")  # so the token was valid
    else:
        expect_forbidden(response)
    expect_unauthenticated(client.create_with(((TYPE, "sms"), ("access_token", UNKNOWN_TOKEN))), has_token=True)
    expect_unauthenticated(client.create_with(((TYPE, "sms"), ("access_token", ""))), has_token=False)


def test_access_token_may_be_a_body_parameter_of_a_delete(owner: ApiClient) -> None:
    """A DELETE request may have access_token in its body (behaviour 2)."""
    client = _with_token(owner, None)
    body = (("access_token", str(owner.token)),)

    response = client.send(DELETE_BY_ADDRESS, "DELETE", tail=tuple(addresses.NEVER_CREATED), body=body)

    expect_not_found(response)


def test_empty_bearer_header_overrides_the_access_token_parameter(owner: ApiClient) -> None:
    """With the header `Bearer` without a token, the parameter access_token is ignored (behaviour 2)."""
    client = _with_token(owner, None)
    body = ((TYPE, "email"), ("access_token", str(owner.token)))

    response = client.send(CREATE, "POST", body=body, headers=(("Authorization", "Bearer"),))

    expect_unauthenticated(response, has_token=False)


@pytest.mark.parametrize("change", ["letter case", "truncated", "extended"])
def test_altered_token_is_401(owner: ApiClient, change: str) -> None:
    """A token in another letter case, truncated or extended is an unknown token (behaviour 2)."""
    token = str(owner.token)
    altered = {"letter case": token.swapcase(), "truncated": token[:-1], "extended": f"{token}x"}[change]
    if altered == token:
        pytest.skip("needs a CANVAS_TOKEN that contains letters")

    response = _with_token(owner, altered).list_page()

    expect_unauthenticated(response, has_token=True)


def test_access_token_may_be_a_query_parameter(owner: ApiClient, page_limit: int) -> None:
    """The parameter access_token may be in the query (behaviour 2)."""
    if not owner.transport.settings.is_local:
        pytest.skip("needs a target on this machine: the suite sends no token in a URL to another machine")

    response = _with_token(owner, None).list_page((("access_token", str(owner.token)),))

    assert expect_ok(response) == owner.list_channels()[: min(10, page_limit)]
    assert str(owner.token) not in response.headers.get("link", "")


def test_user_id_header_is_that_of_the_authenticated_user(owner: ApiClient) -> None:
    """X-Canvas-User-Id, if sent, is the id of the authenticated user, with or without the shard (behaviour 9)."""
    header = owner.list_page().headers.get("x-canvas-user-id")
    if header is None:
        pytest.skip("the target sends no X-Canvas-User-Id")

    assert local_id(int(header)) == local_id(owner.id)


def test_token_is_checked_before_the_parameters(owner: ApiClient) -> None:
    """Without a token, a create with an invalid address is 401, not 400 (behaviour 2)."""
    fields = ((ADDRESS, addresses.INVALID[0].address), (TYPE, "email"))

    response = _with_token(owner, None).create_with(fields)

    expect_unauthenticated(response, has_token=False)


def _with_token(owner: ApiClient, token: str | None) -> ApiClient:
    """Return a client for the owner's channels with another token, or without one."""
    return ApiClient(owner.transport, owner.contract, token, "NO_SUCH_TOKEN" if token else "", owner.id)
