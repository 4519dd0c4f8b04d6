"""Faults of decoding parameters: plus signs, percent signs, characters outside ASCII, and media types."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, unquote_to_bytes

from mockserver.canvas.world import World
from mutants.mutant import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Request, Response
    from mutants.patching import PatchedMock

_FORM = "application/x-www-form-urlencoded"
_BYTE = re.compile(rb"%([89A-Fa-f][0-9A-Fa-f])")


def _change_body(mock: PatchedMock, media_type: str, change: Callable[[bytes], bytes]) -> None:
    """Change the bodies of a media type before the mock decodes them."""

    def alter(request: Request) -> None:
        if request.media_type == media_type:
            request.body = change(request.body)

    mock.on_request(alter)


def _change_query(mock: PatchedMock, change: Callable[[bytes], bytes]) -> None:
    """Change the query of a create before the mock decodes it."""

    def alter(request: Request) -> None:
        if request.is_create:
            request.query = change(request.query)

    mock.on_request(alter)


def _change_path(mock: PatchedMock, change: Callable[[str], str]) -> None:
    """Change the address in the path before the mock decodes it."""

    def alter(request: Request) -> None:
        if len(request.subpath) == 2:
            head, _, address = request.path.rpartition("/")
            request.path = f"{head}/{change(address)}"

    mock.on_request(alter)


def _change_address(mock: PatchedMock, change: Callable[[str], str]) -> None:
    """Change the decoded address of a create before it is validated and stored."""

    def create(original: Any, self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        return original(self, owner, kind, change(address) if isinstance(address, str) else address, state)

    mock.wrap(World, "create_channel", create)


def _as_latin_1(text: bytes) -> bytes:
    """Return percent-encoded text with each byte over 127 replaced by the character of that code in Latin-1."""
    return _BYTE.sub(lambda match: quote(chr(int(match[1], 16))).encode(), text)


@fault
def plus_is_lost_in_forms(mock: PatchedMock) -> None:
    """An escaped plus sign in a form body becomes a space."""
    _change_body(mock, _FORM, lambda body: re.sub(rb"(?i)%2b", b"+", body))


@fault
def plus_is_lost_in_json(mock: PatchedMock) -> None:
    """A plus sign in a JSON body becomes a space."""
    _change_body(mock, "application/json", lambda body: body.replace(b"+", b" "))


@fault
def plus_is_lost_in_multipart(mock: PatchedMock) -> None:
    """A plus sign in a multipart body becomes a space."""
    _change_body(mock, "multipart/form-data", lambda body: body.replace(b"+", b" "))


@fault
def plus_is_lost_in_the_query(mock: PatchedMock) -> None:
    """An escaped plus sign in the query of a create becomes a space."""
    _change_query(mock, lambda query: re.sub(rb"(?i)%2b", b"+", query))


@fault
def plus_is_lost_in_the_path(mock: PatchedMock) -> None:
    """A plus sign in the path, escaped or not, becomes a space."""
    _change_path(mock, lambda address: re.sub("(?i)%2b|[+]", "%20", address))


@fault
def escaped_plus_is_lost_in_the_path(mock: PatchedMock) -> None:
    """An escaped plus sign in the path becomes a space, but an unescaped one does not."""
    _change_path(mock, lambda address: re.sub("(?i)%2b", "%20", address))


@fault
def percent_is_decoded_twice_in_forms(mock: PatchedMock) -> None:
    """Form bodies are percent-decoded twice."""
    _change_body(mock, _FORM, lambda body: body.replace(b"%25", b"%"))


@fault
def percent_is_decoded_in_json(mock: PatchedMock) -> None:
    """JSON bodies are percent-decoded."""
    _change_body(mock, "application/json", unquote_to_bytes)


@fault
def percent_is_decoded_in_multipart(mock: PatchedMock) -> None:
    """Multipart bodies are percent-decoded."""
    _change_body(mock, "multipart/form-data", unquote_to_bytes)


@fault
def percent_is_decoded_twice_in_the_query(mock: PatchedMock) -> None:
    """The query of a create is percent-decoded twice."""
    _change_query(mock, lambda query: query.replace(b"%25", b"%"))


@fault
def percent_is_decoded_twice_in_the_path(mock: PatchedMock) -> None:
    """The address in the path is percent-decoded twice."""
    _change_path(mock, lambda address: quote(unquote(unquote(address)), safe="@"))


@fault
def escapes_in_the_path_are_not_decoded(mock: PatchedMock) -> None:
    """The address in the path is not percent-decoded."""
    _change_path(mock, lambda address: address.replace("%", "%25"))


@fault
def forms_are_latin_1(mock: PatchedMock) -> None:
    """Form bodies are decoded as Latin-1."""
    _change_body(mock, _FORM, _as_latin_1)


@fault
def multipart_is_latin_1(mock: PatchedMock) -> None:
    """Multipart bodies are decoded as Latin-1."""
    _change_body(mock, "multipart/form-data", lambda body: body.decode("latin-1").encode())


@fault
def query_is_latin_1(mock: PatchedMock) -> None:
    """The query of a create is decoded as Latin-1."""
    _change_query(mock, _as_latin_1)


@fault
def path_is_latin_1(mock: PatchedMock) -> None:
    """The address in the path is decoded as Latin-1."""
    _change_path(mock, lambda address: _as_latin_1(address.encode()).decode())


@fault
def non_ascii_letters_are_dropped(mock: PatchedMock) -> None:
    """Characters outside ASCII are removed from addresses."""
    _change_address(mock, lambda address: address.encode("ascii", "ignore").decode())


@fault
def non_ascii_letters_become_question_marks(mock: PatchedMock) -> None:
    """Characters outside ASCII in addresses become question marks."""
    _change_address(mock, lambda address: address.encode("ascii", "replace").decode())


@fault
def accents_are_decomposed(mock: PatchedMock) -> None:
    """Addresses are stored in Unicode's decomposed form."""
    _change_address(mock, lambda address: unicodedata.normalize("NFD", address))


