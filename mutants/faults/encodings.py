"""Faults of reading what was sent: plus signs, percent signs, other alphabets, and the ways to send parameters."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, unquote_to_bytes

from mockserver.world import World
from mutants.surgery import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.exchange import Ask
    from mutants.surgery import Surgery

_FORM = "application/x-www-form-urlencoded"
_BYTE = re.compile(rb"%([89A-Fa-f][0-9A-Fa-f])")


def _body(mock: Surgery, media_type: str, change: Callable[[bytes], bytes]) -> None:
    """Read bodies of a media type otherwise."""

    def alter(ask: Ask) -> None:
        if ask.media_type == media_type:
            ask.body = change(ask.body)

    mock.on_ask(alter)


def _query(mock: Surgery, change: Callable[[bytes], bytes]) -> None:
    """Read the query of a creation otherwise."""

    def alter(ask: Ask) -> None:
        if ask.creates:
            ask.query = change(ask.query)

    mock.on_ask(alter)


def _path(mock: Surgery, change: Callable[[str], str]) -> None:
    """Read the address in a path otherwise."""

    def alter(ask: Ask) -> None:
        if len(ask.tail) == 2:
            head, _, address = ask.path.rpartition("/")
            ask.path = f"{head}/{change(address)}"

    mock.on_ask(alter)


def _kept(mock: Surgery, change: Callable[[str], str]) -> None:
    """Keep addresses otherwise than they were sent."""

    def create(self: World, owner: Any, kind: Any, address: Any, state: str) -> Any:
        return original(self, owner, kind, change(address) if isinstance(address, str) else address, state)

    original = World.create_channel
    mock.replace(World, "create_channel", create)


def _mojibake(text: bytes) -> bytes:
    """Each escaped byte over 127 as the letter that Latin-1 has there."""
    return _BYTE.sub(lambda match: quote(chr(int(match[1], 16))).encode(), text)


@fault
def plus_is_lost_in_forms(mock: Surgery) -> None:
    """An escaped plus sign in a form becomes a blank."""
    _body(mock, _FORM, lambda body: re.sub(rb"(?i)%2b", b"+", body))


@fault
def plus_is_lost_in_json(mock: Surgery) -> None:
    """A plus sign in JSON becomes a blank."""
    _body(mock, "application/json", lambda body: body.replace(b"+", b" "))


@fault
def plus_is_lost_in_multipart(mock: Surgery) -> None:
    """A plus sign in multipart becomes a blank."""
    _body(mock, "multipart/form-data", lambda body: body.replace(b"+", b" "))


@fault
def plus_is_lost_in_the_query(mock: Surgery) -> None:
    """An escaped plus sign in the query becomes a blank."""
    _query(mock, lambda query: re.sub(rb"(?i)%2b", b"+", query))


@fault
def plus_is_lost_in_the_path(mock: Surgery) -> None:
    """A plus sign in the path is read as a blank, as in forms."""
    _path(mock, lambda address: re.sub("(?i)%2b|[+]", "%20", address))


@fault
def escaped_plus_is_lost_in_the_path(mock: Surgery) -> None:
    """%2B in the path is read as a blank; a bare plus sign is kept."""
    _path(mock, lambda address: re.sub("(?i)%2b", "%20", address))


@fault
def percent_is_decoded_twice_in_forms(mock: Surgery) -> None:
    """Forms are percent-decoded twice."""
    _body(mock, _FORM, lambda body: body.replace(b"%25", b"%"))


@fault
def percent_is_decoded_in_json(mock: Surgery) -> None:
    """JSON is percent-decoded."""
    _body(mock, "application/json", unquote_to_bytes)


@fault
def percent_is_decoded_in_multipart(mock: Surgery) -> None:
    """Multipart is percent-decoded."""
    _body(mock, "multipart/form-data", unquote_to_bytes)


@fault
def percent_is_decoded_twice_in_the_query(mock: Surgery) -> None:
    """The query is percent-decoded twice."""
    _query(mock, lambda query: query.replace(b"%25", b"%"))


@fault
def percent_is_decoded_twice_in_the_path(mock: Surgery) -> None:
    """The path is percent-decoded twice."""
    _path(mock, lambda address: quote(unquote(unquote(address)), safe="@"))


@fault
def escapes_in_the_path_are_not_decoded(mock: Surgery) -> None:
    """An address in the path is not percent-decoded."""
    _path(mock, lambda address: address.replace("%", "%25"))


@fault
def forms_are_latin_1(mock: Surgery) -> None:
    """Forms are read as Latin-1."""
    _body(mock, _FORM, _mojibake)


@fault
def multipart_is_latin_1(mock: Surgery) -> None:
    """Multipart is read as Latin-1."""
    _body(mock, "multipart/form-data", lambda body: body.decode("latin-1").encode())


@fault
def the_query_is_latin_1(mock: Surgery) -> None:
    """The query is read as Latin-1."""
    _query(mock, _mojibake)


@fault
def the_path_is_latin_1(mock: Surgery) -> None:
    """The path is read as Latin-1."""
    _path(mock, lambda address: _mojibake(address.encode()).decode())


@fault
def other_alphabets_are_dropped(mock: Surgery) -> None:
    """Letters outside ASCII are dropped from addresses."""
    _kept(mock, lambda address: address.encode("ascii", "ignore").decode())


@fault
def other_alphabets_become_question_marks(mock: Surgery) -> None:
    """Letters outside ASCII become question marks."""
    _kept(mock, lambda address: address.encode("ascii", "replace").decode())


@fault
def accents_are_decomposed(mock: Surgery) -> None:
    """Addresses are kept in Unicode's decomposed form."""
    _kept(mock, lambda address: unicodedata.normalize("NFD", address))


