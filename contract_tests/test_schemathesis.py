"""What Schemathesis makes of openapi.yaml: every operation with examples, at its edges, at random, and along its links.

Schemathesis itself never sends: each of its cases becomes a call of the fence's, or is dropped by it.
Its check of rejected data is left out: Canvas takes much that the contract does not allow (behaviour 4.1, 5.4, 5.8).
"""

from __future__ import annotations

import os
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks as openapi_checks

from contract_tests import pool
from contract_tests.account import sweep
from contract_tests.call import Call
from contract_tests.caller import ADDRESS, TYPE
from contract_tests.contract import Contract
from contract_tests.fence import RefusedError
from contract_tests.settings import PROFILES

if TYPE_CHECKING:
    from schemathesis import Case

    from contract_tests.call import Fields
    from contract_tests.caller import Caller

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
_BASE = "http://fence.invalid/api/v1"
CONFIG = """
seed = {seed}
[generation]
mode = "all"
database = "none"
max-examples = {examples}
[phases.coverage]
unexpected-methods = []
"""


def _tightened(document: dict[str, Any]) -> dict[str, Any]:
    """The contract, narrowed to the suite's own addresses and tokens, so that little is generated in vain."""
    tight = deepcopy(document)
    parameters = tight["components"]["parameters"]
    parameters["UserId"]["schema"] = {"type": "string", "enum": ["self"]}
    parameters["ChannelAddress"]["schema"] = {"type": "string", "enum": [pair.address for pair in pool.ACCEPTED]}
    parameters["ChannelAddress"]["example"] = pool.FIRST.address
    parameters["ChannelId"]["example"] = 2**63 - 1
    parameters["ChannelId"]["schema"]["minimum"] = 2**62
    parameters.pop("AsUserId")
    for item in tight["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                kept = [each for each in operation["parameters"] if not each["$ref"].endswith("/AsUserId")]
                operation["parameters"] = kept
                operation.pop("security")
    tight.pop("security", None)
    forms = tight["components"]["schemas"]
    create = forms["CreateCommunicationChannelForm"]["properties"]
    create["communication_channel[address]"] = {"type": "string", "enum": [pair.address for pair in pool.ACCEPTED]}
    create["communication_channel[token]"] = {"type": "string", "enum": [pool.DEVICE]}
    for form in ("CreateCommunicationChannelForm", "DeletePushTokenForm"):
        forms[form]["additionalProperties"] = False
    forms["DeletePushTokenForm"]["properties"]["push_token"] = {"type": "string", "enum": [pool.DEVICE]}
    examples = tight["components"]["examples"]
    examples["CreateEmail"]["value"]["communication_channel[address]"] = pool.FIRST.address
    examples["CreateSms"]["value"]["communication_channel[address]"] = pool.PHONE.address
    examples["CreatePush"]["value"]["communication_channel[token]"] = pool.DEVICE
    examples["DeletePushToken"]["value"]["push_token"] = pool.DEVICE
    return tight


def _schema() -> schemathesis.BaseSchema:
    examples = PROFILES.get(os.environ.get("PROFILE") or "default", PROFILES["default"]).examples
    config = SchemathesisConfig.from_str(CONFIG.format(seed=int(os.environ.get("SEED") or 1), examples=examples))
    schema = schemathesis.openapi.from_dict(_tightened(Contract().document), config=config)
    schema.config.update(base_url=_BASE)
    return schema


SCHEMA = _schema()


@SCHEMA.parametrize()
def test_every_answer_fits(case: Case[Any], owner: Caller) -> None:
    """Whatever is sent, the status is documented, and type, headers and body are as the contract says."""
    owner.wire.begin()
    _judge(case, owner)


def test_links_lead_somewhere(owner: Caller) -> None:
    """What one answer offers to another operation is taken there, in any order, and every answer fits."""

    class Links(SCHEMA.as_state_machine()):  # type: ignore[misc]  # a class that is made at run time
        def step(self, input: Any) -> Any:  # noqa: A002  # the name that Schemathesis calls it by
            try:
                return super().step(input)
            except RefusedError:
                return None

        def call(self, case: Case[Any], **_: Any) -> Response:
            return Response.from_any(owner.wire.send(_call(case, owner)))

        def validate_response(self, response: Response, case: Case[Any], *_: Any, **__: Any) -> None:
            _validate(case, owner, response)

        def teardown(self) -> None:
            sweep(owner)
            owner.wire.begin()

    settings = hypothesis.settings(
        stateful_step_count=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    Links.run(settings=settings)


def _judge(case: Case[Any], owner: Caller) -> None:
    try:
        answer = owner.wire.send(_call(case, owner))
    except RefusedError:
        hypothesis.reject()
    _validate(case, owner, Response.from_any(answer))


def _validate(case: Case[Any], owner: Caller, answer: Response) -> None:
    """Hold the answer against the contract, but for a crash that Canvas is known for."""
    if owner.wire.steps[-1].defect is None:
        case.validate_response(answer, checks=CHECKS)


def _call(case: Case[Any], owner: Caller) -> Call:
    """The case as a call of the owner's. Raises RefusedError for a path that is none of the contract's."""
    wanted = case.as_transport_kwargs(base_url=_BASE)
    user, _, *tail = (unquote(segment) for segment in str(wanted["url"]).removeprefix(f"{_BASE}/users/").split("/"))
    if (
        user not in {"self", str(owner.id)}
        or not all(tail)
        or any("/" in part for part in tail)
        or (len(tail) > 1 and "." in tail[0])
    ):
        raise RefusedError(wanted["url"])
    return owner.about(owner.id, user).call(
        case.operation.definition.raw["operationId"],
        case.method,
        tail=tuple(tail),
        query=_fields(wanted.get("params")),
        body=_without_rows(_fields(wanted.get("data"))),
    )


def _without_rows(fields: Fields) -> Fields:
    """Without the address where the type is none that Canvas knows: the fence lets no such row be made."""
    unknown = [value for name, value in fields if name == TYPE and value not in {"email", "sms", "push", ""}]
    return tuple(field for field in fields if not (unknown and field[0] == ADDRESS))


def _fields(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, bytes | str):
        text = value.decode() if isinstance(value, bytes) else value
        return tuple(parse_qsl(text, keep_blank_values=True))
    pairs = value.items() if isinstance(value, dict) else value or ()
    return tuple(
        (str(name), str(each)) for name, inner in pairs for each in (inner if isinstance(inner, list) else [inner])
    )
