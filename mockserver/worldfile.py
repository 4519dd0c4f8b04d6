"""World files: the users, tokens and channels that a mock starts with, as YAML."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from mockserver.access import ADMIN_RIGHTS, SITE_ADMIN_RIGHTS, Token
from mockserver.channels import NO_BOUNCES, PUSH_ADDRESS, Channel
from mockserver.contract import YAML_LOADER
from mockserver.world import Account, User, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_OTHER_IDS = ("sis_user_id", "sis_integration_id", "lti_user_id", "uuid")


class WorldFileError(Exception):
    """A world file that cannot be used; the text says where and why."""


class _Loader(YAML_LOADER):  # type: ignore[misc]  # one of two classes, by what PyYAML was built with
    """YAML in which times stay text, as the API has them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in YAML_LOADER.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Seed:
    """What a world starts with: a document that fits world.schema.yaml."""

    document: dict[str, Any]

    def fill(self, world: World) -> None:
        """Put the seed's account, users, tokens and channels into an empty world."""
        settings = dict(self.document.get("account") or {})
        settings["banned_email_domains"] = tuple(map(str.lower, settings.get("banned_email_domains", ())))
        world.account = Account(**settings)
        created_at = self.document.get("created_at", "2026-01-05T08:00:00Z")
        for entry in self.document["users"]:
            world.add_user(_user(entry))
            for token in _tokens(entry):
                world.add_token(token)
            for channel in _channels(entry, created_at):
                world.add_channel(channel)


def read_world(path: Path | None = None) -> Seed:
    """The seed in a world file, or the default one. Raises WorldFileError with the line at fault."""
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
    for place, complaint in _complaints(document):
        raise WorldFileError(f"{path}, line {_line(root, place)}: {complaint}")
    return Seed(document)


def _packaged(name: str) -> str:
    return resources.files("mockserver").joinpath(name).read_text("utf-8")


def _complaints(document: Any) -> Iterator[tuple[list[Any], str]]:
    schema = yaml.load(_packaged("world.schema.yaml"), _Loader)  # noqa: S506  # a subclass of the safe loader
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    best = jsonschema.exceptions.best_match(errors)
    if best is not None:
        name = ".".join(map(str, best.absolute_path)) or "the file"
        yield list(best.absolute_path), f"{name}: {best.message}"
        return
    yield from _contradictions(document["users"])


def _contradictions(users: list[dict[str, Any]]) -> Iterator[tuple[list[Any], str]]:
    ids = {user["id"] for user in users}
    yield from _repeated("user id", _of_users(users, "id"))
    for kind in _OTHER_IDS:
        yield from _repeated(kind, _of_users(users, kind))
    yield from _repeated("login_id", ((place, text.lower()) for place, text in _of_users(users, "login_id")))
    yield from _repeated("token", _each(users, "tokens", lambda token: _spelled(token)["value"]))
    yield from _repeated("channel id", _each(users, "channels", lambda channel: channel["id"]))
    for n, user in enumerate(users):
        addresses = (
            (["users", n, "channels", m], (c["type"], _address(c).lower()))
            for m, c in enumerate(user.get("channels", ()))
        )
        yield from _repeated("type and address", addresses)
        for m, other in enumerate(user.get("observes", ())):
            if other not in ids:
                yield ["users", n, "observes", m], f"there is no user {other} to observe"


def _of_users(users: list[dict[str, Any]], key: str) -> Iterator[tuple[list[Any], Any]]:
    for n, user in enumerate(users):
        if key in user:
            yield ["users", n, key], user[key]


def _each(users: list[dict[str, Any]], key: str, value: Any) -> Iterator[tuple[list[Any], Any]]:
    for n, user in enumerate(users):
        for m, item in enumerate(user.get(key, ())):
            yield ["users", n, key, m], value(item)


def _repeated(what: str, values: Iterable[tuple[list[Any], Any]]) -> Iterator[tuple[list[Any], str]]:
    seen = set()
    for place, value in values:
        if value in seen:
            yield place, f"{what} {value} is there twice"
        seen.add(value)


def _line(node: yaml.Node | None, place: list[Any]) -> int:
    """The line, from 1, of what stands at this place in the composed document."""
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


def _user(entry: dict[str, Any]) -> User:
    admin_of = entry.get("admin_of")
    all_rights = SITE_ADMIN_RIGHTS if admin_of == "site" else ADMIN_RIGHTS if admin_of else frozenset[str]()
    return User(
        id=entry["id"],
        name=entry["name"],
        login_id=entry.get("login_id"),
        other_ids={kind: entry[kind] for kind in _OTHER_IDS if kind in entry},
        role=entry.get("role", "student"),
        account=entry.get("account", "root"),
        admin_of=admin_of,
        rights=frozenset(entry["rights"]) if "rights" in entry else all_rights,
        observes=frozenset(entry.get("observes", ())),
    )


def _tokens(entry: dict[str, Any]) -> Iterator[Token]:
    for token in map(_spelled, entry.get("tokens", ())):
        scopes = token.get("scopes")
        rest = {key: value for key, value in token.items() if key != "scopes"}
        yield Token(user_id=entry["id"], scopes=None if scopes is None else tuple(scopes), **rest)


def _spelled(token: str | dict[str, Any]) -> dict[str, Any]:
    """A token that is only its text, spelled out."""
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
    """The address under which the channel is stored; all push channels have one and the same, as in the API."""
    return PUSH_ADDRESS if channel["type"] == "push" else str(channel["address"])
