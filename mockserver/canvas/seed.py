"""World files: YAML documents with the settings, users, tokens and channels with which a world starts."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, Any

import jsonschema

from mockserver.canvas.accounts import ADMIN_RIGHTS, SITE_ADMIN_RIGHTS, Account, Token, User
from mockserver.canvas.channels import NO_BOUNCES, PUSH_ADDRESS, Channel, ChannelList
from mockserver.canvas.yaml_document import MAX_BYTES, DocumentError, parse_document
from mockserver.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mockserver.canvas.yaml_document import DocumentPath

_EXTERNAL_IDS = ("sis_user_id", "sis_integration_id", "lti_user_id", "uuid")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MAX_REASON_LENGTH = 300
_FORMATS = jsonschema.FormatChecker(formats=())


class WorldDocumentError(Exception):
    """A world document that cannot be used; `place` is the path to the mistake in the document."""

    def __init__(self, place: DocumentPath, reason: str) -> None:
        super().__init__(printable(reason, _MAX_REASON_LENGTH))
        self.place = place


class WorldFileError(Exception):
    """A world file that cannot be used; the message is one printable line that says where and why."""

    def __init__(self, where: str, reason: object) -> None:
        super().__init__(f"{printable(where)}{printable(reason, _MAX_REASON_LENGTH)}")


@dataclass(frozen=True, slots=True)
class Seed:
    """The state with which a world starts, as a document that is valid against world.schema.yaml."""

    document: dict[str, Any]

    def account(self) -> Account:
        """Return new settings of the account."""
        settings = dict(self.document.get("account") or {})
        settings["banned_email_domains"] = tuple(map(str.lower, settings.get("banned_email_domains", ())))
        return Account(**settings)

    @property
    def last_channel_id(self) -> int:
        """The id after which created channels are numbered, unless a channel of the document has a larger one."""
        return int(self.document.get("last_channel_id", 0))

    def users(self) -> Iterator[User]:
        """Yield new users, each with tokens and channels."""
        created_at = self.document.get("created_at", "2026-01-05T08:00:00Z")
        token_ids = count(1)
        for entry in self.document["users"]:
            yield new_user(entry, created_at, token_ids)


def seed_of(document: Any) -> Seed:
    """Return the seed in a world document. Raises WorldDocumentError for the most important mistake."""
    mistake = next(_errors(document), None)
    if mistake is not None:
        raise WorldDocumentError(*mistake)
    return Seed(document)


def read_world(path: Path | None = None) -> Seed:
    """Return the seed in a world file, or the default one. Raises WorldFileError with the line of the mistake."""
    data = _read_file(path) if path else _packaged("default.world.yaml")
    try:
        document = parse_document(data)
    except DocumentError as error:
        raise WorldFileError(f"{path}, line {error.line}: ", error) from None
    try:
        return seed_of(document.value)
    except WorldDocumentError as error:
        raise WorldFileError(f"{path}, line {document.line(error.place)}: ", error) from None


def _read_file(path: Path) -> bytes:
    """Return the bytes of a regular file, at most one more than a document may have. Raises WorldFileError."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:  # Path.open has no opener
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise WorldFileError(f"{path} cannot be read: ", getattr(error, "strerror", None) or error) from None
    raise WorldFileError(f"{path} cannot be read: ", "Not a regular file")


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file; a named pipe is opened too, without waiting for the program that writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _packaged(name: str) -> bytes:
    return resources.files("mockserver.canvas").joinpath(name).read_bytes()


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    """Return whether a value is a time in Canvas's format; True for other types, which the keyword `type` rejects.

    Raises ValueError for a day or an hour that does not exist.
    """
    if not isinstance(value, str):
        return True
    return _TIME.fullmatch(value) is not None and bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z"))


def _errors(document: Any) -> Iterator[tuple[DocumentPath, str]]:
    """Yield the mistakes of a document: the best match of its schema errors, or else its contradictions."""
    schema = parse_document(_packaged("world.schema.yaml")).value
    errors = jsonschema.Draft202012Validator(schema, format_checker=_FORMATS).iter_errors(document)
    best = jsonschema.exceptions.best_match(errors)
    if best is not None:
        name = ".".join(map(str, best.absolute_path)) or "the file"
        yield list(best.absolute_path), f"{name}: {_reason(best)}"
        return
    yield from _contradictions(document["users"])


def _reason(error: jsonschema.ValidationError) -> str:
    """Return the error in words; where a pattern or a format does not match, in those of the schema's description."""
    if error.validator in {"format", "pattern"} and isinstance(error.schema, dict):
        return f"{error.instance!r} is not {error.schema['description']}"
    return str(error.message)


