"""Schemathesis tests: every operation with examples, boundary values and random values, and sequences along links.

Schemathesis does not send requests itself: each of its cases becomes a request of the suite, or is skipped if the
safety guard rejects it.
Its check that invalid data is rejected is not used, because Canvas accepts values that the contract does not allow
(behaviour 4.1, 5.4, 5.8).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks as openapi_checks

from contract_tests.account.clean_up import remove_created_channels
from contract_tests.client.api_client import ADDRESS, TYPE
from contract_tests.client.request import Request
from contract_tests.client.safety import addresses
from contract_tests.client.safety.guard import UnsafeRequestError
from contract_tests.client.settings import PROFILES
from contract_tests.oracle.contract import Contract, with_older_forms
from contract_tests.oracle.formats import with_int64_bounds

if TYPE_CHECKING:
    from schemathesis import Case

    from contract_tests.client.api_client import ApiClient
    from contract_tests.client.request import Fields

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
_BASE_URL = "http://schemathesis.invalid/api/v1"
"""The base URL of the cases; no request is sent to it."""

CONFIG = """
seed = {seed}
[generation]
mode = "all"
database = "none"
max-examples = {examples}
[phases.coverage]
enabled = {coverage}
unexpected-methods = []
"""


def _restricted(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the contract that allows only the values that the safety guard accepts.

    Without the restriction, the guard would reject most of the generated requests.
    """
    restricted = with_older_forms(document)
    restricted.pop("security", None)  # the suite adds the token to each request
    items = [item for path in restricted["paths"].values() for item in path.values()]
    for operation in (item for item in items if isinstance(item, dict)):  # the others are lists of parameters
        operation.pop("security")
        parameters = operation["parameters"]
        operation["parameters"] = [each for each in parameters if not each["$ref"].endswith("/AsUserId")]
    _restrict_parameters(restricted["components"]["parameters"])
    restricted["components"]["schemas"] = with_int64_bounds(restricted["components"]["schemas"])
    _restrict_forms(restricted["components"]["schemas"])
    _replace_examples(restricted["components"]["examples"])
    return restricted


def _restrict_parameters(parameters: dict[str, Any]) -> None:
    """Restrict the path to channels of the test user: reserved addresses, and ids that no channel has."""
    parameters.pop("AsUserId")
    parameters["UserId"]["schema"] = {"type": "string", "enum": ["self"]}
    parameters["ChannelAddress"]["schema"] = {"type": "string", "enum": [pair.address for pair in addresses.ACCEPTED]}
    parameters["ChannelAddress"]["example"] = addresses.FIRST.address
    parameters["ChannelId"]["example"] = 2**63 - 1
    parameters["ChannelId"]["schema"]["minimum"] = 2**62


def _restrict_forms(schemas: dict[str, Any]) -> None:
    """Restrict the bodies to reserved addresses and to the push token of the suite."""
    create, delete_push_token = schemas["CreateCommunicationChannelForm"], schemas["DeletePushTokenForm"]
    for form in (create, delete_push_token):
        form["additionalProperties"] = False
    create["properties"] |= {
        "communication_channel[address]": {"type": "string", "enum": [pair.address for pair in addresses.ACCEPTED]},
        "communication_channel[token]": {"type": "string", "enum": [addresses.DEVICE]},
    }
    delete_push_token["properties"]["push_token"] = {"type": "string", "enum": [addresses.DEVICE]}


def _replace_examples(examples: dict[str, Any]) -> None:
    """Replace the addresses and the push token of the contract's examples by those of the suite."""
    examples["CreateEmail"]["value"]["communication_channel[address]"] = addresses.FIRST.address
    examples["CreateSms"]["value"]["communication_channel[address]"] = addresses.PHONE.address
    examples["CreatePush"]["value"]["communication_channel[token]"] = addresses.DEVICE
    examples["DeletePushToken"]["value"]["push_token"] = addresses.DEVICE


