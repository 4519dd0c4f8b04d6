"""Redaction of tokens and personal data in responses, before any other part of the suite reads them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx2

from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

_UNREDACTED_FIELDS = frozenset({"type", "workflow_state"})
_UNREDACTED_VALUES = frozenset({"For All Devices", addresses.PUSH.address})
_BODY_HEADERS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_MIN_LENGTH = 5
"""Shorter texts are redacted in their own field only: replacing `a` everywhere would garble every sentence.

No real token is shorter.
"""


class Redactor:
    """Redactor that replaces personal data with pseudonyms, and tokens with the names of their variables.

    A text has the same pseudonym in every run with the same token; the text cannot be derived from its pseudonym.
    `created` contains the ids of the channels that the suite created, which are not redacted.
    """

    def __init__(self, tokens: Mapping[str, str], created: Container[int]) -> None:
        self._tokens = {
            encoded: f"${name}"
            for name, token in tokens.items()
            if len(token) >= _MIN_LENGTH
            for encoded in (token, quote_plus(token))
        }
        self._key = next(iter(tokens.values()), "").encode()
        self._created = created
        self._pseudonyms: dict[str, str] = {}

    def redact(self, response: httpx2.Response) -> httpx2.Response:
        """Return the response without tokens and personal data, or the response itself if it contains none."""
        try:
            body = response.json()
        except ValueError:
            redacted = self.redact_text(response.text)
            changed = redacted != response.text
        else:
            redacted_body = self._redact_value(body)
            changed = redacted_body != body
            redacted = json.dumps(redacted_body, ensure_ascii=False)
        return with_body(response, redacted.encode("utf-8", "surrogatepass")) if changed else response

    def redact_text(self, text: str) -> str:
        """Return the text without tokens, and without the personal data of all responses so far."""
        for original, replacement in (*self._tokens.items(), *self._pseudonyms.items()):
            if original in text:
                text = text.replace(original, replacement)
        return text

    def redact_script(self, text: str) -> str:
        """Return the shell script with each token, which is between apostrophes, replaced by its shell variable."""
        for token, variable in self._tokens.items():
            text = text.replace(token, f"'\"{variable}\"'")
        return self.redact_text(text)

    def _redact_value(self, value: Any) -> Any:
        match value:
            case {"address": str()} | {"id": _, "user_id": _} if not self._is_created_by_suite(value):
                return {name: self._redact_field(name, inner) for name, inner in value.items()}
            case dict():
                return {name: self._redact_value(inner) for name, inner in value.items()}
            case list():
                return [self._redact_value(inner) for inner in value]
            case str():
                return self.redact_text(value)
        return value

    def _is_created_by_suite(self, channel: dict[str, Any]) -> bool:
        return channel.get("id") in self._created or addresses.is_test_address(str(channel.get("address")))

    def _redact_field(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or name in _UNREDACTED_FIELDS or name == "id" or name.endswith(("_at", "_id")):
            return value
        return value if value in _UNREDACTED_VALUES else self._pseudonym(value)

    def _pseudonym(self, text: str) -> str:
        """Return the pseudonym of a text, and remember it for redacting later texts."""
        digest = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        pseudonym = f"redacted-{digest[:10]}"
        if len(text) >= _MIN_LENGTH:
            self._pseudonyms[text] = pseudonym
        return pseudonym


def with_body(response: httpx2.Response, content: bytes) -> httpx2.Response:
    """Return the same response with this decoded body; header names keep their letter case."""
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _BODY_HEADERS]
    return httpx2.Response(response.status_code, headers=headers, content=content, request=response.request)
