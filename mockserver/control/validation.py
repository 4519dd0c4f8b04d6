"""Validation of requests to the control API: the size of the body, then by Connexion, with the place of a mistake."""

from __future__ import annotations

import json
import math
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from connexion.exceptions import BadRequestProblem
from connexion.validators import ParameterValidator
from connexion.validators.json import JSONRequestBodyValidator
from jsonschema.exceptions import best_match, relevance
from starlette.datastructures import MutableHeaders

from mockserver.api.bodies import MAX_BODY_BYTES, MAX_UNFINISHED_BYTES
from mockserver.api.errors import BodyTooLarge, IncompleteBody
from mockserver.control.problems import Mistake, Problem
from mockserver.terminal import printable

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from starlette.types import Message, Receive, Scope

    from mockserver.api.bodies import BodyReader

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""The maximum size of the body of PUT, which is a world document; world files have the same maximum."""

_MAX_MESSAGE = 300
_UNKNOWN_MEDIA_TYPE = "application/octet-stream"


class BodyValidator(JSONRequestBodyValidator):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's validator of JSON bodies, which reports the mistake that is closest to what the client meant."""

    async def _parse(self, stream: Any, scope: Any) -> Any:
        try:
            body = await super()._parse(stream, scope)
            # Raises an error for NaN and surrogates, which Python's parser accepts.
            json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
        except (RecursionError, UnicodeDecodeError):
            raise BadRequestProblem(detail="The body is not JSON in UTF-8, or it is nested too deeply") from None
        except UnicodeEncodeError:
            raise BadRequestProblem(detail="The body has a surrogate without its pair, which is no character") from None
        except ValueError:
            raise BadRequestProblem(detail="The body has a number that is not JSON: NaN, or one too large") from None
        return body

    def _validate(self, body: Any) -> None:
        if body is None:
            raise BadRequestProblem("The body is empty")
        errors = list(self._validator.iter_errors(body))
        if not errors:
            return
        error, text = _most_specific(max(errors, key=relevance))
        place = ".".join(map(str, error.absolute_path))
        message = printable(text, _MAX_MESSAGE)
        mistake = Mistake(place, message)
        raise Problem(400, "invalid_request", f"{place}: {message}" if place else message, (mistake,))


class NamedParameterValidator(ParameterValidator):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's validator of parameters, whose messages name the parameter."""

    @staticmethod
    def validate_parameter(parameter_type: str, value: Any, param: Any, param_name: str | None = None) -> str | None:
        """Return the mistake in a parameter; None if there is none."""
        if isinstance(value, float) and math.isnan(value):  # it would pass every minimum and maximum
            return f"{parameter_type} parameter {param['name']}: nan is not a number"
        message = ParameterValidator.validate_parameter(parameter_type, value, param, param_name)
        if message is None:
            return None
        return printable(f"{parameter_type} parameter {param['name']}: {message.splitlines()[0]}", _MAX_MESSAGE)

    def validate_query_parameter_list(self, request: Any, security_params: Any = None) -> set[str]:
        """Return an empty set. Raises Problem for an unknown parameter, with the nearest known name."""
        known = [parameter["name"] for parameter in self.parameters.get("query", [])]
        for name in super().validate_query_parameter_list(request, security_params):
            nearest = get_close_matches(name, known, n=1) if len(name) < _MAX_MESSAGE else []
            hint = f"; the nearest is {nearest[0]}" if nearest else f"; it has: {', '.join(known) or 'none'}"
            shown = printable(name, _MAX_MESSAGE)
            raise Problem(400, "invalid_request", f"The operation has no query parameter {shown}{hint}.")
        return set()


async def received_body(scope: Scope, receive: Receive, bodies: BodyReader) -> tuple[Scope, Receive]:
    """Receive the whole body, and return the scope that describes it and a function that receives it again.

    Raises Problem if the body is large or slow.
    """
    limit = MAX_DOCUMENT_BYTES if scope["method"] == "PUT" else MAX_BODY_BYTES
    try:
        body = await bodies.read(scope, receive, limit)
    except BodyTooLarge:
        detail = (
            f"The body of this request may have at most {limit} bytes, and all bodies that are being received "
            f"together {MAX_UNFINISHED_BYTES}."
        )
        raise Problem(413, "body_too_large", detail) from None
    except IncompleteBody:
        raise Problem(408, "incomplete_body", "The body of this request did not come.") from None
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return _described(scope, body), receive_again


def _described(scope: Scope, body: bytes) -> Scope:
    """Return the scope with the length and the media type of a body as Connexion expects them.

    Connexion reads no body without a length, compares media types with case, and takes an absent one for JSON.
    """
    scope = {**scope, "headers": [*scope["headers"]]}
    headers = MutableHeaders(scope=scope)
    if body:
        headers["content-length"] = str(len(body))
        headers.setdefault("content-type", _UNKNOWN_MEDIA_TYPE)
    if content_type := headers.get("content-type"):
        media_type, separator, parameters = content_type.partition(";")
        known = f"{media_type.strip().lower()}{separator}{parameters}"
        headers["content-type"] = known if known.isascii() else _UNKNOWN_MEDIA_TYPE
    return scope


def _most_specific(error: ValidationError) -> tuple[ValidationError, str]:
    """Return the mistake that is closest to what the client meant, and its message.

    Of several alternatives, the field `kind` of the value selects one.
    """
    value: Any = error.instance
    while context := list(error.context or ()):
        schema: Any = error.schema
        if schema.get("discriminator", {}).get("propertyName") != "kind":
            best = best_match(context)
            return best, best.message
        if not isinstance(value, dict):
            return error, f"{value!r} is not of type 'object'"
        if "kind" not in value:
            return error, "'kind' is a required property"
        kinds = {each.schema_path[0]: each for each in context if list(each.path) == ["kind"]}
        inner = [each for each in context if each.schema_path[0] not in kinds]
        if not inner:
            allowed = sorted({str(kind) for each in kinds.values() for kind in cast("list[str]", each.validator_value)})
            return next(iter(kinds.values())), f"{value['kind']!r} is not one of {allowed}"
        error = max(inner, key=relevance)
        value = error.instance
    return error, error.message
