"""The clock of a world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.control.clock import AdjustableClock
from tests.control.conftest import CHANNELS, STUDENT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.conftest import Clock

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_clock_follows_the_given_clock_until_it_is_frozen(clock: Clock) -> None:
    adjustable = AdjustableClock(clock)
    clock.advance(seconds=1)
    assert adjustable() == clock()

    adjustable.freeze()
    frozen = adjustable()
    clock.advance(hours=1)

    assert (adjustable(), adjustable.is_frozen) == (frozen, True)


def test_set_time_runs_on_or_stays_frozen(clock: Clock) -> None:
    adjustable = AdjustableClock(clock)
    adjustable.set(NOON)
    clock.advance(seconds=5)
    assert adjustable() == NOON + timedelta(seconds=5)

    adjustable.freeze()
    adjustable.set(NOON)
    clock.advance(seconds=5)

    assert adjustable() == NOON


def test_thawed_clock_goes_on_from_its_time(clock: Clock) -> None:
    adjustable = AdjustableClock(clock)
    adjustable.set(NOON)
    adjustable.freeze()
    clock.advance(hours=1)

    adjustable.thaw()
    clock.advance(seconds=2)

    assert (adjustable(), adjustable.is_frozen) == (NOON + timedelta(seconds=2), False)


def test_frozen_time_is_the_time_of_new_channels(control: TestClient) -> None:
    response = control.patch("/_mock/clock", json={"now": "2026-03-01T12:00:00Z", "frozen": True})

    assert response.json() == control.get("/_mock/clock").json() == {"now": "2026-03-01T12:00:00Z", "frozen": True}
    assert control.post(CHANNELS, headers=STUDENT, data=FORM).json()["created_at"] == "2026-03-01T12:00:00Z"


def test_advanced_clock_ends_the_hour_of_the_limit_of_channels(control: TestClient) -> None:
    control.patch("/_mock/account", json={"max_communication_channels": 4})
    created = control.post(CHANNELS, headers=STUDENT, data=FORM).json()["id"]
    control.delete(f"{CHANNELS}/{created}", headers=STUDENT)
    other = {**FORM, "communication_channel[address]": "other@example.org"}
    assert control.post(CHANNELS, headers=STUDENT, data=other).status_code == 400

    control.post("/_mock/clock/advance", json={"seconds": 3601})

    assert control.post(CHANNELS, headers=STUDENT, data=other).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"now": "2026-02-30T00:00:00Z"},
        {"now": "2026-03-01"},
        {"now": 1},
        {"frozen": "yes"},
        {"x": 1},
    ],
)
def test_invalid_change_is_400_and_changes_nothing(control: TestClient, body: dict[str, Any]) -> None:
    before = control.get("/_mock/clock").json()

    response = control.patch("/_mock/clock", json=body)

    assert response.status_code == 400
    assert control.get("/_mock/clock").json() == before


@pytest.mark.parametrize("seconds", [-1, "1", 1e11, None])
def test_invalid_duration_is_400(control: TestClient, seconds: object) -> None:
    assert control.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 400


def test_year_that_is_not_supported_is_400_and_changes_nothing(control: TestClient) -> None:
    control.patch("/_mock/clock", json={"now": "9998-12-31T00:00:00Z", "frozen": True})

    responses = [
        control.post("/_mock/clock/advance", json={"seconds": 10**9}),
        control.patch("/_mock/clock", json={"now": "1969-12-31T23:59:59Z"}),
    ]

    assert [(each.status_code, each.json()["code"]) for each in responses] == [(400, "invalid_time")] * 2
    assert control.get("/_mock/clock").json()["now"] == "9998-12-31T00:00:00Z"


@pytest.mark.parametrize("now", ["2026-03-01T12:00:00.999Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00+00:00"])
def test_time_may_have_fractions_and_any_zone(control: TestClient, now: str) -> None:
    assert control.patch("/_mock/clock", json={"now": now, "frozen": True}).json()["now"] == "2026-03-01T12:00:00Z"


def test_clock_of_a_new_world_runs(control: TestClient) -> None:
    assert control.get("/_mock/clock").json() == {"now": "2026-03-02T10:15:00Z", "frozen": False}
