"""One request before it is sent: what it says, how it is encoded, and how a person would type it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Fields = tuple[tuple[str, str], ...]
ROOT = "/api/v1/users/"
FORM = "application/x-www-form-urlencoded"
ENCODINGS = ("form", "raw", "json", "multipart", "query")
"""The ways in which Canvas reads a parameter; `raw` is a form whose brackets are not escaped (behaviour 5.1)."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Call:
    """One request; path segments and fields are plain text until they are sent."""

    method: str
    user: str
    tail: tuple[str, ...] = ()
    query: Fields = ()
    body: Fields = ()
    encoding: str = "form"
    document: Any = None
    """A JSON body to send as it is, in place of `body`."""
    token: str | None = field(default=None, repr=False)
    token_name: str = ""
    owner: int = 0
    """The user whose channel would be made or deleted."""
    headers: Fields = ()
    operation: str = ""
    escaped: bool = False
    """Whether the path escapes what it need not, such as the at sign and the plus."""

    @property
    def path(self) -> str:
        """The path as it is sent."""
        segments = (self.user, "communication_channels", *self.tail)
        return ROOT + "/".join(quote(segment, safe="" if self.escaped else ":@+") for segment in segments)

    @property
    def target(self) -> str:
        """The path and the query as they are sent."""
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")

    def parameters(self) -> list[tuple[str, object]]:
        """Every parameter, wherever it stands, in the order in which it is sent."""
        return [*self.query, *self.body, *_flat(self.document)]

    def values(self, name: str) -> list[object]:
        """All that is said under one name; what is said of a part of it is no text, but a list or an object."""
        whole = [value for key, value in self.parameters() if key == name]
        parts = {key: value for key, value in self.parameters() if key.startswith(f"{name}[")}
        return [*whole, parts] if parts else whole

    def request_headers(self) -> dict[str, str]:
        """The headers as they are sent, the token among them."""
        headers = dict(self.headers)
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if media_type := self._media_type():
            headers.setdefault("Content-Type", media_type)
        return headers

    def content(self) -> dict[str, Any]:
        """The body, as the HTTP client takes it."""
        if self.document is not None:
            return {"content": json.dumps(self.document).encode()}
        if not self.body:
            return {}
        if self.encoding == "multipart":
            return {"files": [(name, (None, value)) for name, value in self.body]}
        return {"content": self._written()}

    def body_text(self) -> str:
        """The body as a report shows it."""
        if self.encoding == "multipart" and self.body:
            return "\n".join(f"{name}: {value}" for name, value in self.body)
        content = self.content().get("content", b"")
        return content.decode() if isinstance(content, bytes) else str(content)

    def curl(self, variables: Mapping[int, str], between: str = " \\\n  ") -> str:
        """The call to paste: the token is a variable, and so is every id that the script itself has made."""
        verb = "-I" if self.method == "HEAD" else f"-X {self.method}"
        parts = [f"curl -sS {verb} {self._quoted_url(variables)}"]
        if self.token is not None:
            parts.append(f'-H "Authorization: Bearer ${self.token_name}"')
        parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in self.headers]
        return between.join([*parts, *self._curl_body()])

    def _written(self) -> bytes:
        if self.encoding == "json":
            return json.dumps(_nested(self.body)).encode()
        return urlencode(self.body, safe="[]" if self.encoding == "raw" else "").encode()

    def _media_type(self) -> str:
        if self.document is not None or (self.body and self.encoding == "json"):
            return "application/json"
        if not self.body or self.encoding == "multipart":
            return ""
        return "text/plain" if self.encoding == "text" else FORM

    def _quoted_url(self, variables: Mapping[int, str]) -> str:
        def named(match: re.Match[str]) -> str:
            name = variables.get(int(match[0]))
            return f"'\"${name}\"'" if name else match[0]

        path, mark, query = self.target.partition("?")
        head, slash, last = path.rpartition("/")
        quoted = _quoted(f"{head}{slash}{last}{mark}{query}")
        if len(self.tail) == 1:
            quoted = f"'{head}{slash}{_NUMBER.sub(named, last)}{mark}{query}'"
        return f'"$CANVAS_URL"{quoted}'

    def _curl_body(self) -> Iterator[str]:
        if self.encoding == "multipart":
            yield from (f"--form-string {_quoted(f'{name}={value}')}" for name, value in self.body)
        elif text := self.body_text():
            yield f"-H {_quoted(f'Content-Type: {self._media_type()}')}"
            yield f"--data-raw {_quoted(text)}"


def _quoted(text: str) -> str:
    """The text between apostrophes always, so that whoever masks a token in it knows where it stands."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _nested(fields: Fields) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in fields:
        outer, _, inner = name.rstrip("]").partition("[")
        if inner:
            document.setdefault(outer, {})[inner] = value
        else:
            document[outer] = value
    return document


def _flat(document: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    if not isinstance(document, dict):
        if prefix:
            yield prefix, document
        return
    for key, value in document.items():
        yield from _flat(value, f"{prefix}[{key}]" if prefix else str(key))
