"""Faults of status, content type and error body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Ask, Reply
    from mutants.surgery import Surgery

HTML = "<!DOCTYPE html><html><body><h1>Page Not Found</h1></body></html>"
REFUSAL = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
MISSING = {"errors": [{"message": "The specified resource does not exist."}]}


def _answer(mock: Surgery, status: int, when: Callable[[Ask, Reply], bool], value: object = None) -> None:
    """Answer with another status, and with another body if one is given."""

    def change(ask: Ask, reply: Reply) -> None:
        if when(ask, reply):
            reply.status = status
            if value is not None:
                reply.value = value

    mock.on_reply(change)


def _error(mock: Surgery, status: int, value: object) -> None:
    """Answer with another body where the status is this one."""
    _answer(mock, status, lambda _ask, reply: reply.status == status and reply.value is not None, value)


@fault
def create_answers_201(mock: Surgery) -> None:
    """A creation answers 201 instead of 200."""
    _answer(mock, 201, lambda ask, reply: ask.creates and reply.status == 200)


@fault
def create_answers_an_empty_body(mock: Surgery) -> None:
    """A creation answers 200 and an empty object."""
    _answer(mock, 200, lambda ask, reply: ask.creates and reply.status == 200, {})


@fault
def create_answers_a_list(mock: Surgery) -> None:
    """A creation answers a list that holds the channel."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.creates and reply.status == 200:
            reply.value = [reply.value]

    mock.on_reply(change)


@fault
def delete_answers_204(mock: Surgery) -> None:
    """A deletion answers 204 without a body."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.deletes and reply.status == 200:
            reply.status, reply.body = 204, b""
            del reply.headers["content-type"], reply.headers["content-length"]

    mock.on_reply(change)


@fault
def delete_answers_success_only(mock: Surgery) -> None:
    """A deletion answers {"success": true} instead of the channel."""
    _answer(mock, 200, lambda ask, reply: ask.deletes and reply.status == 200, {"success": True})


@fault
def duplicate_answers_500(mock: Surgery) -> None:
    """A duplicate address answers 500, because the unique index of the database speaks first."""
    crash = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
    _answer(mock, 500, lambda _ask, reply: reply.is_unique, crash)


@fault
def duplicate_answers_409(mock: Surgery) -> None:
    """A duplicate address answers 409."""
    _answer(mock, 409, lambda _ask, reply: reply.is_unique)


@fault
def invalid_address_answers_422(mock: Surgery) -> None:
    """A failed validation answers 422 instead of 400."""
    _answer(mock, 422, lambda ask, reply: ask.creates and reply.status == 400)


@fault
def unknown_user_has_an_empty_list(mock: Surgery) -> None:
    """The list of a user who does not exist is 200 and empty."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 404 and b"does not exist" in reply.body:
            reply.status, reply.value = 200, []
            reply.headers["link"] = (
                f'<http://{ask.headers[b"host"].decode()}{ask.path}?page=1&per_page=10>; rel="current"'
            )

    mock.on_reply(change)


@fault
def unknown_user_is_forbidden(mock: Surgery) -> None:
    """A user who does not exist is refused with 403, not missing with 404."""
    _answer(mock, 403, lambda ask, reply: ask.lists and reply.status == 404, REFUSAL)


@fault
def missing_channel_is_forbidden(mock: Surgery) -> None:
    """A deletion of a channel that does not exist answers 403."""
    _answer(mock, 403, lambda ask, reply: ask.deletes and reply.status == 404, REFUSAL)


@fault
def missing_channel_answers_410(mock: Surgery) -> None:
    """A deletion of a channel that does not exist answers 410."""
    _answer(mock, 410, lambda ask, reply: ask.deletes and reply.status == 404)


@fault
def refusals_are_404(mock: Surgery) -> None:
    """Who may not is told that there is nothing: 404 in place of 403."""
    _answer(mock, 404, lambda _ask, reply: reply.status == 403, MISSING)


@fault
def refused_delete_is_404(mock: Surgery) -> None:
    """A deletion that is not permitted answers 404, though the channel is there."""
    _answer(mock, 404, lambda ask, reply: ask.deletes and reply.status == 403, MISSING)


@fault
def refusals_are_400(mock: Surgery) -> None:
    """Who may not is told 400."""
    _answer(mock, 400, lambda _ask, reply: reply.status == 403)


@fault
def refusal_has_no_status_key(mock: Surgery) -> None:
    """The refusal's body lacks its key `status`."""
    _error(mock, 403, {"errors": REFUSAL["errors"]})


