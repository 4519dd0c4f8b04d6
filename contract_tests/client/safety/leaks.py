"""Leaks: tokens in any response, and channels in an error response to a caller who may not see them.

The detector reads the responses as received, before the redactor replaces what they leak.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_plus

from contract_tests.client.body import parse_json
from contract_tests.client.headers import readable
from contract_tests.client.safety import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx2

    from contract_tests.client.request import Request

_MIN_TOKEN_LENGTH = 8
"""Shorter tokens are not searched for: they occur in other words, and no real token is shorter."""
_MIN_ADDRESS_LENGTH = 5
_MIN_DIGITS = 7
"""Shorter numbers than a telephone number occur in other values."""
_PUBLIC_ADDRESSES = frozenset({addresses.PUSH.address, "for all devices"})
_CHANNEL_FIELDS = ("address", "path", "workflow_state")
_ID_FIELD = re.compile(r"id|.*channel(_?ids?)?", re.IGNORECASE)
_ID_IN_TEXT = re.compile(r"\bchannel(?:[ _]id)?[ :#=]*(\d+)\b", re.IGNORECASE)

_MAX_ADDRESSES = 400
"""The number of remembered addresses, each of which is searched for in errors; a user has at most 101 channels."""
_BEFORE = re.compile(r"[\w.+-]")
_AFTER = re.compile(r"[\w-]")
"""The characters before and after an address that make it a part of a longer one."""

Caller = tuple[str, str]
"""The token, and the user as whom the request acts."""


class LeakError(AssertionError):
    """A response that leaks; `response` is the redacted response."""

    def __init__(self, message: str, response: httpx2.Response) -> None:
        super().__init__(message)
        self.response = response


class LeakDetector:
    """Detector that remembers which channels each caller was shown, and finds others in error responses.

    A caller may see the channels of every user whose channels a response with status 200 has shown to the caller.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = {f"${name}": token for name, token in tokens.items()}
        self._owners: dict[str, str] = {}
        """The user of each channel that any response has shown, by channel id."""
        self._addresses: dict[str, set[str]] = {}
        """The users who have each address, in lower case, that any response has shown."""
        self._visible: dict[Caller, set[str]] = {}
        """The users whose channels each caller may see."""

    def find(self, request: Request, response: httpx2.Response) -> str | None:
        """Return a sentence about what the response leaks, or None; remember the channels of a successful response."""
        leak = self._find_token(request, response)
        if response.status_code >= 400:
            return leak or self._find_channel(request, response)
        self._remember(request, response)
        return leak

    def _find_token(self, request: Request, response: httpx2.Response) -> str | None:
        sent = {"the token of the request": request.token or "", **_access_tokens(request)}
        repeated = _repeatable_text(request)
        forms = {
            form: name
            for name, token in {**sent, **self._tokens}.items()
            if len(token) >= _MIN_TOKEN_LENGTH and token not in repeated
            for form in _forms(token)
        }
        whole = "\n".join(text for _, text in _texts(response))
        if not any(form in whole for form in forms):  # hardly any response needs more than this search
            return None
        for place, text in _texts(response):
            name = next((name for form, name in forms.items() if form in text), None)
            if name is not None:
                return f"{_described(request, response)} contains {name} in {place}"
        return None

    def _remember(self, request: Request, response: httpx2.Response) -> None:
        if response.status_code != 200:
            return
        for channel in filter(_is_channel, _objects(parse_json(response))):
            id_, user = str(channel.get("id")), str(channel.get("user_id"))
            if not (id_.isdecimal() and user.isdecimal()):
                continue
            self._owners[id_] = user
            self._visible.setdefault(_caller(request), set()).add(user)
            address = str(channel.get("address")).strip().lower()
            if isinstance(channel.get("address"), str) and (
                address in self._addresses or len(self._addresses) < _MAX_ADDRESSES
            ):
                self._addresses.setdefault(address, set()).add(user)

    def _find_channel(self, request: Request, response: httpx2.Response) -> str | None:
        body, sent = parse_json(response), _sent_text(request)
        visible = self._visible.get(_caller(request), set())
        if any(self._is_hidden_channel(each, visible) for each in _objects(body)):
            return f"{_described(request, response)} contains a channel that the caller may not see"
        if self._has_hidden_address(response, visible, sent):
            return f"{_described(request, response)} contains the address of a channel that the caller may not see"
        ids = {*_ids(body), *_ID_IN_TEXT.findall(response.text)} - {*re.findall(r"\d+", sent)}
        if any(self._owners[id_] not in visible for id_ in ids & self._owners.keys()):
            return f"{_described(request, response)} contains the id of a channel that the caller may not see"
        return None

    def _is_hidden_channel(self, value: dict[str, Any], visible: set[str]) -> bool:
        """Return whether the value is a channel, known or not, of a user whose channels the caller may not see."""
        if not _is_channel(value):
            return False
        owner = self._owners.get(str(value.get("id")), "unknown")
        return str(value.get("user_id", owner)) not in visible

    def _has_hidden_address(self, response: httpx2.Response, visible: set[str], sent: str) -> bool:
        hidden = [
            address
            for address, users in self._addresses.items()
            if users.isdisjoint(visible) and _is_distinctive(address) and address not in sent
        ]
        text = "\n".join(text for _, text in _texts(response)).lower() if hidden else ""
        return any(address in text and _contains_whole(text, address) for address in hidden)


