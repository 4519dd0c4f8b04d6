"""Every world file that the mock accepts is served: worlds are generated from the schema of world files.

The environment variable WORLD_EXAMPLES sets the number of worlds.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from datetime import UTC
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver import World, create_app, read_world
from mockserver.canvas.seed import WorldFileError
from tests.channel_requests import channel_form, channels_of, push_form
from tests.conftest import ORIGIN
from tests.in_process_client import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

EXAMPLES = int(os.environ.get("WORLD_EXAMPLES", "100"))

Schema = dict[str, Any]
Entry = dict[str, Any]

SCHEMA: Schema = yaml.safe_load(resources.files("mockserver.canvas").joinpath("world.schema.yaml").read_text("utf-8"))
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TIME = "2026-01-05T08:00:00Z"
WORLD_WITH_EVERY_KEY: Entry = {
    "created_at": TIME,
    "account": {
        "users_can_edit_communication_channels": True,
        "edit_institution_email": True,
        "max_communication_channels": 10,
        "max_per_page": 10,
        "shard": 1,
        "tilde_user_ids": True,
        "banned_email_domains": ["banned.example"],
    },
    "users": [
        {
            "id": 1,
            "name": "Ann",
            "role": "admin",
            "login_id": "ann",
            "sis_user_id": "a",
            "sis_integration_id": "b",
            "lti_user_id": "c",
            "uuid": "d" * 36,
            "account": "site",
            "admin_of": "site",
            "rights": ["read_messages", "manage_user_logins"],
            "observes": [2],
            "tokens": [
                "t",
                {"value": "u", "sns": True, "revoked": False},
                {"value": "v", "expires_at": TIME, "push_tokens": ["d"]},
            ],
            "channels": [
                {"id": 1, "type": "push"},
                {
                    "id": 2,
                    "type": "email",
                    "address": "ann@example.org",
                    "state": "active",
                    "position": 2,
                    "created_at": TIME,
                    "imported": False,
                    "one_time_password": False,
                    "confirmations": 3,
                    "bounces": {
                        "bounce_count": 1,
                        "last_bounce_at": TIME,
                        "last_transient_bounce_at": TIME,
                        "last_suppression_bounce_at": TIME,
                        "last_bounce_summary": "full",
                        "last_transient_bounce_summary": "full",
                    },
                },
            ],
        },
        {"id": 2, "name": "Bo", "tokens": [{"value": "w", "scopes": ["url:GET|/api/v1/users/:user_id"]}]},
    ],
}
UNUSUAL_NUMBERS = [1.0, 0, -1, 10**12 + 1, 2**31, 2**63, 2**64]
UNUSUAL: list[object] = [*UNUSUAL_NUMBERS, True, None, "", " ", [], {}, [[]], "a" * 256, "\0", "\x1b[31m"]
UNUSUAL_TIMES = [
    "2026-13-45T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-05T24:00:00Z",
    "2026-01-05T08:00:00",
    "2026-01-05",
]
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda time: f"{time.isoformat()[:19]}Z")


def values_of(schema: Schema) -> st.SearchStrategy[Any]:
    """Return the values that are valid against a schema of the kinds that world.schema.yaml has."""
    if "$ref" in schema:
        return values_of(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return st.one_of([values_of(choice) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([VALUES[kind](schema) for kind in kinds])


def integers(schema: Schema) -> st.SearchStrategy[int]:
    limits = st.sampled_from([schema["minimum"], schema["maximum"]])
    return limits | st.integers(schema["minimum"], schema["maximum"])


def strings(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return TIMES
    if "pattern" in schema:
        return st.from_regex(str(schema["pattern"]), fullmatch=True).filter(
            lambda text: len(text) <= schema["maxLength"]
        )
    return st.text(CHARACTERS, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 60), 60))


def lists(schema: Schema) -> st.SearchStrategy[list[Any]]:
    return st.lists(values_of(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)


def objects(schema: Schema) -> st.SearchStrategy[Entry]:
    """Return objects that always have the fields that only some of them require, such as the address of a channel."""
    values = {name: values_of(inner) for name, inner in schema["properties"].items()}
    required = {*schema.get("required", ()), *schema.get("else", {}).get("required", ())}
    return st.fixed_dictionaries(
        {name: value for name, value in values.items() if name in required},
        optional={name: value for name, value in values.items() if name not in required},
    )


VALUES: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "string": strings,
    "integer": integers,
    "array": lists,
    "object": objects,
    "boolean": lambda _schema: st.booleans(),
    "null": lambda _schema: st.none(),
}


def without_contradictions(world: Entry) -> Entry:
    """Return the world with only the first of the entries that have an id, a login or an address in common."""
    users = distinct(world["users"], lambda user: user["id"])
    used: set[object] = set()
    for user in users:
        for kind in ("sis_user_id", "sis_integration_id", "lti_user_id", "uuid"):
            keep_unused(user, kind, used)
        keep_unused(user, "login_id", used)
        user["observes"] = [other for other in user.get("observes", ()) if other in {u["id"] for u in users}]
        tokens = distinct(user.get("tokens", ()), token_value)
        user["tokens"] = [token for token in tokens if mark_as_used(("token", token_value(token)), used)]
        channels = distinct(user.get("channels", ()), lambda entry: (entry["type"], stored_address(entry)))
        user["channels"] = [channel for channel in channels if mark_as_used(("channel", channel["id"]), used)]
    return {**world, "users": users}


def distinct(entries: Any, key: Any) -> list[Any]:
    """Return the first entry with each key."""
    first: dict[Any, Any] = {}
    for entry in entries:
        first.setdefault(key(entry), entry)
    return list(first.values())


def keep_unused(user: Entry, kind: str, used: set[object]) -> None:
    """Delete the user's field `kind` if another user has its value."""
    if kind in user and not mark_as_used((kind, user[kind].lower()), used):
        del user[kind]


