"""Worlds: selection by header or path, isolation, limits and deletion."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world
from mockserver.canvas.rate_limit import RateLimit
from mockserver.control.problems import Problem
from mockserver.control.worlds import DEFAULT, Worlds
from tests.conftest import ORIGIN
from tests.control.conftest import CHANNELS, STUDENT
from tests.in_process_client import InProcessClient

if TYPE_CHECKING:
    from tests.conftest import ClientFactory

ONE_USER: dict[str, Any] = {"users": [{"id": 1, "name": "Ann", "tokens": ["student-token"]}]}


def ids(client: TestClient, path: str = CHANNELS, **headers: str) -> list[int]:
    return [channel["id"] for channel in client.get(path, headers={**STUDENT, **headers}).json()]


class TestSelection:
    def test_world_of_the_header_and_of_the_path_is_the_same(self, control: TestClient, world_name: str) -> None:
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        assert ids(control, f"/worlds/{world_name}{CHANNELS}") == [2, 3]
        assert ids(control) == [2, 3]

    def test_requests_without_a_name_use_the_default_world(self, control: TestClient) -> None:
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        assert ids(control, **{"X-Mock-World": DEFAULT}) == [1, 2, 3]
        assert ids(TestClient(control.app, base_url=ORIGIN)) == [1, 2, 3]

    def test_path_takes_precedence_over_the_header(self, control: TestClient, world_name: str) -> None:
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        assert ids(control, f"/worlds/{world_name}-other{CHANNELS}") == [1, 2, 3]

    def test_link_header_keeps_the_prefix(self, control: TestClient, world_name: str) -> None:
        prefix = f"/worlds/{world_name}"

        with_prefix = control.get(f"{prefix}{CHANNELS}?per_page=2", headers=STUDENT).headers["link"]
        without = control.get(f"{CHANNELS}?per_page=2", headers=STUDENT).headers["link"]

        assert with_prefix.count(f"<{ORIGIN}{prefix}{CHANNELS}?page=") == with_prefix.count("<") == 4
        assert without == with_prefix.replace(prefix, "")

    def test_next_link_of_a_prefixed_page_leads_to_the_next_page(self, control: TestClient, world_name: str) -> None:
        first = control.get(f"/worlds/{world_name}{CHANNELS}?per_page=2", headers=STUDENT)

        second = control.get(first.links["next"]["url"], headers=STUDENT)

        assert [channel["id"] for channel in second.json()] == [3]

    @pytest.mark.parametrize("segment", ["%65mail", "a%2Fb@example.org"])
    def test_encoded_segments_stay_encoded_below_a_prefix(
        self, control: TestClient, world_name: str, segment: str
    ) -> None:
        plain = control.delete(f"{CHANNELS}/email/{segment}", headers=STUDENT)
        prefixed = control.delete(f"/worlds/{world_name}{CHANNELS}/email/{segment}", headers=STUDENT)

        assert (prefixed.status_code, prefixed.text) == (plain.status_code, plain.text)

    def test_pages_and_contract_keep_the_prefix(self, control: TestClient, world_name: str) -> None:
        prefix = f"/worlds/{world_name}"

        assert f'<base href="{prefix}/">' in control.get(f"{prefix}/").text
        assert control.get(f"{prefix}/openapi.json").json()["servers"] == [{"url": f"{ORIGIN}{prefix}/api/v1"}]
        assert control.get(f"{prefix}/docs", follow_redirects=False).headers["location"] == f"{prefix}/docs/"

    @pytest.mark.parametrize("name", ["-a", ".a", "a b", "a/b", "", "a" * 101, "\u00e9", "a\n", "%"])
    def test_name_that_no_world_can_have_is_400(self, control: TestClient, name: str) -> None:
        response = control.get(CHANNELS, headers=[(b"X-Mock-World", name.encode()), (b"Authorization", b"Bearer x")])

        assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
        assert response.json()["code"] == "invalid_world_name"


class TestIsolation:
    def test_worlds_share_no_channels_ids_clock_faults_or_requests(self, control: TestClient, world_name: str) -> None:
        other = {"X-Mock-World": f"{world_name}-other"}
        form = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
        control.post("/_mock/faults", json={"effect": {"kind": "server_error", "status": 503}, "times": {"next": 1}})
        control.patch("/_mock/clock", json={"now": "2030-01-01T00:00:00Z", "frozen": True})
        control.get(CHANNELS, headers=STUDENT)  # gets the 503 of the fault, so that the create does not
        created = control.post(CHANNELS, headers=STUDENT, data=form).json()

        created_elsewhere = control.post(CHANNELS, headers={**STUDENT, **other}, data=form).json()

        assert (created["id"], created["created_at"]) == (34, "2030-01-01T00:00:00Z")
        assert (created_elsewhere["id"], created_elsewhere["created_at"]) == (34, "2026-03-02T10:15:00Z")
        assert control.get("/_mock/faults", headers=other).json() == []
        assert [request["number"] for request in control.get("/_mock/requests", headers=other).json()] == [1]
        assert len(control.get("/_mock/outbox", headers=other).json()) == 1

    def test_rate_limits_are_those_of_each_world(self, client_for: ClientFactory) -> None:
        app = client_for(rate_limit=RateLimit(cost=599.0, duration=0.0)).app
        statuses = [
            TestClient(app, base_url=ORIGIN).get(CHANNELS, headers={**STUDENT, "X-Mock-World": world}).status_code
            for world in ("rate-one", "rate-one", "rate-two", "rate-two")
        ]

        assert statuses == [200, 429, 200, 429]

    def test_same_requests_have_the_same_bytes_in_each_new_world(self, control: TestClient, world_name: str) -> None:
        def exchange(world: str) -> list[tuple[object, bytes]]:
            named = {"X-Mock-World": world, **STUDENT}
            control.patch("/_mock/clock", headers=named, json={"now": "2030-01-01T00:00:00Z", "frozen": True})
            form = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "sms"}
            responses = [control.get(CHANNELS, headers=named), control.post(CHANNELS, headers=named, data=form)]
            return [(response.headers.multi_items(), response.content) for response in responses]

        assert exchange(f"{world_name}-one") == exchange(f"{world_name}-two")


class TestOperations:
    def test_put_makes_a_world_from_a_document(self, control: TestClient, world_name: str) -> None:
        name = f"{world_name}-put"

        made, replaced = (control.put(f"/_mock/worlds/{name}", json=ONE_USER) for _ in range(2))

        assert (made.status_code, replaced.status_code) == (201, 200)
        assert made.json() == replaced.json() == {"name": name, "users": 1, "channels": 0}
        assert control.get(f"/_mock/worlds/{name}").json() == made.json()
        assert ids(control, **{"X-Mock-World": name}) == []

    def test_list_has_the_default_world_first(self, control: TestClient, world_name: str) -> None:
        control.get("/_mock/health")

        names = [each["name"] for each in control.get("/_mock/worlds").json()]

        assert (names[0], names[-1]) == (DEFAULT, world_name)

    def test_deleted_world_starts_again_from_the_seed(self, control: TestClient, world_name: str) -> None:
        control.delete(f"{CHANNELS}/1", headers=STUDENT)

        # Requests to the default world, because a request to the deleted one would make it again.
        assert control.delete(f"/_mock/worlds/{world_name}", headers={"X-Mock-World": DEFAULT}).status_code == 204
        assert control.get(f"/_mock/worlds/{world_name}", headers={"X-Mock-World": DEFAULT}).status_code == 404
        assert ids(control) == [1, 2, 3]

    def test_default_world_cannot_be_deleted(self, control: TestClient) -> None:
        response = control.delete(f"/_mock/worlds/{DEFAULT}")

        assert (response.status_code, response.json()["code"]) == (409, "default_world")

    def test_document_with_a_mistake_changes_nothing_and_names_the_place(
        self, control: TestClient, world_name: str
    ) -> None:
        document = {"users": [{"id": 1, "name": "Ann", "tokens": ["a", "a"]}]}

        response = control.put(f"/_mock/worlds/{world_name}", json=document)

        assert (response.status_code, response.json()["code"]) == (422, "invalid_world_document")
        assert response.json()["mistakes"] == [{"place": "users.0.tokens.1", "message": "token a is there twice"}]
        assert ids(control) == [1, 2, 3]


class TestLimits:
    def test_one_world_too_many_is_503(self) -> None:
        client = TestClient(create_app(max_worlds=1), base_url=ORIGIN)
        client.get("/_mock/health", headers={"X-Mock-World": "one"})

        response = client.get(CHANNELS, headers={"X-Mock-World": "two", **STUDENT})

        assert (response.status_code, response.json()["code"]) == (503, "too_many_worlds")
        assert "--max-worlds" in response.json()["detail"]

    def test_world_without_requests_for_the_idle_time_is_deleted(self) -> None:
        time = [0.0]
        worlds = Worlds(World(read_world()), idle_seconds=10, now=lambda: time[0])
        worlds.use("one")
        time[0] = 6.0
        worlds.use("two")
        time[0] = 11.0

        assert [world.name for world in worlds] == [DEFAULT, "two"]
        with pytest.raises(Problem, match="There is no world one"):
            worlds.find("one")

    def test_used_world_is_not_idle(self) -> None:
        time = [0.0]
        worlds = Worlds(World(read_world()), idle_seconds=10, now=lambda: time[0])
        for second in range(0, 40, 8):
            time[0] = float(second)
            worlds.use("one")

        assert [world.name for world in worlds] == [DEFAULT, "one"]

    @pytest.mark.slow
    def test_world_from_the_default_seed_takes_less_than_a_tenth_of_a_megabyte(self) -> None:
        """10,000 such worlds take less than 1 GiB."""
        worlds = Worlds(World(read_world()))
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(100):
            worlds.use(f"w{number}")
        used = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()

        assert used / 100 < 100_000


class WorldsMachine(RuleBasedStateMachine):
    """A model of worlds as independent sets of channels, with snapshots and resets."""

    def __init__(self) -> None:
        super().__init__()
        self.client = InProcessClient(create_app(), base_url=ORIGIN)
        self.channels: dict[str, set[int]] = {}
        self.snapshots: dict[tuple[str, str], set[int]] = {}

    names = st.sampled_from(["one", "two", "three"])

    def known(self, name: str) -> set[int]:
        """Return the expected channels of the world, which are those of the seed if it is new."""
        return self.channels.setdefault(name, {1, 2, 3})

    def send(self, method: str, path: str, name: str) -> int:
        """Return the status of a request to the world, which is made by it."""
        if name != DEFAULT:
            self.known(name)
        return self.client.request(method, path, headers={"X-Mock-World": name, **STUDENT}).status_code

    @rule(name=names, channel=st.sampled_from([1, 2, 3]))
    def delete_channel(self, name: str, channel: int) -> None:
        expected = 200 if channel in self.known(name) else 404
        assert self.send("DELETE", f"{CHANNELS}/{channel}", name) == expected
        self.known(name).discard(channel)

    @rule(name=names)
    def reset(self, name: str) -> None:
        assert self.send("POST", "/_mock/reset", name) == 204
        self.channels[name] = {1, 2, 3}

    @rule(name=names, snapshot=st.sampled_from(["a", "b"]))
    def save(self, name: str, snapshot: str) -> None:
        expected = 200 if (name, snapshot) in self.snapshots else 201
        assert self.send("PUT", f"/_mock/snapshots/{snapshot}", name) == expected
        self.snapshots[name, snapshot] = set(self.known(name))

    @rule(name=names, snapshot=st.sampled_from(["a", "b"]))
    def restore(self, name: str, snapshot: str) -> None:
        saved = self.snapshots.get((name, snapshot))
        assert self.send("POST", f"/_mock/snapshots/{snapshot}/restore", name) == (404 if saved is None else 204)
        if saved is not None:
            self.channels[name] = set(saved)

    @rule(name=names)
    def delete_world(self, name: str) -> None:
        assert self.send("DELETE", f"/_mock/worlds/{name}", DEFAULT) == (204 if name in self.channels else 404)
        self.channels.pop(name, None)
        self.snapshots = {key: value for key, value in self.snapshots.items() if key[0] != name}

    @invariant()
    def every_world_lists_its_own_channels(self) -> None:
        for name in list(self.channels):
            assert set(ids(self.client, **{"X-Mock-World": name})) == self.channels[name], name


TestWorldsMachine = pytest.mark.slow(WorldsMachine.TestCase)
TestWorldsMachine.settings = settings(max_examples=5, stateful_step_count=12, deadline=None)