@fault
def addresses_are_kept_in_lower_case(mock: Surgery) -> None:
    """Addresses are kept in lower case."""
    _kept(mock, str.lower)


@fault
def domains_are_kept_in_lower_case(mock: Surgery) -> None:
    """The domain of an address is kept in lower case."""
    _kept(mock, lambda address: "@".join([*address.split("@")[:-1], address.split("@")[-1].lower()]))


@fault
def addresses_are_trimmed(mock: Surgery) -> None:
    """White space around an address is cut off, and the rest is accepted."""
    _kept(mock, str.strip)


@fault
def tags_after_a_plus_are_cut_off(mock: Surgery) -> None:
    """What follows a plus sign before the at-sign is cut off."""
    _kept(mock, lambda address: re.sub(r"(.)\+[^@]*@", r"\1@", address))


@fault
def dots_before_the_at_sign_are_cut_out(mock: Surgery) -> None:
    """Dots before the at-sign are cut out."""
    _kept(mock, lambda address: re.sub(r"\.(?=[^@]*@)", "", address))


@fault
def phone_numbers_lose_their_plus(mock: Surgery) -> None:
    """A number for SMS loses the plus sign at its beginning."""
    _kept(mock, lambda address: address.removeprefix("+"))


@fault
def addresses_are_cut_at_100(mock: Surgery) -> None:
    """Addresses are cut after 100 characters."""
    _kept(mock, lambda address: address[:100])


@fault
def addresses_are_cut_at_32(mock: Surgery) -> None:
    """Addresses are cut after 32 characters."""
    _kept(mock, lambda address: address[:32])


@fault
def json_bodies_are_not_read(mock: Surgery) -> None:
    """Parameters in a JSON body are not read."""
    _body(mock, "application/json", lambda _body: b"")


@fault
def multipart_bodies_are_not_read(mock: Surgery) -> None:
    """Parameters in a multipart body are not read."""
    _body(mock, "multipart/form-data", lambda _body: b"")


@fault
def parameters_in_the_query_are_not_read(mock: Surgery) -> None:
    """Parameters of a creation in the query are not read."""
    _query(mock, lambda _query: b"")


@fault
def escaped_brackets_are_not_read(mock: Surgery) -> None:
    """The names of a form's fields are taken as they are, so only bare brackets are brackets."""
    _body(mock, _FORM, lambda body: body.replace(b"%5B", b"%255B").replace(b"%5D", b"%255D"))


@fault
def bare_brackets_are_not_read(mock: Surgery) -> None:
    """A form's fields need escaped brackets; bare ones are not read."""
    _body(mock, _FORM, lambda body: body.replace(b"[", b"%255B").replace(b"]", b"%255D"))


@fault
def escaped_at_sign_in_the_path_is_not_found(mock: Surgery) -> None:
    """%40 in the path is not read as an at-sign."""
    _path(mock, lambda address: re.sub("(?i)%40", "%2540", address))
