"""The tests of a profile: a number of cases of each test, in the order of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from contract_tests.client.settings import Profile

MARKER = "cases(smoke, quick): the number of cases of the test that these profiles run"
"""The marker of a test with another number of cases than the profile's."""

PREFERRED_MARKER = "preferred: a case that a profile runs rather than other cases of the test"
"""The marker of the cases that matter most."""


def select_tests(items: Sequence[pytest.Item], profile_name: str, profile: Profile) -> list[pytest.Item]:
    """Return the tests of the profile, those that share the channels of `all_channels` first.

    Options such as -k have chosen the items; if these include no test of the profile, all of them are returned.
    """
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    selected = [
        item for cases in tests.values() for item in _spread(cases, _number_of_cases(cases[0], profile_name, profile))
    ]
    return sorted(selected or items, key=_uses_own_channels)


def _number_of_cases(item: pytest.Item, profile_name: str, profile: Profile) -> int | None:
    """Return the maximum number of cases of the test; None for all."""
    marker = item.get_closest_marker("cases")
    number: int | None = profile.cases if marker is None else marker.kwargs.get(profile_name, profile.cases)
    return number


def _spread(cases: list[pytest.Item], number: int | None) -> list[pytest.Item]:
    """Return this number of cases: the preferred ones, and others at equal distances; or all if there are fewer."""
    if number is None or number >= len(cases):
        return cases
    preferred = [case for case in cases if case.get_closest_marker("preferred")][:number]
    others = [case for case in cases if case not in preferred]
    rest = number - len(preferred)
    selected = [*preferred, *(others[index * len(others) // rest] for index in range(rest))]
    return [case for case in cases if case in selected]


def _uses_own_channels(item: pytest.Item) -> bool:
    """Return whether the test does not share the channels of `all_channels`."""
    return "all_channels" not in getattr(item, "fixturenames", ())
