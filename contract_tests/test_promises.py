"""Every sentence of Canvas's page is somewhere in the contract, and some test holds it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract_tests.probes import PROBES
from contract_tests.traceability import dangling, read_promises, unprobed, untested, written_tests

if TYPE_CHECKING:
    from contract_tests.contract import Contract

PROMISES = read_promises()


def test_every_sentence_is_in_the_contract(contract: Contract) -> None:
    """Each sentence of the page, and each known difference, has a place in openapi.yaml."""
    assert not dangling(PROMISES, contract.document)


def test_every_sentence_has_a_test() -> None:
    """Each sentence of the page, and each known difference, names tests that exist, or says why there are none."""
    assert not untested(PROMISES, written_tests())


def test_every_difference_is_asked_about() -> None:
    """Each known difference has a probe, and each probe a difference."""
    assert not unprobed(PROMISES, PROBES.keys())


def test_every_operation_is_on_the_page(contract: Contract) -> None:
    """The contract has the routes of the page and no others."""
    routes = {each.contract for each in PROMISES.sentences if each.id.endswith("-route")}
    operations = {
        f"/paths/{path.replace('/', '~1')}/{method}"
        for path, item in contract.document["paths"].items()
        for method in item
        if method != "parameters"
    }

    assert routes == operations


def test_a_scope_is_a_method_and_a_route(contract: Contract) -> None:
    """Each operation's scope is spelled as the page does: its method, and its route with a colon before each name."""
    for path, item in contract.document["paths"].items():
        route = re.sub(r"\{(\w+)\}", r":\1", path)
        for method, operation in item.items():
            if method != "parameters":
                scopes = [scope for each in operation["security"] for scope in each.get("oauth2", [])]
                assert scopes == [f"url:{method.upper()}|/api/v1{route}"]
