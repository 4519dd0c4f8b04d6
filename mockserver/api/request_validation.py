"""Validation of requests against the contract: first with compiled schemas, then with Connexion's validators.

The compiled schemas only accept. A request that they do not accept is validated by Connexion, which decides and writes
the messages; tests/api/test_request_validation.py shows that the two agree.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from connexion.exceptions import BadRequestProblem, TypeValidationError
from connexion.json_schema import format_error_with_path
from connexion.lifecycle import ConnexionRequest
from connexion.middleware.request_validation import RequestValidationAPI, RequestValidationOperation
from connexion.validators import FormDataValidator, ParameterValidator

from mockserver.api.errors import ContractViolation
from mockserver.api.operations import OperationMiddleware
from mockserver.api.parameters import FORM, flatten
from mockserver.api.request import SCOPE_KEY
from mockserver.contract import INT64_MAX, INT64_MIN, compile_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message, Receive, Scope, Send

    from mockserver.api.request import ApiRequest

NOT_IN_DIGITS = "is not written in digits"
"""The message for a number that Connexion accepts and the contract does not, such as `1_0`."""
NOT_IN_64_BITS = "is no 64-bit integer"
"""The message for a number of the format int64, which Connexion does not check."""

_EVERYWHERE = frozenset({"access_token", "_method"})
"""Parameters that Canvas accepts with every operation, and that the contract declares elsewhere or not at all."""
_MAX_NAME = 100
"""The maximum length of the name of an unknown parameter that is shown."""
_MAX_UNKNOWN = 10
"""The maximum number of unknown parameters that are named."""

_INTEGER_DIGITS = 18
"""The maximum length of a number that is certainly a 64-bit integer."""
_DIGITS = re.compile("-?[0-9]+")
_NUMBER = re.compile(r"\s*[+-]?\d+(?:_\d+)*\s*")
"""A number as Python's `int`, and so Connexion, reads it."""
_BOOLEANS = {"true": True, "false": False}