def mark_as_used(key: object, used: set[object]) -> bool:
    """Mark the key as used, and return whether it was unused."""
    if key in used:
        return False
    used.add(key)
    return True


def token_value(token: str | Entry) -> str:
    return token if isinstance(token, str) else str(token["value"])


def stored_address(channel: Entry) -> str:
    return "push" if channel["type"] == "push" else str(channel["address"]).lower()


@st.composite
def nearly_valid_worlds(draw: st.DrawFn) -> Entry:
    """Return a valid world with every key, in which an unusual value replaces any one value."""
    world = deepcopy(WORLD_WITH_EVERY_KEY)
    containers = list(containers_of(world))
    places = [
        (container, key)
        for container in containers
        for key in (container if isinstance(container, dict) else range(len(container)))
    ]
    times = [place for place in places if str(place[1]).endswith("_at")]
    if draw(st.booleans()):  # a time in half of the worlds
        container, key = draw(st.sampled_from(times))
        container[key] = draw(st.sampled_from(UNUSUAL_TIMES) | st.from_regex(SCHEMA["$defs"]["time"]["pattern"]))
    else:
        container, key = draw(st.sampled_from(places))
        container[key] = draw(st.sampled_from([*UNUSUAL, *UNUSUAL_TIMES]))
    return world


def containers_of(value: Any) -> Iterator[Any]:
    """Yield every list and object that is not empty."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers_of(inner)


@pytest.fixture(scope="module")
def served_world() -> tuple[World, TestClient]:
    """A world, and a client of the mock that serves it."""
    world = World(read_world())
    return world, InProcessClient(create_app(world), base_url=f"{ORIGIN}/api/v1/")


@pytest.mark.slow
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(document=values_of(SCHEMA).map(without_contradictions))
def test_every_generated_world_is_accepted_and_served_without_500(
    served_world: tuple[World, TestClient], tmp_path_factory: pytest.TempPathFactory, document: Entry
) -> None:
    world, client = served_world
    file = tmp_path_factory.getbasetemp() / "generated.world.yaml"
    write(document, file)

    world._seed = read_world(file)

    assert_served(world, client)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(document=nearly_valid_worlds())
def test_world_with_one_unusual_value_is_rejected_or_served_without_500(
    served_world: tuple[World, TestClient], tmp_path_factory: pytest.TempPathFactory, document: Entry
) -> None:
    world, client = served_world
    file = tmp_path_factory.getbasetemp() / "unusual.world.yaml"
    write(document, file)

    try:
        world._seed = read_world(file)
    except WorldFileError as error:
        message = str(error)
    else:
        message = f"{file}, line 1: accepted"  # passes the assertions on a message
        assert_served(world, client)
    assert message.startswith(f"{file}, line ")
    assert message.isprintable()


def assert_served(world: World, client: TestClient) -> None:
    """Check that no request with any token to any user has the response 500."""
    world.reset()
    for token in list(world.tokens.values()):
        client.headers["Authorization"] = f"Bearer {token.value}"
        statuses = [list_channels(client, user) for user in list(world.users)]
        statuses += other_statuses(client, token.user_id)
        assert set(statuses) <= {200, 400, 401, 403, 404}


def write(document: Entry, file: Path) -> None:
    """Write the document as JSON, which is also YAML, but with escapes of YAML, which accepts no surrogates."""
    text = json.dumps(document, ensure_ascii=False)
    escaped = (c if c == " " or c.isprintable() else f"\\U{ord(c):08X}" for c in text)
    file.write_text("".join(escaped), "utf-8")


def list_channels(client: TestClient, user: int) -> int:
    response = client.get(channels_of(user), params={"per_page": 100})
    if response.status_code == 200:
        assert {channel["user_id"] for channel in response.json()} <= {user}
    return response.status_code


def other_statuses(client: TestClient, user: int) -> Iterator[int]:
    """Yield the statuses of the user, of the creation of two channels, and of the deletion of one."""
    yield client.get(f"users/{user}").status_code
    yield client.post(channels_of(user), data=push_form("device")).status_code
    created = client.post(channels_of(user), data=channel_form("new@example.org"))
    yield created.status_code
    if created.status_code == 200:
        yield client.delete(f"{channels_of(user)}/{created.json()['id']}").status_code
