"""Pages and the Link header (behaviour 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world

if TYPE_CHECKING:
    from tests.conftest import Login

SELF = "users/self/communication_channels"
URL = "http://canvas.test/api/v1/users/self/communication_channels"


@pytest.fixture
def many(login: Login) -> TestClient:
    return login("many-token")


@pytest.mark.parametrize(
    ("per_page", "size"),
    [(None, 10), ("1", 1), ("5abc", 5), ("0", 1), ("-5", 1), ("abc", 1), ("", 1), ("1000", 25), ("25", 25)],
)
def test_a_page_has_as_many_rows_as_rubys_to_i_says_from_1_to_100(
    many: TestClient, per_page: str | None, size: int
) -> None:
    response = many.get(SELF, params={"per_page": per_page} if per_page is not None else {})

    assert len(response.json()) == size


@pytest.mark.parametrize(
    ("page", "first"),
    [("1", 9), ("2", 19), (" 2 ", 19), ("0x2", 19), ("0b10", 19), ("02", 19), ("0_2", 19)],
)
def test_a_page_is_named_as_ruby_reads_integers(many: TestClient, page: str, first: int) -> None:
    assert many.get(SELF, params={"page": page}).json()[0]["id"] == first


@pytest.mark.parametrize(("page", "relations"), [("1abc", "current first last"), ("2.5", "current prev first last")])
def test_a_number_with_more_behind_it_is_answered_like_a_page_past_the_end(
    many: TestClient, page: str, relations: str
) -> None:
    response = many.get(SELF, params={"page": page})

    numbers = {"current": page[0], "prev": "1", "first": "1", "last": page[0]}
    assert (response.status_code, response.json()) == (200, [])
    assert response.headers["link"] == ",".join(
        f'<{URL}?page={numbers[rel]}&per_page=10>; rel="{rel}"' for rel in relations.split()
    )


@pytest.mark.parametrize("page", ["0", "-1", "abc", ""])
def test_a_page_below_the_first_is_not_found_in_its_own_words(many: TestClient, page: str) -> None:
    response = many.get(SELF, params={"page": page})

    assert response.status_code == 404
    assert response.json() == {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}


@pytest.mark.parametrize("name", ["page[]", "per_page[]"])
def test_several_pages_at_once_are_a_clear_400_where_canvas_crashes(many: TestClient, name: str) -> None:
    response = many.get(SELF, params={name: "1"})

    assert response.status_code == 400
    assert "not several" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("page", [4, 10**11, 2**63, 10**22])
def test_a_page_past_the_end_is_empty_and_the_last(many: TestClient, page: int) -> None:
    response = many.get(SELF, params={"page": page})

    assert response.json() == []
    assert response.headers["link"] == ",".join(
        f'<{URL}?page={number}&per_page=10>; rel="{rel}"'
        for rel, number in [("current", page), ("prev", page - 1), ("first", 1), ("last", page)]
    )


def test_the_link_header_is_written_as_canvas_writes_it(student: TestClient) -> None:
    response = student.get(SELF, params={"per_page": 1, "page": 2, "foo": "b"})

    assert response.headers["link"] == ",".join(
        f'<{URL}?foo=b&page={number}&per_page=1>; rel="{rel}"'
        for rel, number in [("current", 2), ("next", 3), ("prev", 1), ("first", 1), ("last", 3)]
    )


def test_links_keep_other_parameters_by_name_and_never_the_token(login: Login) -> None:
    params = {"z": "1", "as_user_id": "1", "a[b]": "é&", "access_token": "admin-token", "api_key": "k"}

    link = login().get(SELF, params=params).headers["link"]

    assert f"<{URL}?a%5Bb%5D=%C3%A9%26&as_user_id=1&z=1&page=1&per_page=10>" in link
    assert "admin-token" not in link


def test_links_name_the_user_as_the_request_did(student: TestClient) -> None:
    link = student.get("users/sis_login_id:student%40school.example/communication_channels").headers["link"]

    assert "/users/sis_login_id:student@school.example/communication_channels?" in link


def test_links_begin_with_the_address_that_the_client_used(student: TestClient) -> None:
    link = student.get(SELF, headers={"Host": "mock.localhost:8123"}).headers["link"]

    assert link.startswith("<http://mock.localhost:8123/api/v1/")


@pytest.mark.parametrize(("length", "relations"), [(1100, 5), (1700, 3), (2900, 2), (5900, 1), (6200, 0)])
def test_links_over_six_kilobytes_are_dropped_the_least_useful_first(
    many: TestClient, length: int, relations: int
) -> None:
    link = many.get(SELF, params={"page": 2, "x": "y" * length}).headers["link"]

    kept = [rel for rel in ("next", "last", "prev", "current", "first") if f'rel="{rel}"' in link]
    assert kept == ["next", "last", "prev", "current", "first"][:relations]


def test_a_user_without_channels_has_one_empty_page(student: TestClient) -> None:
    for number in (1, 2, 3):
        student.delete(f"{SELF}/{number}")

    response = student.get(SELF)

    assert (response.status_code, response.json()) == (200, [])
    assert [part.partition("rel=")[2] for part in response.headers["link"].split(",")] == [
        '"current"',
        '"first"',
        '"last"',
    ]


@given(per_page=st.integers(1, 30), retired=st.sets(st.integers(9, 33)))
def test_following_next_gives_every_channel_once_and_in_order(per_page: int, retired: set[int]) -> None:
    headers = {"Authorization": "Bearer many-token"}
    client = TestClient(create_app(World(read_world())), base_url="http://canvas.test/api/v1/", headers=headers)
    for number in retired:
        client.delete(f"{SELF}/{number}")

    seen: list[int] = []
    url: str | None = f"{SELF}?per_page={per_page}"
    while url is not None:
        response = client.get(url)
        seen += [channel["id"] for channel in response.json()]
        url = response.links.get("next", {}).get("url")

    assert seen == [number for number in range(9, 34) if number not in retired]
