"""Requests held against the contract: a quick yes from compiled schemas, else Connexion's own verdict.

The quick path only ever accepts. Whatever it does not accept goes to Connexion's validators, which decide and find
the words; tests/test_validation.py shows that the two never disagree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from connexion.exceptions import BadRequestProblem, TypeValidationError
from connexion.json_schema import format_error_with_path
from connexion.lifecycle import ConnexionRequest
from connexion.middleware.request_validation import (
    RequestValidationAPI,
    RequestValidationMiddleware,
    RequestValidationOperation,
)
from connexion.validators import FormDataValidator, ParameterValidator

from mockserver import call as calls
from mockserver.contract import compile_schema
from mockserver.errors import ContractBroken
from mockserver.parameters import FORM, flatten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message, Receive, Scope, Send

    from mockserver.call import Call

NOT_IN_DIGITS = "is not written in digits"
"""Said of a number that Connexion reads all the same."""

_INTEGER_DIGITS = 18
_DIGITS = re.compile("-?[0-9]+")
_NUMBER = re.compile(r"\s*[+-]?\d+(?:_\d+)*\s*")
_BOOLEANS = {"true": True, "false": False}


class RequestOperation(RequestValidationOperation):  # type: ignore[misc]  # Connexion ships no types
    """One operation's demands on a request. Breaches are noted on the call; strict mode refuses them."""

    def __init__(self, *args: Any, strict: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._strict = strict
        parameters = self._operation.parameters
        self._query = {p["name"]: p for p in parameters if p["in"] == "query"}
        self._required = {name for name, p in self._query.items() if p.get("required")}
        self._path = {p["name"]: p for p in parameters if p["in"] == "path"}
        self._body = self._operation.body_schema(FORM) if FORM in self._operation.consumes else None
        self._checks = {p["name"]: compile_schema(p["schema"]) for p in parameters}
        self._kinds = {p["name"]: p["schema"].get("type") for p in parameters}
        self._body_check = compile_schema(self._body) if self._body else None
        properties = self._body["properties"] if self._body else {}
        self._body_kinds = {name: schema.get("type") for name, schema in properties.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note or refuse what breaks the contract, then go on."""
        call: Call = scope[calls.KEY]
        form = self._form(call) if self._body is not None else None
        if not self.accepts(call, form):
            found = [*await self.complaints(call, form), *self._misspelt(call)]
            call.breaches += [f"{self._operation.operation_id}: {text}" for text in found]
        if form is not None:
            call.breaches += self._misplaced(call, form)
        if call.breaches and self._strict:
            raise ContractBroken(call.breaches)
        await self.next_app(scope, receive, send)

    def accepts(self, call: Call, form: dict[str, str] | None) -> bool:
        """The quick yes: every parameter is plain text of a valid value, and the body fits."""
        for name, value in call.path_parameters.items():
            if not self._fits(name, value):
                return False
        for name in self._query:
            if name in call.query:
                if not self._fits(name, call.query[name]):
                    return False
            elif name in self._required:
                return False
        if form is None or self._body_check is None:
            return True
        body = {name: _coerced(self._body_kinds.get(name), value) for name, value in form.items()}
        return self._body_check(body)

    def _fits(self, name: str, value: object) -> bool:
        return isinstance(value, str) and self._checks[name](_coerced(self._kinds[name], value))

    async def complaints(self, call: Call, form: dict[str, str] | None) -> list[str]:
        """Connexion's own verdict, with every mistake and not just the first."""
        return [
            *self._parameter_complaints(call),
            *(await self._body_complaints(form) if form is not None else ()),
        ]

    def _parameter_complaints(self, call: Call) -> Iterator[str]:
        uri_parser = self._operation.uri_parser_class(self._operation.parameters, self._operation.body_definition())
        validator = ParameterValidator(self._operation.parameters, uri_parser=uri_parser)
        query = [(name, value) for name, value in flatten(call.query) if name in self._query]
        scope = {
            "type": "http",
            "headers": [],
            "query_string": urlencode(query).encode(),
            "path_params": call.path_parameters,
        }
        request = ConnexionRequest(scope, uri_parser=uri_parser)
        for place, parameters in (("query", self._query), ("path", self._path)):
            for name, parameter in parameters.items():
                complaint = getattr(validator, f"validate_{place}_parameter")(parameter, request)
                if complaint:
                    yield f"{place} parameter {name}: {complaint.splitlines()[0]}"

    def _misspelt(self, call: Call) -> Iterator[str]:
        """What Connexion takes or does not see: a number that is not in digits, a list where one value belongs."""
        for place, known, sent in (("query", self._query, call.query), ("path", self._path, call.path_parameters)):
            for name in (name for name in known if name in sent):
                value = sent[name]
                if not isinstance(value, str):
                    yield f"{place} parameter {name}: one value belongs here, not several"
                elif self._kinds[name] == "integer" and _NUMBER.fullmatch(value) and not _DIGITS.fullmatch(value):
                    yield f"{place} parameter {name}: {value!r} {NOT_IN_DIGITS}"

    async def _body_complaints(self, form: dict[str, str]) -> list[str]:
        operation = self._operation
        uri_parser = operation.uri_parser_class(operation.parameters, operation.body_definition())
        readable, complaints = {}, []
        for name, value in form.items():
            try:
                uri_parser.resolve_form({name: [value]})
                readable[name] = value
            except TypeValidationError as problem:
                complaints.append(f"body: {problem.detail}")
        try:
            await self._judge(readable, uri_parser)
        except BadRequestProblem as problem:
            complaints += [f"body: {detail}" for detail in problem.detail.splitlines()]
        return complaints

    async def _judge(self, form: dict[str, str], uri_parser: Any) -> None:
        body = urlencode(form).encode()

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        headers = [(b"content-type", FORM.encode()), (b"content-length", str(len(body)).encode())]
        validator = _EveryMistake(
            schema=self._body, required=True, encoding="utf-8", strict_validation=False, uri_parser=uri_parser
        )
        await validator.wrap_receive(receive, scope={"type": "http", "headers": headers})

    def _form(self, call: Call) -> dict[str, str]:
        """What the body says, or would have said as the one form that the contract has."""
        return {name: value for name, value in flatten(call.parameters) if name in self._body_kinds}

    def _misplaced(self, call: Call, form: dict[str, str]) -> Iterator[str]:
        if call.media_type is not None and call.media_type != FORM:
            yield f"{self._operation.operation_id}: body: the media type is {call.media_type}, not {FORM}"
        for name, _ in flatten(call.query) if call.query else ():
            if name in self._body_kinds and name in form:
                yield f"{self._operation.operation_id}: {name} is in the query, not in the body"


class _EveryMistake(FormDataValidator):  # type: ignore[misc]  # Connexion ships no types
    def _validate(self, body: Any) -> None:
        errors = sorted(self._validator.iter_errors(body), key=str)
        if errors:
            raise BadRequestProblem("\n".join(f"{e.message}{format_error_with_path(e)}" for e in errors))


class RequestValidation(RequestValidationMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's request validation, with validators that are built once."""

    def __init__(self, app: Any, *, strict: bool) -> None:
        super().__init__(app)
        self.api_cls = _request_api(strict=strict)


def _request_api(*, strict: bool) -> type[RequestValidationAPI]:
    class API(RequestValidationAPI):  # type: ignore[misc]  # Connexion ships no types
        def make_operation(self, operation: Any) -> RequestOperation:
            return RequestOperation(self.next_app, operation=operation, strict=strict)

    return API


def _coerced(kind: str | None, value: str) -> Any:
    """The text as Connexion would read it, where that is beyond doubt; else the text, which then does not fit."""
    if kind == "integer" and value.isascii() and value.isdigit() and len(value) <= _INTEGER_DIGITS:
        return int(value)
    if kind == "boolean":
        return _BOOLEANS.get(value, value)
    return value