class RequestOperation(RequestValidationOperation):  # type: ignore[misc]  # Connexion ships no types
    """Validation of the requests of one operation: violations are recorded, and rejected in strict mode."""

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
        self._int64 = {p["name"] for p in parameters if p["schema"].get("format") == "int64"}
        self._body_check = compile_schema(self._body) if self._body else None
        properties = self._body["properties"] if self._body else {}
        self._body_kinds = {name: schema.get("type") for name, schema in properties.items()}
        self._known = frozenset({*self._query, *self._body_kinds, *_EVERYWHERE})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record violations and call the next application. Raises ContractViolation in strict mode."""
        request: ApiRequest = scope[SCOPE_KEY]
        declared, has_unknown = self._form_fields(request)
        form = declared if self._body is not None else None
        if not self.accepts(request, form):
            found = [*await self.violations(request, form), *self._malformed_values(request)]
            request.violations += [f"{self._operation.operation_id}: {text}" for text in found]
        if form is not None:
            request.violations += self._misplaced_parameters(request, form)
        if has_unknown:
            request.violations += self._unknown_parameters(request)
        if request.violations and self._strict:
            raise ContractViolation(request.violations)
        await self.next_app(scope, receive, send)

    def accepts(self, request: ApiRequest, form: dict[str, str] | None) -> bool:
        """Return whether the compiled schemas accept every parameter and the body."""
        for name, value in request.path_parameters.items():
            if not self._is_valid(name, value):
                return False
        for name in self._query:
            if name in request.query:
                if not self._is_valid(name, request.query[name]):
                    return False
            elif name in self._required:
                return False
        if form is None or self._body_check is None:
            return True
        body = {name: _coerced(self._body_kinds.get(name), value) for name, value in form.items()}
        return self._body_check(body)

    def _is_valid(self, name: str, value: object) -> bool:
        return isinstance(value, str) and self._checks[name](_coerced(self._kinds[name], value))

    async def violations(self, request: ApiRequest, form: dict[str, str] | None) -> list[str]:
        """Return every violation that Connexion's validators find."""
        return [
            *self._parameter_violations(request),
            *(await self._body_violations(form) if form is not None else ()),
        ]

    def _parameter_violations(self, request: ApiRequest) -> Iterator[str]:
        uri_parser = self._operation.uri_parser_class(self._operation.parameters, self._operation.body_definition())
        validator = ParameterValidator(self._operation.parameters, uri_parser=uri_parser)
        query = [(name, value) for name, value in flatten(request.query) if name in self._query]
        scope = {
            "type": "http",
            "headers": [],
            "query_string": urlencode(query).encode(),
            "path_params": request.path_parameters,
        }
        parsed = ConnexionRequest(scope, uri_parser=uri_parser)
        for place, parameters in (("query", self._query), ("path", self._path)):
            for name, parameter in parameters.items():
                message = getattr(validator, f"validate_{place}_parameter")(parameter, parsed)
                if message:
                    yield f"{place} parameter {name}: {message.splitlines()[0]}"

    def _malformed_values(self, request: ApiRequest) -> Iterator[str]:
        """Yield the violations that Connexion does not find: a malformed or too large number, a list for one value."""
        sources = ("query", self._query, request.query), ("path", self._path, request.path_parameters)
        for place, known, sent in sources:
            for name in (name for name in known if name in sent):
                value = sent[name]
                if not isinstance(value, str):
                    yield f"{place} parameter {name}: one value belongs here, not several"
                elif self._kinds[name] == "integer" and _NUMBER.fullmatch(value) and not _DIGITS.fullmatch(value):
                    yield f"{place} parameter {name}: {value!r} {NOT_IN_DIGITS}"
                elif name in self._int64 and _DIGITS.fullmatch(value) and not _is_int64(value):
                    yield f"{place} parameter {name}: {value} {NOT_IN_64_BITS}"

    async def _body_violations(self, form: dict[str, str]) -> list[str]:
        operation = self._operation
        uri_parser = operation.uri_parser_class(operation.parameters, operation.body_definition())
        parsable, messages = {}, []
        # Connexion reports only the first field that cannot be converted, so each is tried alone.
        for name, value in form.items():
            try:
                uri_parser.resolve_form({name: [value]})
                parsable[name] = value
            except TypeValidationError as problem:
                messages.append(f"body: {problem.detail}")
        try:
            await self._validate_form(parsable, uri_parser)
        except BadRequestProblem as problem:
            messages += [f"body: {detail}" for detail in problem.detail.splitlines()]
        return messages

    async def _validate_form(self, form: dict[str, str], uri_parser: Any) -> None:
        """Raise BadRequestProblem with all errors of the form, one a line, as Connexion finds them in a body."""
        body = urlencode(form).encode()

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        headers = [(b"content-type", FORM.encode()), (b"content-length", str(len(body)).encode())]
        validator = _AllErrorsFormValidator(
            schema=self._body, required=True, encoding="utf-8", strict_validation=False, uri_parser=uri_parser
        )
        await validator.wrap_receive(receive, scope={"type": "http", "headers": headers})

    def _form_fields(self, request: ApiRequest) -> tuple[dict[str, str], bool]:
        """Return the parameters that the contract declares in the form, and whether any is unknown."""
        form, has_unknown = {}, False
        for name, value in flatten(request.parameters):
            if name in self._body_kinds:
                form[name] = value
            elif name not in self._known:
                has_unknown = True
        return form, has_unknown

    def _misplaced_parameters(self, request: ApiRequest, form: dict[str, str]) -> Iterator[str]:
        if request.media_type is not None and request.media_type != FORM:
            yield f"{self._operation.operation_id}: body: the media type is {request.media_type}, not {FORM}"
        for name, _ in flatten(request.query) if request.query else ():
            if name in self._body_kinds and name in form:
                yield f"{self._operation.operation_id}: {name} is in the query, not in the body"

    def _unknown_parameters(self, request: ApiRequest) -> Iterator[str]:
        """Yield the first parameters that the contract does not have, with the nearest known name.

        Canvas ignores them.
        """
        names = (
            name
            for first, value in request.parameters.items()
            if first not in self._known
            for name, _ in flatten({first: value})
            if name not in self._known
        )
        for name in islice(names, _MAX_UNKNOWN):
            start = f"{self._operation.operation_id}: there is no parameter"
            if len(name) > _MAX_NAME:  # the journal could not find a token in a name that is cut
                yield f"{start} with a name of {len(name)} characters"
                continue
            nearest = get_close_matches(name, sorted(self._known), n=1)
            hint = f"; the contract has {nearest[0]}" if nearest else ""
            yield f"{start} {name}{hint}"


class _AllErrorsFormValidator(FormDataValidator):  # type: ignore[misc]  # Connexion ships no types
    def _validate(self, body: Any) -> None:
        errors = sorted(self._validator.iter_errors(body), key=lambda error: (error.message, str(error.path)))
        if errors:
            raise BadRequestProblem("\n".join(f"{e.message}{format_error_with_path(e)}" for e in errors))


class RequestValidation(OperationMiddleware):
    """Connexion's request validation with schemas that are compiled once."""

    def __init__(self, app: Any, *, strict: bool) -> None:
        super().__init__(app)
        self.api_cls = _request_api(strict=strict)


def _request_api(*, strict: bool) -> type[RequestValidationAPI]:
    """Return a class with this mode: Connexion makes the object itself."""

    class API(RequestValidationAPI):  # type: ignore[misc]  # Connexion ships no types
        def make_operation(self, operation: Any) -> RequestOperation:
            return RequestOperation(self.next_app, operation=operation, strict=strict)

    return API


def _is_int64(digits: str) -> bool:
    """Return whether a number in digits is a 64-bit integer; Python refuses to convert thousands of digits."""
    significant = digits.lstrip("-").lstrip("0")
    if len(significant) > len(str(INT64_MAX)):
        return False
    number = int(significant or "0")
    return INT64_MIN <= (-number if digits.startswith("-") else number) <= INT64_MAX


def _coerced(kind: str | None, value: str) -> Any:
    """Return the text converted to the schema's type where Connexion converts it in the same way, else the text."""
    if kind == "integer" and value.isascii() and value.isdigit() and len(value) <= _INTEGER_DIGITS:
        return int(value)
    if kind == "boolean":
        return _BOOLEANS.get(value, value)
    return value
