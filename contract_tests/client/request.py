"""Requests before they are sent: parameters, encodings, and the equivalent curl command."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Fields = tuple[tuple[str, str], ...]
ROOT = "/api/v1/users/"
FORM = "application/x-www-form-urlencoded"
ENCODINGS = ("form", "raw", "json", "multipart", "query")
"""The encodings in which Canvas reads parameters; `raw` is a form with unescaped brackets (behaviour 5.1)."""

READ_METHODS = frozenset({"GET", "HEAD"})
"""The methods of requests that change nothing, and can be repeated."""

LIST = "list_communication_channels"
CREATE = "create_communication_channel"
DELETE = "delete_communication_channel"
DELETE_BY_ADDRESS = "delete_communication_channel_by_address"
DELETE_PUSH_TOKEN = "delete_push_token"  # noqa: S105 - an operation's name, not a token

_OPERATIONS = {
    ("GET", 0): LIST,
    ("HEAD", 0): LIST,
    ("POST", 0): CREATE,
    ("DELETE", 1): DELETE,
    ("DELETE", 2): DELETE_BY_ADDRESS,
}
"""The operations by method and number of path segments after `communication_channels`."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Request:
    """One request to the API; path segments and fields are plain text and are encoded when the request is sent."""

    method: str
    user: str
    """The user in the path: an id or `self`."""
    tail: tuple[str, ...] = ()
    """The path segments after `communication_channels`."""
    query: Fields = ()
    body: Fields = ()
    encoding: str = "form"
    """One of ENCODINGS, or `text`: a form with the media type text/plain."""
    document: Any = None
    """A JSON body, sent instead of `body`."""
    token: str | None = field(default=None, repr=False)
    token_name: str = ""
    """The name of the token's variable."""
    owner: int = 0
    """The id of the user whose channel the request would create or delete."""
    headers: Fields = ()
    operation: str = ""
    escaped: bool = False
    """Whether the path also escapes the characters that need no escape, such as `@` and `+`."""

    @cached_property
    def path(self) -> str:
        """The encoded path."""
        segments = (self.user, "communication_channels", *self.tail)
        return ROOT + "/".join(quote(segment, safe="" if self.escaped else ":@+") for segment in segments)

    @cached_property
    def target(self) -> str:
        """The encoded path and query string."""
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def operation_id(self) -> str:
        """The operationId: `operation` if it is set, otherwise that of method and path; empty if none matches."""
        # The path has as many segments as that of a deletion by id, so _OPERATIONS cannot tell the two.
        if (self.method, self.user, self.tail) == ("DELETE", "self", ("push",)):
            return self.operation or DELETE_PUSH_TOKEN
        return self.operation or _OPERATIONS.get((self.method, len(self.tail)), "")

    def parameters(self) -> list[tuple[str, object]]:
        """Return every parameter of the query string and the body, in the order of sending."""
        return [*self.query, *self.body, *_flatten(self.document)]

    def values(self, name: str) -> list[object]:
        """Return all values of one parameter; bracketed names such as `name[key]` become one dictionary."""
        whole = [value for key, value in self.parameters() if key == name]
        nested = {key: value for key, value in self.parameters() if key.startswith(f"{name}[")}
        return [*whole, nested] if nested else whole

    def request_headers(self) -> dict[str, str]:
        """Return the headers to send, including the token."""
        headers = dict(self.headers)
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if media_type := self._media_type():
            headers.setdefault("Content-Type", media_type)
        return headers

    def content(self) -> dict[str, Any]:
        """Return the body as keyword arguments of the HTTP client."""
        if self.document is not None:
            return {"content": json.dumps(self.document).encode()}
        if not self.body:
            return {}
        if self.encoding == "multipart":
            return {"files": [(name, (None, value)) for name, value in self.body]}
        return {"content": self._encode_body()}

    def body_text(self) -> str:
        """Return the body as text for reports."""
        if self.encoding == "multipart" and self.body:
            return "\n".join(f"{name}: {value}" for name, value in self.body)
        content = self.content().get("content", b"")
        return content.decode() if isinstance(content, bytes) else str(content)

    def curl(self, variables: Mapping[int, str], separator: str = " \\\n  ") -> str:
        """Return the request as a curl command for a shell script.

        The token is a shell variable, and so is each channel id in `variables`, which maps ids to variable names.
        """
        verb = "-I" if self.method == "HEAD" else f"-X {self.method}"
        parts = [f"curl -sS {verb} {self._curl_url(variables)}"]
        if self.token is not None:
            parts.append(f'-H "Authorization: Bearer ${self.token_name}"')
        parts += [f"-H {_quote_for_shell(f'{name}: {value}')}" for name, value in self.headers]
        return separator.join([*parts, *self._curl_body()])

    def _encode_body(self) -> bytes:
        if self.encoding == "json":
            return json.dumps(_nest_fields(self.body)).encode()
        return urlencode(self.body, safe="[]" if self.encoding == "raw" else "").encode()

    def _media_type(self) -> str:
        if self.document is not None or (self.body and self.encoding == "json"):
            return "application/json"
        if not self.body or self.encoding == "multipart":
            return ""
        return "text/plain" if self.encoding == "text" else FORM

    def _curl_url(self, variables: Mapping[int, str]) -> str:
        """Return the URL; an id in the segment after `communication_channels` is replaced by its variable."""

        def substitute(match: re.Match[str]) -> str:
            name = variables.get(int(match[0]))
            return f"'\"${name}\"'" if name else match[0]

        path, question_mark, query = self.target.partition("?")
        if len(self.tail) == 1:
            head, slash, last = path.rpartition("/")
            path = f"{head}{slash}{_NUMBER.sub(substitute, last)}"
        return f"\"$CANVAS_URL\"'{path}{question_mark}{query}'"  # encoded, so without apostrophes of its own

    def _curl_body(self) -> Iterator[str]:
        if self.encoding == "multipart":
            yield from (f"--form-string {_quote_for_shell(f'{name}={value}')}" for name, value in self.body)
        elif text := self.body_text():
            if all(name.lower() != "content-type" for name, _ in self.headers):
                yield f"-H {_quote_for_shell(f'Content-Type: {self._media_type()}')}"
            yield f"--data-raw {_quote_for_shell(text)}"


def _quote_for_shell(text: str) -> str:
    """Return the text quoted for the shell, always with apostrophes: the redactor of scripts relies on them."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _nest_fields(fields: Fields) -> dict[str, Any]:
    """Return the fields as a JSON document: `outer[inner]` becomes a member of the object `outer`."""
    document: dict[str, Any] = {}
    for name, value in fields:
        outer, _, inner = name.rstrip("]").partition("[")
        if inner:
            document.setdefault(outer, {})[inner] = value
        else:
            document[outer] = value
    return document


def _flatten(document: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the members of a JSON document under the names that they have in a form, such as `outer[inner]`."""
    if not isinstance(document, dict):
        if prefix:
            yield prefix, document
        return
    for key, value in document.items():
        yield from _flatten(value, f"{prefix}[{key}]" if prefix else str(key))
