"""Takes people and secrets out of what the target says, before anything else of the suite sees it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx2

from contract_tests import pool

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

_PLAIN = frozenset({"type", "workflow_state"})
_PHRASES = frozenset({"For All Devices", pool.PUSH.address})
_CHANGED = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_SHORTEST = 5
"""Shorter texts are masked in their own field only: replaced everywhere, `a` would spoil every sentence.

No real token is so short.
"""


class Mask:
    """Stable pseudonyms: one text has one pseudonym for as long as the token is the same, and nobody can guess back."""

    def __init__(self, tokens: Mapping[str, str], made: Container[int]) -> None:
        self._tokens = {
            written: f"${name}"
            for name, token in tokens.items()
            if len(token) >= _SHORTEST
            for written in (token, quote_plus(token))
        }
        self._key = next(iter(tokens.values()), "").encode()
        self._made = made
        self._learned: dict[str, str] = {}

    def answer(self, answer: httpx2.Response) -> httpx2.Response:
        """The answer with every address that is not the suite's replaced; unchanged where there is none."""
        try:
            body = answer.json()
        except ValueError:
            masked = self.text(answer.text)
            changed = masked != answer.text
        else:
            masked_body = self._walked(body)
            changed = masked_body != body
            masked = json.dumps(masked_body, ensure_ascii=False)
        return rewritten(answer, masked.encode("utf-8", "surrogatepass")) if changed else answer

    def text(self, text: str) -> str:
        """The text without any token, and without any address that was met."""
        for found, shown in (*self._tokens.items(), *self._learned.items()):
            if found in text:
                text = text.replace(found, shown)
        return text

    def script(self, text: str) -> str:
        """A shell script without any token: what stood between apostrophes is a variable, for the shell to fill in."""
        for found, variable in self._tokens.items():
            text = text.replace(found, f"'\"{variable}\"'")
        return self.text(text)

    def _walked(self, value: Any) -> Any:
        match value:
            case {"address": str()} | {"id": _, "user_id": _} if not self._is_ours(value):
                return {name: self._field(name, inner) for name, inner in value.items()}
            case dict():
                return {name: self._walked(inner) for name, inner in value.items()}
            case list():
                return [self._walked(inner) for inner in value]
            case str():
                return self.text(value)
        return value

    def _is_ours(self, channel: dict[str, Any]) -> bool:
        return channel.get("id") in self._made or pool.is_ours(str(channel.get("address")))

    def _field(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or name in _PLAIN or name == "id" or name.endswith(("_at", "_id")):
            return value
        return value if value in _PHRASES else self._pseudonym(value)

    def _pseudonym(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        pseudonym = f"masked-{digest[:10]}"
        if len(text) >= _SHORTEST:
            self._learned[text] = pseudonym
        return pseudonym


def rewritten(answer: httpx2.Response, content: bytes) -> httpx2.Response:
    """The same answer with this body, decoded."""
    headers = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in _CHANGED]
    return httpx2.Response(answer.status_code, headers=headers, content=content, request=answer.request)
