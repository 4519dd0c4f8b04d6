"""Faults of the status, the Content-Type and the body of errors."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from mutants.exchange import CRASH
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock

_HTML = "<!DOCTYPE html><html><body><h1>Page Not Found</h1></body></html>"
_FORBIDDEN = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
_NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}


def _set_status(mock: PatchedMock, status: int, when: Callable[[Request, Response], bool], body: object = None) -> None:
    """Replace the status, and also the JSON body if one is given, of the responses that `when` selects."""

    def change(request: Request, response: Response) -> None:
        if when(request, response):
            response.status = status
            if body is not None:
                response.json = body

    mock.on_response(change)


def _set_error_body(mock: PatchedMock, status: int, body: object) -> None:
    """Replace the JSON body of the responses with this status."""
    _set_status(mock, status, lambda _request, response: response.status == status and response.json is not None, body)


def _validation_errors(request: Request, response: Response) -> dict[str, Any]:
    """Return the validation errors of a rejected create, by attribute; empty for another response."""
    if not request.is_create or response.status != 400:
        return {}
    errors = response.json["errors"]
    return errors if isinstance(errors, dict) else {}


def _change_validation_errors(mock: PatchedMock, change: Callable[[dict[str, Any]], object]) -> None:
    """Change each validation error of a rejected create."""

    def alter(request: Request, response: Response) -> None:
        if errors := _validation_errors(request, response):
            # the value is text for a push channel without an SNS ARN
            for entry in chain.from_iterable(each for each in errors.values() if isinstance(each, list)):
                change(entry)
            response.json = {"errors": errors}

    mock.on_response(alter)


def _rename_attribute(mock: PatchedMock, attribute: str, new: str, when: Callable[[Response], bool]) -> None:
    """Report the validation errors of one attribute under another name in the responses that `when` selects."""

    def change(request: Request, response: Response) -> None:
        errors = _validation_errors(request, response)
        if attribute in errors and when(response):
            moved = [{**entry, "attribute": new} for entry in errors.pop(attribute)]
            response.json = {"errors": {**errors, new: moved}}

    mock.on_response(change)


@fault
def create_returns_201(mock: PatchedMock) -> None:
    """A create returns 201 instead of 200."""
    _set_status(mock, 201, lambda request, response: request.is_create and response.status == 200)


@fault
def create_returns_an_empty_object(mock: PatchedMock) -> None:
    """A create returns 200 and an empty object."""
    _set_status(mock, 200, lambda request, response: request.is_create and response.status == 200, {})


@fault
def create_returns_a_list(mock: PatchedMock) -> None:
    """A create returns a list that contains the channel."""

    def change(request: Request, response: Response) -> None:
        if request.is_create and response.status == 200:
            response.json = [response.json]

    mock.on_response(change)


@fault
def delete_returns_204(mock: PatchedMock) -> None:
    """A delete returns 204 without a body."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete and response.status == 200:
            response.set_empty(204)

    mock.on_response(change)


@fault
def delete_returns_success_only(mock: PatchedMock) -> None:
    """A delete returns {"success": true} instead of the channel."""
    _set_status(mock, 200, lambda request, response: request.is_delete and response.status == 200, {"success": True})


@fault
def duplicate_returns_500(mock: PatchedMock) -> None:
    """A duplicate address returns 500, as from the unique index of the database."""
    _set_status(mock, 500, lambda _request, response: response.is_duplicate_error, CRASH)


@fault
def duplicate_returns_409(mock: PatchedMock) -> None:
    """A duplicate address returns 409 instead of 400."""
    _set_status(mock, 409, lambda _request, response: response.is_duplicate_error)


@fault
def failed_validation_returns_422(mock: PatchedMock) -> None:
    """A rejected create returns 422 instead of 400."""
    _set_status(mock, 422, lambda request, response: request.is_create and response.status == 400)