@lru_cache(maxsize=64)
def _forms(token: str) -> tuple[str, ...]:
    """Return the token as it is, and in the encodings of URLs."""
    return token, quote(token, safe=""), quote_plus(token)


def _contains_whole(text: str, address: str) -> bool:
    """Return whether the text contains the address, and not only as a part of a longer one."""
    start = text.find(address)
    while start >= 0:
        end = start + len(address)
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if not (_BEFORE.match(before) or _AFTER.match(after)):
            return True
        start = text.find(address, end)
    return False


def _described(request: Request, response: httpx2.Response) -> str:
    return f"The {response.status_code} response of {request.operation or request.method}"


def _caller(request: Request) -> Caller:
    token = request.token or next(iter(_access_tokens(request).values()), "")
    return token, next((value for name, value in request.query if name == "as_user_id"), "")


def _access_tokens(request: Request) -> dict[str, str]:
    values = [value for name, value in request.parameters() if name == "access_token"]
    return {"the access_token of the request": str(values[-1])} if values else {}


def _repeatable_text(request: Request) -> str:
    """Return what the request contains beside its token: Canvas repeats parameters in links.

    Generated text may have the value of a token: Hypothesis also draws the constants of the source code.
    """
    pairs = [pair for pair in request.parameters() if pair[0] != "access_token"]
    return "\n".join((*request.tail, request.user, *(str(part) for pair in pairs for part in pair)))


def _sent_text(request: Request) -> str:
    """Return everything that the request contains, in lower case: Canvas repeats input in some errors."""
    values = [str(value) for _, value in (*request.parameters(), *request.headers)]
    return "\n".join((*request.tail, request.user, *values, request.body_text())).lower()


def _texts(response: httpx2.Response) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each header, of the body, and of each JSON string in a body with escapes."""
    for name, value in response.headers.multi_items():
        yield f"the header {name}", readable(value)
        if "%" in value:
            yield f"the header {name}", unquote_plus(readable(value))
    yield "its body", response.text
    if "\\" in response.text:
        yield from (("its body", text) for text in _strings(parse_json(response)))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield name
                yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in the value, at any depth."""
    if isinstance(value, dict):
        yield value
        value = [*value.values()]
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _ids(value: Any) -> Iterator[str]:
    """Yield the values of the fields whose names are those of a channel's id."""
    fields = (inner for each in _objects(value) for name, inner in each.items() if _ID_FIELD.fullmatch(name))
    for field in fields:
        ids = field if isinstance(field, list) else [field]
        yield from (str(id_) for id_ in ids if type(id_) in {int, str} and str(id_).isdecimal())


def _is_channel(value: dict[str, Any]) -> bool:
    """Return whether the object has an id, or a user id, and another field of channels.

    The fields of validation errors have the same names, and lists as their values.
    """
    has_id = any(isinstance(value.get(name), int | str) for name in ("id", "user_id"))
    return has_id and any(isinstance(value.get(name), str) for name in _CHANNEL_FIELDS)


def _is_distinctive(address: str) -> bool:
    """Return whether the address hardly occurs in other texts by chance."""
    if address in _PUBLIC_ADDRESSES or len(address) < _MIN_ADDRESS_LENGTH:
        return False
    return not address.isdecimal() or len(address) >= _MIN_DIGITS