@fault
def refusal_is_one_text(mock: Surgery) -> None:
    """The refusal's errors are one text instead of a list."""
    _error(mock, 403, {"status": "unauthorized", "errors": "user not authorized to perform that action"})


@fault
def missing_is_html(mock: Surgery) -> None:
    """What is missing is answered with a page of HTML."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.status == 404:
            reply.body = HTML.encode()
            reply.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_reply(change)


@fault
def missing_is_another_shape(mock: Surgery) -> None:
    """What is missing is answered as {"error": "not found"}."""
    _error(mock, 404, {"error": "not found"})


@fault
def missing_has_an_empty_list_of_errors(mock: Surgery) -> None:
    """What is missing is answered with no error in the list."""
    _error(mock, 404, {"errors": []})


@fault
def missing_has_a_status_key(mock: Surgery) -> None:
    """What is missing is answered in the shape of a refusal."""
    _error(mock, 404, {"status": "not_found", **MISSING})


@fault
def creation_is_labelled_html(mock: Surgery) -> None:
    """A created channel is JSON that says it is HTML."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.creates and reply.status == 200:
            reply.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_reply(change)


@fault
def deletion_is_labelled_text(mock: Surgery) -> None:
    """A deleted channel is JSON that says it is plain text."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.deletes and reply.status == 200:
            reply.headers["content-type"] = "text/plain"

    mock.on_reply(change)


@fault
def list_is_wrapped(mock: Surgery) -> None:
    """The list is wrapped in an object."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.status == 200:
            reply.value = {"communication_channels": reply.value}

    mock.on_reply(change)


@fault
def empty_page_answers_204(mock: Surgery) -> None:
    """A page without channels answers 204."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.lists and reply.body == b"[]":
            reply.status, reply.body = 204, b""
            del reply.headers["content-type"], reply.headers["content-length"]

    mock.on_reply(change)


@fault
def other_methods_answer_405(mock: Surgery) -> None:
    """A method that has no route answers 405, where Canvas has 404."""
    _answer(mock, 405, lambda ask, reply: ask.method in {"PUT", "PATCH"} and reply.status == 404)


@fault
def duplicate_is_named_by_address(mock: Surgery) -> None:
    """A duplicate is reported under `address` instead of `path`."""
    _rename(mock, "path", "address", lambda reply: reply.is_unique)


@fault
def blank_is_named_by_address(mock: Surgery) -> None:
    """A blank address is reported under `address` instead of `path`."""
    _rename(mock, "path", "address", lambda reply: b'"blank"' in reply.body)


@fault
def invalid_is_named_by_path(mock: Surgery) -> None:
    """An address that is none is reported under `path` instead of `email`."""
    _rename(mock, "email", "path", lambda reply: b'"invalid"' in reply.body)


@fault
def missing_type_is_named_by_type(mock: Surgery) -> None:
    """A missing type is reported under `type` instead of `path_type`."""
    _rename(mock, "path_type", "type", lambda _reply: True)


@fault
def failures_have_no_type(mock: Surgery) -> None:
    """The entries of a failed validation lack `type`."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.creates and reply.status == 400 and isinstance(errors := reply.value["errors"], dict):
            for entries in errors.values():
                for entry in entries if isinstance(entries, list) else ():
                    entry.pop("type", None)
            reply.value = {"errors": errors}

    mock.on_reply(change)


@fault
def failures_are_a_flat_list(mock: Surgery) -> None:
    """A failed validation is a flat list, not by attribute."""

    def change(ask: Ask, reply: Reply) -> None:
        if ask.creates and reply.status == 400 and isinstance(errors := reply.value["errors"], dict):
            reply.value = {"errors": [{"message": str(entries)} for entries in errors.values()]}

    mock.on_reply(change)


@fault
def duplicate_says_taken(mock: Surgery) -> None:
    """A duplicate says `taken` where Canvas says `unique!`."""

    def change(_ask: Ask, reply: Reply) -> None:
        if reply.is_unique:
            reply.body = reply.body.replace(b"unique!", b"taken")

    mock.on_reply(change)


def _rename(mock: Surgery, attribute: str, other: str, when: Callable[[Reply], bool]) -> None:
    def change(ask: Ask, reply: Reply) -> None:
        if ask.creates and reply.status == 400 and when(reply):
            errors = reply.value["errors"]
            if isinstance(errors, dict) and attribute in errors:
                moved = [{**entry, "attribute": other} for entry in errors.pop(attribute)]
                reply.value = {"errors": {**errors, other: moved}}

    mock.on_reply(change)
