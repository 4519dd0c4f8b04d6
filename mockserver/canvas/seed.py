"""World files: YAML documents with the settings, users, tokens and channels with which a world starts."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from mockserver.canvas.accounts import ADMIN_RIGHTS, SITE_ADMIN_RIGHTS, Account, Token, User
from mockserver.canvas.channels import NO_BOUNCES, PUSH_ADDRESS, Channel, ChannelList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_EXTERNAL_IDS = ("sis_user_id", "sis_integration_id", "lti_user_id", "uuid")
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster

DocumentPath = list[Any]
"""The keys and indexes that lead to a value of a document."""


class WorldFileError(Exception):
    """A world file that cannot be used; the message says where and why."""


class _Loader(_SAFE_LOADER):  # type: ignore[misc]  # one of two classes, by what PyYAML was built with
    """A safe YAML loader that leaves times as text, as the API has them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _SAFE_LOADER.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Seed:
    """The state with which a world starts, as a document that is valid against world.schema.yaml."""

    document: dict[str, Any]

    def account(self) -> Account:
        """Return new settings of the account."""
        settings = dict(self.document.get("account") or {})
        settings["banned_email_domains"] = tuple(map(str.lower, settings.get("banned_email_domains", ())))
        return Account(**settings)

    def users(self) -> Iterator[User]:
        """Yield new users, each with tokens and channels."""
        created_at = self.document.get("created_at", "2026-01-05T08:00:00Z")
        token_ids = count(1)
        for entry in self.document["users"]:
            yield _user(entry, created_at, token_ids)


def read_world(path: Path | None = None) -> Seed:
    """Return the seed in a world file, or the default one. Raises WorldFileError with the line of the mistake."""
    try:
        text = path.read_text("utf-8") if path else _packaged("default.world.yaml")
    except (OSError, UnicodeDecodeError) as error:
        raise WorldFileError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        document = yaml.load(text, _Loader)  # noqa: S506  # a subclass of the safe loader
        root = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise WorldFileError(f"{path}{where}: {getattr(error, 'problem', None) or 'not YAML'}") from None
    for place, message in _errors(document):
        raise WorldFileError(f"{path}, line {_line(root, place)}: {message}")
    return Seed(document)


def _packaged(name: str) -> str:
    return resources.files("mockserver.canvas").joinpath(name).read_text("utf-8")


def _errors(document: Any) -> Iterator[tuple[DocumentPath, str]]:
    """Yield the mistakes of a document: the best match of its schema errors, or else its contradictions."""
    schema = yaml.load(_packaged("world.schema.yaml"), _Loader)  # noqa: S506  # a subclass of the safe loader
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    best = jsonschema.exceptions.best_match(errors)
    if best is not None:
        name = ".".join(map(str, best.absolute_path)) or "the file"
        yield list(best.absolute_path), f"{name}: {best.message}"
        return
    yield from _contradictions(document["users"])


def _contradictions(users: list[dict[str, Any]]) -> Iterator[tuple[DocumentPath, str]]:
    ids = {user["id"] for user in users}
    yield from _duplicates("user id", _values(users, "id"))
    for kind in _EXTERNAL_IDS:
        yield from _duplicates(kind, _values(users, kind))
    yield from _duplicates("login_id", ((place, text.lower()) for place, text in _values(users, "login_id")))
    yield from _duplicates("token", _item_values(users, "tokens", lambda token: _token_entry(token)["value"]))
    yield from _duplicates("channel id", _item_values(users, "channels", lambda channel: channel["id"]))
    for n, user in enumerate(users):
        addresses = (
            (["users", n, "channels", m], (c["type"], _address(c).lower()))
            for m, c in enumerate(user.get("channels", ()))
        )
        yield from _duplicates("type and address", addresses)
        for m, other in enumerate(user.get("observes", ())):
            if other not in ids:
                yield ["users", n, "observes", m], f"there is no user {other} to observe"


def _values(users: list[dict[str, Any]], key: str) -> Iterator[tuple[DocumentPath, Any]]:
    for n, user in enumerate(users):
        if key in user:
            yield ["users", n, key], user[key]


def _item_values(users: list[dict[str, Any]], key: str, value: Any) -> Iterator[tuple[DocumentPath, Any]]:
    for n, user in enumerate(users):
        for m, item in enumerate(user.get(key, ())):
            yield ["users", n, key, m], value(item)


def _duplicates(name: str, values: Iterable[tuple[DocumentPath, Any]]) -> Iterator[tuple[DocumentPath, str]]:
    seen = set()
    for place, value in values:
        if value in seen:
            yield place, f"{name} {value} is there twice"
        seen.add(value)


def _line(node: yaml.Node | None, place: DocumentPath) -> int:
    """Return the line, from 1, of the value at this place of the composed document."""
    if node is None:
        return 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == step), None)
        else:
            inner = node.value[step]
        if inner is None:
            break
        node = inner
    return node.start_mark.line + 1


def _user(entry: dict[str, Any], created_at: str, token_ids: Iterator[int]) -> User:
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
        rest = {key: value for key, value in token.items() if key != "scopes"}
        yield Token(id=next(ids), user_id=entry["id"], scopes=None if scopes is None else tuple(scopes), **rest)


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
        )


def _address(channel: dict[str, Any]) -> str:
    """Return the stored address of a channel entry; all push channels are stored at the same address, as in Canvas."""
    return PUSH_ADDRESS if channel["type"] == "push" else str(channel["address"])
