"""Operations of the contract as Connexion reads them, and ASGI callables for tests of their validation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from connexion.resolver import Resolver
from connexion.spec import Specification

from mockserver.contract import read_contract

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


EXAMPLES = int(os.environ.get("VALIDATION_EXAMPLES", "400"))
"""The number of generated requests, and of responses."""

CONTRACT = read_contract()


def connexion_operations() -> dict[str, Any]:
    """Return Connexion's operations by operationId, of a new copy of the contract, because Connexion modifies it."""
    specification = Specification.load(read_contract())
    resolver = Resolver(lambda _name: lambda: None)
    return {
        operation["operationId"]: specification.operation_cls.from_spec(
            specification, path=path, method=method, resolver=resolver
        )
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


async def do_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """The application behind a validation of requests, or of the response that the scope already has."""


async def receive_empty_body() -> Message:
    return {"type": "http.request", "body": b""}


async def discard(_message: Message) -> None:
    """Do nothing with a message."""