def _schema() -> schemathesis.BaseSchema:
    """Return the restricted contract with the seed and the number of examples of this run."""
    # This runs when the module is loaded; the settings report an unknown profile.
    profile = PROFILES.get(os.environ.get("PROFILE") or "default", PROFILES["default"])
    text = CONFIG.format(
        seed=int(os.environ.get("SEED") or 1),
        examples=profile.examples,
        coverage=str(profile.has_boundary_values).lower(),
    )
    config = SchemathesisConfig.from_str(text)
    schema = schemathesis.openapi.from_dict(_restricted(Contract().document), config=config)
    schema.config.update(base_url=_BASE_URL)
    return schema


SCHEMA = _schema()


@SCHEMA.parametrize()
@pytest.mark.cases(smoke=5, quick=5)
def test_every_response_conforms_to_the_contract(case: Case[Any], owner: ApiClient) -> None:
    """For any request, the status, the content type, the headers and the body of the response are as documented."""
    owner.transport.reset_steps()

    try:
        response = owner.send_request(_request(case, owner))
    except UnsafeRequestError:
        hypothesis.reject()

    _validate(case, owner, Response.from_any(response))


def test_responses_along_links_conform_to_the_contract(owner: ApiClient) -> None:
    """Requests that follow the links of the contract, in any order, have responses as documented."""
    owner.require_creation()

    class Links(SCHEMA.as_state_machine()):  # type: ignore[misc]  # a class that is created at run time
        def step(self, input: Any) -> Any:  # noqa: A002  # Schemathesis passes it by this name
            try:
                return super().step(input)
            except UnsafeRequestError:
                return None

        def call(self, case: Case[Any], **_: Any) -> Response:
            return Response.from_any(owner.send_request(_request(case, owner)))

        def validate_response(self, response: Response, case: Case[Any], *_: Any, **__: Any) -> None:
            _validate(case, owner, response)

        def teardown(self) -> None:
            steps = tuple(owner.transport.steps)
            remove_created_channels(owner)
            owner.transport.observation.record(sys.exception(), steps)
            owner.transport.reset_steps()

    settings = hypothesis.settings(
        stateful_step_count=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )

    Links.run(settings=settings)


def _validate(case: Case[Any], owner: ApiClient, response: Response) -> None:
    """Validate the response against the contract, except for a known defect of Canvas."""
    if owner.transport.steps[-1].known_defect is None:
        case.validate_response(response, checks=CHECKS)


def _request(case: Case[Any], owner: ApiClient) -> Request:
    """Return the case as a request of the owner. Raises UnsafeRequestError if its path has no route for the owner."""
    arguments = case.as_transport_kwargs(base_url=_BASE_URL)
    url = str(arguments["url"])
    user, _, *tail = (unquote(segment) for segment in url.removeprefix(f"{_BASE_URL}/users/").split("/"))
    if user not in {"self", str(owner.id)} or not _has_route(tail):
        raise UnsafeRequestError(url)
    return owner.for_user(owner.id, user).build_request(
        case.operation.definition.raw["operationId"],
        case.method,
        tail=tuple(tail),
        query=_fields(arguments.get("params")),
        body=_safe_body(_fields(arguments.get("data"))),
    )


def _has_route(tail: list[str]) -> bool:
    """Return whether Canvas can route these path segments: none is empty, and a type has no dot (behaviour 1.2)."""
    is_dotted_type = len(tail) > 1 and "." in tail[0]
    return all(tail) and not any("/" in segment for segment in tail) and not is_dotted_type


def _safe_body(fields: Fields) -> Fields:
    """Return the fields without the address if the type is unknown, because the safety guard rejects such a create."""
    has_unknown_type = any(name == TYPE and value not in {"email", "sms", "push", ""} for name, value in fields)
    return tuple(field for field in fields if not (has_unknown_type and field[0] == ADDRESS))


def _fields(value: Any) -> Fields:
    """Return the parameters that Schemathesis gives as text, as a dictionary or as pairs."""
    if isinstance(value, bytes | str):
        text = value.decode() if isinstance(value, bytes) else value
        return tuple(parse_qsl(text, keep_blank_values=True))
    pairs = value.items() if isinstance(value, dict) else value or ()
    return tuple(
        (str(name), str(each)) for name, values in pairs for each in (values if isinstance(values, list) else [values])
    )