@fault
def unknown_user_has_an_empty_list(mock: PatchedMock) -> None:
    """The list of an unknown user returns 200 and an empty list instead of 404."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 404 and b"does not exist" in response.body:
            response.status, response.json = 200, []
            response.headers["link"] = (
                f'<http://{request.headers[b"host"].decode()}{request.path}?page=1&per_page=10>; rel="current"'
            )

    mock.on_response(change)


@fault
def unknown_user_is_forbidden(mock: PatchedMock) -> None:
    """A list that is not found, as that of an unknown user, returns 403 instead of 404."""
    _set_status(mock, 403, lambda request, response: request.is_list and response.status == 404, _FORBIDDEN)


@fault
def user_zero_returns_500(mock: PatchedMock) -> None:
    """A request for the user 0 returns 500."""
    _set_status(mock, 500, lambda request, response: request.user_id == "0" and response.status == 404, CRASH)


@fault
def user_id_of_20_digits_returns_500(mock: PatchedMock) -> None:
    """A request for a user id of 20 digits returns 500; Canvas looks up no number of more than 19 digits."""
    _set_status(mock, 500, lambda request, response: len(request.user_id) == 20 and response.status == 404, CRASH)


@fault
def unknown_channel_is_forbidden(mock: PatchedMock) -> None:
    """A delete of an unknown channel or for an unknown user returns 403 instead of 404."""
    _set_status(mock, 403, lambda request, response: request.is_delete and response.status == 404, _FORBIDDEN)


@fault
def unknown_channel_returns_410(mock: PatchedMock) -> None:
    """A delete of an unknown channel or for an unknown user returns 410 instead of 404."""
    _set_status(mock, 410, lambda request, response: request.is_delete and response.status == 404)


@fault
def denied_requests_are_404(mock: PatchedMock) -> None:
    """A denied request returns 404 instead of 403."""
    _set_status(mock, 404, lambda _request, response: response.status == 403, _NOT_FOUND)


@fault
def denied_delete_is_404(mock: PatchedMock) -> None:
    """A denied delete of an existing channel returns 404 instead of 403."""
    _set_status(mock, 404, lambda request, response: request.is_delete and response.status == 403, _NOT_FOUND)


@fault
def denied_requests_are_400(mock: PatchedMock) -> None:
    """A denied request returns 400 instead of 403."""
    _set_status(mock, 400, lambda _request, response: response.status == 403)


@fault
def forbidden_body_has_no_status(mock: PatchedMock) -> None:
    """The body of a 403 lacks the key `status`."""
    _set_error_body(mock, 403, {"errors": _FORBIDDEN["errors"]})


@fault
def forbidden_errors_are_text(mock: PatchedMock) -> None:
    """`errors` in the body of a 403 is a string instead of a list."""
    _set_error_body(mock, 403, {"status": "unauthorized", "errors": "user not authorized to perform that action"})


@fault
def not_found_body_is_html(mock: PatchedMock) -> None:
    """The body of a 404 is an HTML page."""

    def change(_request: Request, response: Response) -> None:
        if response.status == 404:
            response.body = _HTML.encode()
            response.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_response(change)


@fault
def not_found_body_is_another_object(mock: PatchedMock) -> None:
    """The body of a 404 is {"error": "not found"}."""
    _set_error_body(mock, 404, {"error": "not found"})


@fault
def not_found_errors_are_empty(mock: PatchedMock) -> None:
    """`errors` in the body of a 404 is an empty list."""
    _set_error_body(mock, 404, {"errors": []})


@fault
def not_found_body_has_a_status(mock: PatchedMock) -> None:
    """The body of a 404 has the key `status`, as the body of a 403 does."""
    _set_error_body(mock, 404, {"status": "not_found", **_NOT_FOUND})


@fault
def create_has_content_type_html(mock: PatchedMock) -> None:
    """The Content-Type of a create is text/html, although the body is JSON."""

    def change(request: Request, response: Response) -> None:
        if request.is_create and response.status == 200:
            response.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_response(change)


@fault
def delete_has_content_type_text(mock: PatchedMock) -> None:
    """The Content-Type of a delete is text/plain, although the body is JSON."""

    def change(request: Request, response: Response) -> None:
        if request.is_delete and response.status == 200:
            response.headers["content-type"] = "text/plain"

    mock.on_response(change)


@fault
def list_is_nested_in_an_object(mock: PatchedMock) -> None:
    """The list is the value of a key in an object."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.status == 200:
            response.json = {"communication_channels": response.json}

    mock.on_response(change)


@fault
def empty_page_returns_204(mock: PatchedMock) -> None:
    """A page without channels returns 204 instead of an empty list."""

    def change(request: Request, response: Response) -> None:
        if request.is_list and response.body == b"[]":
            response.set_empty(204)

    mock.on_response(change)


@fault
def unsupported_methods_return_405(mock: PatchedMock) -> None:
    """A PUT or PATCH, for which there is no route, returns 405 instead of 404."""
    _set_status(mock, 405, lambda request, response: request.method in {"PUT", "PATCH"} and response.status == 404)


@fault
def duplicate_is_reported_for_address(mock: PatchedMock) -> None:
    """The error of a duplicate has the attribute `address` instead of `path`."""
    _rename_attribute(mock, "path", "address", lambda response: response.is_duplicate_error)


@fault
def blank_is_reported_for_address(mock: PatchedMock) -> None:
    """The error of a blank address has the attribute `address` instead of `path`."""
    _rename_attribute(mock, "path", "address", lambda response: b'"blank"' in response.body)


@fault
def invalid_is_reported_for_path(mock: PatchedMock) -> None:
    """The error of an invalid e-mail address has the attribute `path` instead of `email`."""
    _rename_attribute(mock, "email", "path", lambda response: b'"invalid"' in response.body)


@fault
def missing_type_is_reported_for_type(mock: PatchedMock) -> None:
    """The error of a missing type has the attribute `type` instead of `path_type`."""
    _rename_attribute(mock, "path_type", "type", lambda _response: True)


@fault
def validation_errors_have_no_type(mock: PatchedMock) -> None:
    """Validation errors lack the key `type`."""
    _change_validation_errors(mock, lambda entry: entry.pop("type", None))


@fault
def validation_messages_are_null(mock: PatchedMock) -> None:
    """The messages of validation errors are null."""
    _change_validation_errors(mock, lambda entry: entry.update(message=None))


@fault
def validation_errors_are_a_list(mock: PatchedMock) -> None:
    """Validation errors are a list instead of an object with a key for each attribute."""

    def change(request: Request, response: Response) -> None:
        if errors := _validation_errors(request, response):
            response.json = {"errors": [{"message": str(entries)} for entries in errors.values()]}

    mock.on_response(change)


@fault
def duplicate_is_reported_as_taken(mock: PatchedMock) -> None:
    """The error of a duplicate is `taken` instead of `unique!`."""

    def change(_request: Request, response: Response) -> None:
        if response.is_duplicate_error:
            response.body = response.body.replace(b"unique!", b"taken")

    mock.on_response(change)