def _contradictions(users: list[dict[str, Any]]) -> Iterator[tuple[DocumentPath, str]]:
    """Yield the duplicates of values that must be unique, and the observed users that do not exist."""
    ids = {user["id"] for user in users}
    yield from _duplicates("user id", _values(users, "id"))
    for kind in _EXTERNAL_IDS:
        yield from _duplicates(kind, _values(users, kind))
    yield from _duplicates("login_id", ((place, text.lower()) for place, text in _values(users, "login_id")))
    yield from _duplicates("token", _item_values(users, "tokens", lambda token: _token_entry(token)["value"]))
    yield from _duplicates("channel id", _item_values(users, "channels", lambda channel: channel["id"]))
    for n, user in enumerate(users):
        addresses = (
            (["users", n, "channels", m], (channel["type"], _address(channel).lower()))
            for m, channel in enumerate(user.get("channels", ()))
        )
        yield from _duplicates("type and address", addresses)
        for m, other in enumerate(user.get("observes", ())):
            if other not in ids:
                yield ["users", n, "observes", m], f"there is no user {other} to observe"


def _values(users: list[dict[str, Any]], key: str) -> Iterator[tuple[DocumentPath, Any]]:
    for n, user in enumerate(users):
        if key in user:
            yield ["users", n, key], user[key]


def _item_values(
    users: list[dict[str, Any]], key: str, value_of: Callable[[Any], Any]
) -> Iterator[tuple[DocumentPath, Any]]:
    for n, user in enumerate(users):
        for m, item in enumerate(user.get(key, ())):
            yield ["users", n, key, m], value_of(item)


def _duplicates(name: str, values: Iterable[tuple[DocumentPath, Any]]) -> Iterator[tuple[DocumentPath, str]]:
    seen = set()
    for place, value in values:
        if value in seen:
            yield place, f"{name} {value} is there twice"
        seen.add(value)


def new_user(entry: dict[str, Any], created_at: str, token_ids: Iterator[int]) -> User:
    """Return the user of an entry of `users`, with tokens and channels.

    `created_at` is the time of the channels that have none of their own; `token_ids` yields the ids of the tokens.
    """
    admin_of = entry.get("admin_of")
    all_rights = SITE_ADMIN_RIGHTS if admin_of == "site" else ADMIN_RIGHTS if admin_of else frozenset[str]()
    return User(
        id=entry["id"],
        name=entry["name"],
        login_id=entry.get("login_id"),
        external_ids={kind: entry[kind] for kind in _EXTERNAL_IDS if kind in entry},
        role=entry.get("role", "student"),
        account=entry.get("account", "root"),
        admin_of=admin_of,
        rights=frozenset(entry["rights"]) if "rights" in entry else all_rights,
        observes=frozenset(entry.get("observes", ())),
        tokens=list(_tokens(entry, token_ids)),
        channels=ChannelList.of(_channels(entry, created_at)),
    )


def _tokens(entry: dict[str, Any], ids: Iterator[int]) -> Iterator[Token]:
    for token in map(_token_entry, entry.get("tokens", ())):
        scopes = token.get("scopes")
        push_tokens = set(map(str.lower, token.get("push_tokens", ())))
        rest = {key: value for key, value in token.items() if key not in {"scopes", "push_tokens"}}
        scopes = None if scopes is None else tuple(scopes)
        yield Token(id=next(ids), user_id=entry["id"], scopes=scopes, push_tokens=push_tokens, **rest)


def _token_entry(token: str | dict[str, Any]) -> dict[str, Any]:
    """Return the long form of a token entry, whose short form is the token's value alone."""
    return {"value": token} if isinstance(token, str) else token


def _channels(entry: dict[str, Any], created_at: str) -> Iterator[Channel]:
    for number, channel in enumerate(entry.get("channels", ()), start=1):
        yield Channel(
            id=channel["id"],
            user_id=entry["id"],
            type=channel["type"],
            address=_address(channel),
            workflow_state=channel.get("state", "active"),
            position=channel.get("position", number),
            created_at=channel.get("created_at", created_at),
            bounces=NO_BOUNCES._replace(**channel.get("bounces", {})),
            imported=channel.get("imported", False),
            one_time_password=channel.get("one_time_password", False),
            confirmations=channel.get("confirmations", 0),
        )


def _address(channel: dict[str, Any]) -> str:
    """Return the stored address of a channel entry; all push channels are stored at the same address, as in Canvas."""
    return PUSH_ADDRESS if channel["type"] == "push" else str(channel["address"])
