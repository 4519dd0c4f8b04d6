"""The request journal: what it shows, filters, counts, waiting, and its limits."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.testclient import TestClient

from mockserver import create_app
from mockserver.control.request_journal import Budget, RequestJournal
from tests.conftest import ORIGIN
from tests.control.conftest import CHANNELS, STUDENT
from tests.in_process_client import InProcessClient

if TYPE_CHECKING:
    from mockserver.api.dispatch import Exchange

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
LIST, CREATE = "list_communication_channels", "create_communication_channel"


def requests(client: TestClient, **filters: Any) -> list[Any]:
    response = client.get("/_mock/requests", params=filters)
    assert response.status_code == 200, response.text
    body: list[Any] = response.json()
    return body


def numbers(client: TestClient, **filters: Any) -> list[int]:
    return [request["number"] for request in requests(client, **filters)]


class TestEntry:
    def test_request_and_response_are_shown(self, control: TestClient) -> None:
        response = control.post(f"{CHANNELS}?as_user_id=1", headers=STUDENT, data=FORM)

        [entry] = requests(control)

        assert (entry["number"], entry["method"], entry["url"]) == (1, "POST", f"{CHANNELS}?as_user_id=1")
        assert (
            entry["body"]
            == "communication_channel%5Baddress%5D=new%40example.org&communication_channel%5Btype%5D=email"
        )
        assert (entry["operation_id"], entry["user_id"], entry["status"]) == (CREATE, 1, 200)
        assert entry["response_body"] == response.text
        shown = {header["name"]: header["value"] for header in entry["response_headers"]}
        assert shown["etag"] == response.headers["etag"]
        assert entry["violations"] == []
        assert not {"fault_id", "effect", "route"} & entry.keys()
        assert control.get("/_mock/requests/1").json() == entry

    @pytest.mark.parametrize("place", ["header", "query", "form", "json"])
    def test_token_is_replaced_wherever_it_was_sent(self, control: TestClient, place: str) -> None:
        token = {"access_token": "student-token"}
        sent: dict[str, dict[str, Any]] = {
            "header": {"headers": STUDENT},
            "query": {"params": token},
            "form": {"data": {**FORM, **token}},
            "json": {"json": token},
        }
        control.request("POST" if place in {"form", "json"} else "GET", CHANNELS, **sent[place])

        [entry] = requests(control)

        assert "student-token" not in str(entry)
        assert "TOKEN" in str(entry)
        assert entry["user_id"] == 1

    def test_violations_of_the_contract_are_listed(self, control: TestClient) -> None:
        control.get(f"{CHANNELS}?perpage=5", headers=STUDENT)

        assert requests(control)[0]["violations"] == [
            f"{LIST}: there is no parameter perpage; the contract has per_page"
        ]

    def test_no_part_of_a_token_in_a_long_name_is_shown(self, control: TestClient) -> None:
        control.get(f"{CHANNELS}?{'a' * 88}student-token=1", headers=STUDENT)

        [entry] = requests(control)

        assert "student-" not in str(entry)
        assert entry["violations"] == [f"{LIST}: there is no parameter with a name of 101 characters"]

    def test_name_of_100_characters_is_shown(self, control: TestClient) -> None:
        control.get(f"{CHANNELS}?{'a' * 100}=1", headers=STUDENT)

        assert requests(control)[0]["violations"] == [f"{LIST}: there is no parameter {'a' * 100}"]

    def test_control_characters_of_a_name_are_escaped_in_the_header(self, served: str) -> None:
        """A header with a control character would end the connection."""
        response = httpx2.get(f"{served}{CHANNELS}?%08=1", headers=STUDENT)

        assert response.status_code == 200
        assert response.headers["x-contract-violation"].endswith(r"there is no parameter \x08")

    @pytest.mark.parametrize(
        ("method", "path", "route"),
        [
            ("GET", "/api/v1/user/self/communication_channels", "its segment 3 is users, not user"),
            ("GET", "/api/v1/users/self/communication_channel", "its segment 5 is communication_channels"),
            (
                "PUT",
                f"{CHANNELS}/1",
                "/api/v1/users/{user_id}/communication_channels/{id} has no PUT; it has DELETE, POST",
            ),
            ("GET", f"{CHANNELS}/email/a/b", "segments, not 8"),
        ],
    )
    def test_nearest_route_of_an_unknown_path_is_shown(
        self, control: TestClient, method: str, path: str, route: str
    ) -> None:
        control.request(method, path, headers=STUDENT)

        [entry] = requests(control)

        assert route in entry["route"]
        assert "operation_id" not in entry

    def test_applied_fault_and_preference_are_named(self, control: TestClient) -> None:
        control.post("/_mock/faults", json={"effect": {"kind": "server_error", "status": 502}})
        control.get(CHANNELS, headers=STUDENT)
        control.get(CHANNELS, headers={**STUDENT, "Prefer": "code=404"})

        preferred, faulted = requests(control)

        assert (faulted["fault_id"], faulted["effect"], faulted["status"]) == (1, "server_error", 502)
        assert (preferred.get("fault_id"), preferred["effect"]) == (None, "Prefer: code=404")

    def test_body_that_is_not_text_is_shown(self, control: TestClient) -> None:
        headers = {**STUDENT, "Content-Type": "application/json"}

        control.post(CHANNELS, headers=headers, content=b"\xff\x00{")

        assert requests(control)[0]["body"] == "\ufffd\x00{"

    @pytest.mark.slow
    def test_curl_command_repeats_the_request(self, served: str) -> None:
        base = f"{served}/worlds/curl"
        quoted = {**FORM, "communication_channel[address]": 'o\'neil $HOME "x"@example.org'}
        sent = [
            httpx2.post(f"{base}{CHANNELS}", headers=STUDENT, data=quoted),
            httpx2.get(f"{base}{CHANNELS}?per_page=2&access_token=student-token"),
        ]
        commands = [each["curl"] for each in httpx2.get(f"{base}/_mock/requests").json()][::-1]  # the newest is first
        httpx2.post(f"{base}/_mock/reset")

        for response, command in zip(sent, commands, strict=True):
            shell = ["sh", "-c", f"{command} --silent --noproxy '*'"]
            output = subprocess.run(  # noqa: S603  # a command that the mock has printed, of a request of this test
                shell,
                env={"TOKEN": "student-token", "PATH": "/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=True,
            )
            assert output.stdout == response.text
        assert all("student-token" not in command for command in commands)
        assert all(shlex.split(command) for command in commands)


class TestFilters:
    @pytest.fixture
    def journal(self, control: TestClient) -> TestClient:
        """A world with five requests."""
        control.get(CHANNELS, headers=STUDENT)
        control.post(CHANNELS, headers=STUDENT, data=FORM)
        control.get(f"{CHANNELS}?perpage=1", headers={"Authorization": "Bearer student2-token"})
        control.get(CHANNELS)
        control.get("/api/v1/nowhere")
        return control

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({}, [5, 4, 3, 2, 1]),
            ({"operation_id": LIST}, [4, 3, 1]),
            ({"operation_id": ""}, [5]),
            ({"status": 401}, [4]),
            ({"user_id": 2}, [3]),
            ({"method": "post"}, [2]),
            ({"violation": "true"}, [3]),
            ({"violation": "false"}, [5, 4, 2, 1]),
            ({"contains": "new%40example.org"}, [2]),
            ({"contains": "perpage"}, [3]),
            ({"after": 3}, [5, 4]),
            ({"limit": 2}, [5, 4]),
            ({"operation_id": LIST, "status": 200, "limit": 1}, [3]),
            ({"since": "2000-01-01T00:00:00Z"}, [5, 4, 3, 2, 1]),
            ({"since": "2999-01-01T00:00:00Z"}, []),
        ],
    )
    def test_filters_select_requests(self, journal: TestClient, filters: dict[str, Any], found: list[int]) -> None:
        assert numbers(journal, **filters) == found

    @pytest.mark.parametrize(
        ("limits", "as_expected"),
        [
            ({}, True),
            ({"exactly": 3}, True),
            ({"exactly": 2}, False),
            ({"at_least": 3, "at_most": 3}, True),
            ({"at_least": 4}, False),
            ({"at_most": 2}, False),
            ({"exactly": 0}, False),
        ],
    )
    def test_count_is_compared_with_the_expected_number(
        self, journal: TestClient, limits: dict[str, int], *, as_expected: bool
    ) -> None:
        body = journal.get("/_mock/requests/count", params={"operation_id": LIST, **limits}).json()

        assert body == {"count": 3, "as_expected": as_expected}

    def test_wait_returns_the_oldest_request_that_matches(self, journal: TestClient) -> None:
        response = journal.get("/_mock/requests/next", params={"operation_id": LIST, "after": 1, "timeout": 60})

        assert response.json()["number"] == 3

    def test_wait_ends_with_404_after_its_time(self, journal: TestClient) -> None:
        response = journal.get("/_mock/requests/next", params={"status": 500, "timeout": 0.01})

        assert (response.status_code, response.json()["code"]) == (404, "no_request")

    def test_cleared_requests_are_forgotten_and_numbers_go_on(self, journal: TestClient) -> None:
        assert journal.delete("/_mock/requests").status_code == 204
        assert numbers(journal) == []
        assert journal.get("/_mock/requests/1").status_code == 404
        journal.get(CHANNELS, headers=STUDENT)
        assert numbers(journal) == [6]


class TestLimits:
    def test_only_the_last_requests_are_remembered(self) -> None:
        client = TestClient(create_app(journal_length=2), base_url=ORIGIN, headers=STUDENT)
        for _ in range(4):
            client.get(CHANNELS)

        assert numbers(client) == [4, 3]
        assert client.get("/_mock/requests/2").json()["code"] == "unknown_request"
        assert client.get("/_mock/requests/3").json()["number"] == 3

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/1"),
            ("GET", "/count?exactly=0"),
            ("GET", "/next?timeout=60"),
        ],
    )
    def test_every_operation_on_requests_is_409_without_a_journal(self, method: str, path: str) -> None:
        client = InProcessClient(create_app(journal_length=0), base_url=ORIGIN, headers=STUDENT)
        client.get(CHANNELS)

        response = client.request(method, f"/_mock/requests{path}")

        assert (response.status_code, response.json()["code"]) == (409, "journal_disabled")
        assert "--journal 0" in response.json()["detail"]

    def test_world_can_be_reset_without_a_journal(self) -> None:
        client = InProcessClient(create_app(journal_length=0), base_url=ORIGIN)

        assert client.post("/_mock/reset").status_code == 204

    def test_budget_of_all_worlds_bounds_the_bytes(self, control: TestClient) -> None:
        budget = Budget(50_000)
        journals = [RequestJournal(1000, budget) for _ in range(2)]
        scope, exchange = self.exchange(control)
        for journal in journals:
            for _ in range(30):
                journal.add(scope, exchange, 0.0, 0.0)

        assert budget.used <= 50_000
        assert 0 < len(journals[0]) < 30
        journals[0].clear()
        journals[1].clear()
        assert budget.used == 0

    def exchange(self, control: TestClient) -> tuple[dict[str, Any], Exchange]:
        """Return the scope and the exchange of a request that the application has processed."""
        found: list[tuple[dict[str, Any], Exchange]] = []

        def add(_journal: RequestJournal, scope: Any, exchange: Exchange, *_: Any, **__: Any) -> None:
            found.append((scope, exchange))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RequestJournal, "add", add)
            control.get(CHANNELS, headers=STUDENT)
        return found[0]