@fault
def addresses_are_stored_in_lower_case(mock: PatchedMock) -> None:
    """Addresses are stored in lower case."""
    _change_address(mock, str.lower)


@fault
def domains_are_stored_in_lower_case(mock: PatchedMock) -> None:
    """The domain of an address is stored in lower case."""

    def change(address: str) -> str:
        name, at_sign, domain = address.rpartition("@")
        return name + at_sign + domain.lower() if at_sign else address

    _change_address(mock, change)


@fault
def addresses_are_trimmed(mock: PatchedMock) -> None:
    """White space around an address is removed before validation."""
    _change_address(mock, str.strip)


@fault
def plus_tags_are_removed(mock: PatchedMock) -> None:
    """A plus sign inside the part before the at sign is removed with the rest of that part."""
    _change_address(mock, lambda address: re.sub(r"(.)\+[^@]*@", r"\1@", address))


@fault
def dots_before_the_at_sign_are_removed(mock: PatchedMock) -> None:
    """Dots before the at sign are removed."""
    _change_address(mock, lambda address: re.sub(r"\.(?=[^@]*@)", "", address))


@fault
def phone_numbers_lack_the_plus(mock: PatchedMock) -> None:
    """A plus sign at the start of an address, as in a phone number, is removed."""
    _change_address(mock, lambda address: address.removeprefix("+"))


@fault
def addresses_are_truncated_at_100(mock: PatchedMock) -> None:
    """Addresses are truncated to 100 characters."""
    _change_address(mock, lambda address: address[:100])


@fault
def addresses_are_truncated_at_32(mock: PatchedMock) -> None:
    """Addresses are truncated to 32 characters."""
    _change_address(mock, lambda address: address[:32])


@fault
def json_bodies_are_not_read(mock: PatchedMock) -> None:
    """JSON bodies are ignored."""
    _change_body(mock, "application/json", lambda _body: b"")


@fault
def malformed_json_is_read_as_a_form(mock: PatchedMock) -> None:
    """A body that is sent as JSON, but is not valid JSON, is parsed as a form."""

    def change(request: Request) -> None:
        if request.has_malformed_json:
            request.headers[b"content-type"] = _FORM.encode()

    mock.on_request(change)


@fault
def malformed_json_returns_an_html_page(mock: PatchedMock) -> None:
    """A body that is sent as JSON, but is not valid JSON, returns 500 with an HTML page instead of text."""

    def change(request: Request, response: Response) -> None:
        if request.has_malformed_json:
            response.status, response.body = 500, b"<!DOCTYPE html><html><body>Error</body></html>"
            response.headers["content-type"] = "text/html; charset=utf-8"

    mock.on_response(change)


@fault
def multipart_bodies_are_not_read(mock: PatchedMock) -> None:
    """Multipart bodies are ignored."""
    _change_body(mock, "multipart/form-data", lambda _body: b"")


@fault
def parameters_in_the_query_are_not_read(mock: PatchedMock) -> None:
    """The query of a create is ignored."""
    _change_query(mock, lambda _query: b"")


@fault
def escaped_brackets_are_not_decoded(mock: PatchedMock) -> None:
    """Escaped brackets in a form body are not decoded."""
    _change_body(mock, _FORM, lambda body: body.replace(b"%5B", b"%255B").replace(b"%5D", b"%255D"))


@fault
def unescaped_brackets_are_not_read(mock: PatchedMock) -> None:
    """Unescaped brackets in a form body are read as the texts %5B and %5D."""
    _change_body(mock, _FORM, lambda body: body.replace(b"[", b"%255B").replace(b"]", b"%255D"))


@fault
def escaped_at_sign_in_the_path_is_not_decoded(mock: PatchedMock) -> None:
    """An escaped at sign in the path is not decoded."""
    _change_path(mock, lambda address: re.sub("(?i)%40", "%2540", address))
