"""Pages of a list, and the Link header (behaviour 4.1 to 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import World, create_app, read_world
from tests.channel_requests import OWN_CHANNELS, channels_of
from tests.conftest import ORIGIN
from tests.in_process_client import InProcessClient

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import ClientFactory

URL = f"{ORIGIN}/api/v1/{OWN_CHANNELS}"


def link_header(numbers: dict[str, int], per_page: int) -> str:
    """Return a Link header with the page number of each relation."""
    return ",".join(f'<{URL}?page={number}&per_page={per_page}>; rel="{rel}"' for rel, number in numbers.items())


def link_header_past_the_end(number: int) -> str:
    """Return the Link header of a page past the end: a next page, no last page, and 30 rows in any case."""
    previous = {"prev": number - 1} if number > 1 else {}
    return link_header({"current": number, "next": number + 1, **previous, "first": 1}, per_page=30)


@pytest.fixture
def user_with_25_channels(client_for: ClientFactory) -> TestClient:
    """A client of a user whose channels have the ids 9 to 33."""
    return client_for("many-token")


@pytest.fixture
def client_without_channels(student: TestClient) -> TestClient:
    for channel_id in (1, 2, 3):
        student.delete(f"{OWN_CHANNELS}/{channel_id}")
    return student


@pytest.fixture(scope="module")
def pagination_mock() -> tuple[World, TestClient]:
    """A world that every example of a property resets, and a client of the user with 25 channels."""
    world = World(read_world())
    headers = {"Authorization": "Bearer many-token"}
    return world, InProcessClient(create_app(world), base_url=f"{ORIGIN}/api/v1/", headers=headers)


class TestPage:
    @pytest.mark.parametrize(
        ("per_page", "size"),
        [(None, 10), ("1", 1), ("5abc", 5), ("0", 1), ("-5", 1), ("abc", 1), ("", 1), ("1000", 25), ("25", 25)],
    )
    def test_per_page_is_read_as_ruby_s_to_i_and_limited_to_1_to_100(
        self, user_with_25_channels: TestClient, per_page: str | None, size: int
    ) -> None:
        response = user_with_25_channels.get(
            OWN_CHANNELS, params={"per_page": per_page} if per_page is not None else {}
        )

        assert len(response.json()) == size

    @pytest.mark.parametrize(
        ("page", "first_id"),
        [("1", 9), ("2", 19), (" 2 ", 19), ("0x2", 19), ("0b10", 19), ("02", 19), ("0_2", 19)],
    )
    def test_page_is_read_as_ruby_s_integer(self, user_with_25_channels: TestClient, page: str, first_id: int) -> None:
        response = user_with_25_channels.get(OWN_CHANNELS, params={"page": page})

        assert response.json()[0]["id"] == first_id

    @pytest.mark.parametrize("per_page", [{}, {"per_page": "7"}, {"per_page": "100"}])
    @pytest.mark.parametrize("page", [26, 10**11, 2**63, 10**22])
    def test_page_past_the_end_is_empty_with_a_next_page_and_links_of_30_rows(
        self, user_with_25_channels: TestClient, page: int, per_page: dict[str, str]
    ) -> None:
        response = user_with_25_channels.get(OWN_CHANNELS, params={"page": page, **per_page})

        assert (response.status_code, response.json()) == (200, [])
        assert response.headers["link"] == link_header_past_the_end(page)

    @pytest.mark.parametrize(
        ("page", "number"), [("1abc", 1), ("1e3", 1), ("2.5", 2), (" 2x", 2), ("99abc", 99), (" 26 ", 26), ("2_6", 26)]
    )
    def test_number_followed_by_other_text_selects_a_page_past_the_end(
        self, user_with_25_channels: TestClient, page: str, number: int
    ) -> None:
        response = user_with_25_channels.get(OWN_CHANNELS, params={"page": page})

        assert (response.status_code, response.json()) == (200, [])
        assert response.headers["link"] == link_header_past_the_end(number)

    @pytest.mark.parametrize(("page", "number"), [("2", 2), ("1abc", 1), ("2.5", 2), ("1e3", 1)])
    def test_empty_list_has_pages_past_the_end(
        self, client_without_channels: TestClient, page: str, number: int
    ) -> None:
        response = client_without_channels.get(OWN_CHANNELS, params={"page": page})

        assert (response.status_code, response.json()) == (200, [])
        assert response.headers["link"] == link_header_past_the_end(number)

    def test_page_past_the_end_keeps_the_other_parameters(self, user_with_25_channels: TestClient) -> None:
        link = user_with_25_channels.get(OWN_CHANNELS, params={"page": 9, "foo": "b"}).headers["link"]

        assert link.startswith(f'<{URL}?foo=b&page=9&per_page=30>; rel="current",')

    @pytest.mark.parametrize("page", ["0", "-1", "abc", "", "-1abc", "0x0", "0x4", "0b100", "0xff"])
    def test_page_below_1_and_hexadecimal_page_past_the_end_are_404_with_their_own_message(
        self, user_with_25_channels: TestClient, page: str
    ) -> None:
        response = user_with_25_channels.get(OWN_CHANNELS, params={"page": page})

        assert response.status_code == 404
        assert response.json() == {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}

    def test_hexadecimal_page_of_an_empty_list_is_404_except_page_1(self, client_without_channels: TestClient) -> None:
        statuses = [
            client_without_channels.get(OWN_CHANNELS, params={"page": page}).status_code for page in ("0x1", "0x2")
        ]

        assert statuses == [200, 404]

    @pytest.mark.parametrize(("per_page", "size"), [(None, 5), ("100", 5), ("4", 4), ("0", 1)])
    def test_maximum_of_the_account_limits_every_size(
        self, user_with_25_channels: TestClient, world: World, per_page: str | None, size: int
    ) -> None:
        world.account.max_per_page = 5

        response = user_with_25_channels.get(OWN_CHANNELS, params={"per_page": per_page} if per_page else {})

        assert len(response.json()) == size
        assert response.headers["link"].startswith(f'<{URL}?page=1&per_page={size}>; rel="current",')

    def test_maximum_of_the_account_does_not_change_a_page_past_the_end(
        self, user_with_25_channels: TestClient, world: World
    ) -> None:
        world.account.max_per_page = 5

        last = user_with_25_channels.get(OWN_CHANNELS, params={"page": 5})
        past_the_end = user_with_25_channels.get(OWN_CHANNELS, params={"page": 6})

        assert len(last.json()) == 5
        assert past_the_end.headers["link"] == link_header_past_the_end(6)

    @pytest.mark.parametrize("name", ["page[]", "per_page[]"])
    def test_list_of_numbers_is_400_where_canvas_crashes(self, user_with_25_channels: TestClient, name: str) -> None:
        response = user_with_25_channels.get(OWN_CHANNELS, params={name: "1"})

        assert response.status_code == 400
        assert "not several" in response.json()["errors"][0]["message"]

    def test_empty_list_has_one_page(self, client_without_channels: TestClient) -> None:
        response = client_without_channels.get(OWN_CHANNELS)

        assert (response.status_code, response.json()) == (200, [])
        assert response.headers["link"] == link_header({"current": 1, "first": 1, "last": 1}, per_page=10)


class TestLinkHeader:
    def test_has_canvas_s_order_and_punctuation(self, student: TestClient) -> None:
        response = student.get(OWN_CHANNELS, params={"per_page": 1, "page": 2, "foo": "b"})

        assert response.headers["link"] == ",".join(
            f'<{URL}?foo=b&page={number}&per_page=1>; rel="{rel}"'
            for rel, number in [("current", 2), ("next", 3), ("prev", 1), ("first", 1), ("last", 3)]
        )

    def test_has_other_parameters_sorted_by_encoded_name_and_never_the_token(self, client_for: ClientFactory) -> None:
        params = {
            "z": "1",
            "as_user_id": "1",
            "a[b]": "é&",
            "aZ": "2",
            "ü": "3",
            "access_token": "admin-token",
            "api_key": "k",
        }

        link = client_for().get(OWN_CHANNELS, params=params).headers["link"]

        query = "%C3%BC=3&a%5Bb%5D=%C3%A9%26&aZ=2&as_user_id=1&z=1&page=1&per_page=10"
        assert f"<{URL}?{query}>" in link
        assert "admin-token" not in link

    def test_has_the_values_of_a_list_in_the_order_of_the_request(self, student: TestClient) -> None:
        link = student.get(f"{OWN_CHANNELS}?x[]=2&x[]=1&b=0").headers["link"]

        assert f"<{URL}?b=0&x%5B%5D=2&x%5B%5D=1&page=1&per_page=10>" in link

    def test_has_the_user_id_in_the_form_of_the_request(self, student: TestClient) -> None:
        link = student.get(channels_of("sis_login_id:student%40school.example")).headers["link"]

        assert "/users/sis_login_id:student@school.example/communication_channels?" in link

    def test_starts_with_the_host_of_the_request(self, student: TestClient) -> None:
        link = student.get(OWN_CHANNELS, headers={"Host": "mock.localhost:8123"}).headers["link"]

        assert link.startswith("<http://mock.localhost:8123/api/v1/")

    @pytest.mark.parametrize(("length", "count"), [(1100, 5), (1700, 3), (2900, 2), (5900, 1), (6200, 0)])
    def test_longer_than_6_kb_drops_the_least_useful_links(
        self, user_with_25_channels: TestClient, length: int, count: int
    ) -> None:
        link = user_with_25_channels.get(OWN_CHANNELS, params={"page": 2, "x": "y" * length}).headers["link"]

        present = [rel for rel in ("next", "last", "prev", "current", "first") if f'rel="{rel}"' in link]
        assert present == ["next", "last", "prev", "current", "first"][:count]

    @pytest.mark.slow
    @given(per_page=st.integers(1, 30), retired=st.sets(st.integers(9, 33)))
    def test_next_leads_to_every_channel_once_and_in_order(
        self, pagination_mock: tuple[World, TestClient], per_page: int, retired: set[int]
    ) -> None:
        world, client = pagination_mock
        world.reset()
        for channel_id in retired:
            client.delete(f"{OWN_CHANNELS}/{channel_id}")

        listed: list[int] = []
        url: str | None = f"{OWN_CHANNELS}?per_page={per_page}"
        while url is not None:
            response = client.get(url)
            listed += [channel["id"] for channel in response.json()]
            url = response.links.get("next", {}).get("url")

        assert listed == [channel_id for channel_id in range(9, 34) if channel_id not in retired]
