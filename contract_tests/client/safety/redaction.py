"""Redaction of tokens and personal data in responses: for the tests, and more strictly for every output.

The tests read responses without tokens and personal data, whose other values are true.
An output shows the words that are known to be the suite's, the contract's or those of HTTP, numbers, dates and ids.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import httpx2

from contract_tests.client.headers import readable, with_body
from contract_tests.client.redaction.escapes import decoded, printable
from contract_tests.client.redaction.known_words import MAX_DIGITS, KnownWords
from contract_tests.client.redaction.personal_texts import PersonalTexts
from contract_tests.client.redaction.remembered_texts import RememberedTexts
from contract_tests.client.redaction.text_filter import PSEUDONYM, TextFilter
from contract_tests.client.redaction.tokens import TokenFinder
from contract_tests.client.redaction.words import CHUNK, WORD, stripped
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from contract_tests.client.request import Request

PERSONAL_FIELDS = frozenset({"address", "last_bounce_summary", "last_transient_bounce_summary"})
"""The fields of the contract with data of users."""

KNOWN_FIELDS = frozenset(
    {
        *("id", "user_id", "merged_into_user_id", "position", "type", "workflow_state", "created_at", "bounce_count"),
        *("last_bounce_at", "last_transient_bounce_at", "last_suppression_bounce_at", "success"),
        *("errors", "status", "message", "error_code", "error_report_id", "attribute", "field", "expired_at"),
    }
)
"""The other fields of the contract. The texts of all other fields are redacted as a whole."""

_ID_FIELDS = frozenset({"id", "user_id", "merged_into_user_id", "error_report_id"})
_ID_HEADERS = frozenset({"x-canvas-user-id", "x-canvas-real-user-id"})
_SECRET_HEADERS = frozenset({"set-cookie", "x-session-id"})
_NUMBER_HEADERS = frozenset({"x-request-cost", "x-rate-limit-remaining", "x-runtime", "content-length", "age"})
_REDACTED_HEADER = "(redacted)"
_OWN_ADDRESSES = frozenset({"For All Devices", addresses.PUSH.address})
"""The addresses of push channels."""

_TOKEN_PARAMETERS = frozenset({"authorization", "access_token"})
_MAX_RECEIVED_NUMBERS = 100_000
_MAX_TEXT = 65_536
"""The number of characters of a text that outputs show, since no reader needs more."""

_ETAG = re.compile(r"(?:W/)?\"[^\s\"]*\"|[^\s\"]*")
_ID = re.compile(r"\d{1,20}", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


class Redactor:
    """Redactor that replaces personal data with pseudonyms, and tokens with the names of their variables.

    A text has the same pseudonym in every run with the same token; the text cannot be derived from its pseudonym.
    `created` contains the ids of the channels that the suite created, whose addresses the tests read.
    `own_texts` are texts of the user, such as the URL of the target, which outputs show.
    """

    def __init__(self, tokens: Mapping[str, str], created: Container[int], own_texts: Iterable[str] = ()) -> None:
        self._tokens = TokenFinder(tokens)
        self._key = next(iter(tokens.values()), "").encode()
        self._created = created
        self._personal = PersonalTexts()
        self._known = KnownWords(own_texts)
        for address in (*addresses.ACCEPTED, *addresses.INVALID, addresses.TOO_LONG, addresses.NEVER_CREATED):
            self._known.add(address.address)
        self._filter = TextFilter(self._known, self._tokens, self._pseudonym)
        self._received_numbers: set[str] = set()
        """The digits of the telephone numbers that the target has sent."""
        self._sent, self._received = RememberedTexts(), RememberedTexts()
        """The texts whose words are recorded: recording them again changes nothing."""
        self._filter_with_hints = TextFilter(self._known, self._tokens, self._pseudonym, has_hints=True)

    # -- for the tests

    def redact(self, response: httpx2.Response) -> httpx2.Response:
        """Return the response without tokens and personal data, or the response itself if it contains none."""
        for name, value in response.headers.multi_items():
            self._record_header(name, value)
        try:
            body = response.json()
            redacted_body = self._redact_value(body, "", is_known=True)
        except (ValueError, RecursionError):
            redacted = self._redact_for_test(response.text)
            changed = redacted != response.text
        else:
            changed = redacted_body != body
            redacted = json.dumps(redacted_body, ensure_ascii=False) if changed else ""
        return with_body(response, redacted.encode("utf-8", "surrogatepass")) if changed else response

    # -- for outputs

    def add_own_text(self, text: str) -> None:
        """Show the words of this text of the suite or of its user."""
        self._known.add(text)

    def record_request(self, request: Request) -> None:
        """Show the words of a request, except tokens and the words that come from a response."""
        texts = [request.target, *(value for name, value in request.headers if name.lower() != "authorization")]
        texts += [str(value) for name, value in request.parameters() if name not in _TOKEN_PARAMETERS]
        for text in (*texts, *request.tail, unquote_plus(request.target), request.body_text()):
            if text not in self._sent and not self._has_received_number(text):
                self._known.add_sent(self._tokens.replace(text))
                self._sent.add(text)

    def redact_text(self, text: str) -> str:
        """Return the text of an error, of a log or of a response as an output may show it."""
        if len(text) > _MAX_TEXT:
            text = f"{text[:_MAX_TEXT]} ... ({len(text) - _MAX_TEXT} more characters)"
        return printable(self._filter_with_hints.filter(self._personal.replace(text, self._pseudonym)))

    def without_tokens(self, text: str) -> str:
        """Return the text without tokens; the rest of it must have been redacted before."""
        return self._tokens.replace(text)

    def redact_script(self, text: str) -> str:
        """Return the shell script with each token, which is between apostrophes, replaced by its shell variable."""
        return self._redact_received(self._tokens.replace(text, "'\"${}\"'".format))

    def redact_sent(self, text: str) -> str:
        """Return a text of the suite, such as a URL or a body that it sent, without tokens and received words."""
        return self._redact_received(self._tokens.replace(text))

    def redact_body(self, response: httpx2.Response) -> str:
        """Return the redacted body; of an HTML page, only its size, because the page may contain personal data."""
        try:
            repeated_keys: list[str] = []
            body = json.loads(response.content, object_pairs_hook=lambda pairs: _object(pairs, repeated_keys))
            shown = self._shown_value(body, "", is_known=True)
        except (ValueError, RecursionError):
            if "html" in response.headers.get("content-type", "").lower():
                return f"({len(response.content)} bytes of HTML)"
            return self._shown_text(response.text[:_MAX_TEXT])
        if shown == body and not repeated_keys:
            return printable(response.text)
        return printable(json.dumps(shown, ensure_ascii=False))

    def redact_headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers of a response, with the known names in the letter case in which they were received."""
        return tuple((self._shown_key(name), self._shown_header(name.lower(), value)) for name, value in headers)

    # -- the parts of responses

    def _redact_value(self, value: Any, field: str, *, is_known: bool) -> Any:
        match value:
            case dict():
                is_created = isinstance(value.get("id"), int) and value["id"] in self._created
                return {
                    name: inner
                    if is_created and name in PERSONAL_FIELDS
                    else self._redact_value(inner, name, is_known=is_known and _is_known(name, field))
                    for name, inner in value.items()
                }
            case list():
                return [self._redact_value(inner, field, is_known=is_known) for inner in value]
            case int() if field in _ID_FIELDS:
                self._known.add_id(str(value))
            case str():
                return self._redact_string(value, field, is_known=is_known)
        return value

    def _redact_string(self, value: str, field: str, *, is_known: bool) -> str:
        if field in PERSONAL_FIELDS and is_known:
            is_own = field == "address" and (addresses.is_test_address(value) or value in _OWN_ADDRESSES)
            if is_own:
                self._record_received(value)
            return value if is_own else self._personal_pseudonym(value)
        if not is_known:
            return value if self._is_impersonal(value) else self._personal_pseudonym(value)
        if field in _ID_FIELDS and _ID.fullmatch(value):
            self._known.add_id(value)
        else:
            self._record_received(value)
        return self._redact_for_test(value)

    def _redact_for_test(self, text: str) -> str:
        """Return the text as a test may read it: without tokens, and without the personal texts so far."""
        return self._personal.replace(self._tokens.replace(text), self._pseudonym)

    def _record_received(self, text: str) -> None:
        """Remember the unknown words and telephone numbers of a text that the suite may repeat in a request."""
        if text in self._received:
            return
        self._received.add(text)
        self._known.add_received(text)
        if len(self._received_numbers) < _MAX_RECEIVED_NUMBERS:
            self._received_numbers |= self._filter.phone_numbers(text) | self._filter.phone_numbers(decoded(text))

    def _has_received_number(self, text: str) -> bool:
        return not self._received_numbers.isdisjoint(self._filter.phone_numbers(text))

    def _record_header(self, name: str, value: str) -> None:
        if name in _ID_HEADERS and _ID.fullmatch(value):
            self._known.add_id(value)
            return
        text = readable(value)
        self._record_received(text)
        # the suite sends ETags back; a malformed one may be any text
        if name == "etag" and (not _ETAG.fullmatch(text) or decoded(text) != text):
            self._personal.add(text, self._known)

    def _shown_value(self, value: Any, field: str, *, is_known: bool) -> Any:
        match value:
            case dict():
                return {
                    self._shown_key(name): self._shown_value(inner, name, is_known=is_known and _is_known(name, field))
                    for name, inner in value.items()
                }
            case list():
                return [self._shown_value(inner, field, is_known=is_known) for inner in value]
            case str():
                return self._shown_string(value, field, is_known=is_known)
            case int() | float() if not isinstance(value, bool):
                return value if self._is_shown_number(value, field) else self._pseudonym(str(value))
        return value

    def _is_shown_number(self, value: float, field: str) -> bool:
        text = str(value)
        if field in _ID_FIELDS:
            return _ID.fullmatch(text) is not None
        digits = re.sub(r"\D", "", text)
        return len(digits) <= MAX_DIGITS or digits in self._known

    def _shown_string(self, value: str, field: str, *, is_known: bool) -> str:
        is_personal = field in PERSONAL_FIELDS and not addresses.is_test_address(value) and value not in _OWN_ADDRESSES
        if is_known and not is_personal:
            return self._shown_text(value)
        return value if self._is_impersonal(value) else self._pseudonym(value)

    def _is_impersonal(self, value: str) -> bool:
        """Return whether the text of an unknown field is a date, a short number, or a pseudonym."""
        is_number = _NUMBER.fullmatch(value) is not None and len(value) <= MAX_DIGITS
        return not value or is_number or bool(_DATE.fullmatch(value) or PSEUDONYM.fullmatch(value))

    def _shown_key(self, name: str) -> str:
        if name in KNOWN_FIELDS or name in PERSONAL_FIELDS:
            return name
        return name if self._filter.filter(name) == name else self._pseudonym(name)

    def _shown_header(self, name: str, value: str) -> str:
        if name in _SECRET_HEADERS:
            return _REDACTED_HEADER
        if name in _NUMBER_HEADERS and _NUMBER.fullmatch(value):
            return value
        return self._shown_text(value)

    def _shown_text(self, text: str) -> str:
        return printable(self._filter.filter(self._personal.replace(text, self._pseudonym)))

    def _redact_received(self, text: str) -> str:
        text = self._personal.replace(text, self._pseudonym)
        return CHUNK.sub(lambda found: self._without_received(found[0]), text)

    def _without_received(self, chunk: str) -> str:
        """Return a chunk of a request with pseudonyms for what the target had sent before."""
        plain = decoded(chunk)
        has_number = self._has_received_number(plain)
        if not has_number and not any(map(self._known.is_received, WORD.findall(plain))):
            return chunk
        if has_number or plain != chunk or "@" in chunk:
            return self._pseudonym(stripped(plain))
        return WORD.sub(lambda found: self._unless_received(found[0]), chunk)

    def _unless_received(self, word: str) -> str:
        return self._pseudonym(word) if self._known.is_received(word) else word

    def _personal_pseudonym(self, text: str) -> str:
        """Return the pseudonym of a text, and remember it for redacting later texts."""
        self._personal.add(text, self._known)
        return self._pseudonym(text)

    def _pseudonym(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"redacted-{digest.hex()[:10]}"


def _is_known(name: str, parent: str) -> bool:
    """Return whether the contract knows the field; the names of validation errors are those of attributes."""
    return name in KNOWN_FIELDS or name in PERSONAL_FIELDS or parent == "errors"


def _object(pairs: list[tuple[str, Any]], repeated_keys: list[str]) -> dict[str, Any]:
    """Return the members of a JSON object, and add the names that several of them have to `repeated_keys`."""
    numbers = Counter(name for name, _ in pairs)
    repeated_keys += (name for name, number in numbers.items() if number > 1)
    return dict(pairs)
