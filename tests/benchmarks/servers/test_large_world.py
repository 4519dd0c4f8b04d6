from __future__ import annotations

from benchmarks.servers.large_world import large_world
from benchmarks.workload_users import MIXED_USERS


def test_list_user_and_each_user_of_the_mixed_workload_have_a_token() -> None:
    owners = [token.user_id for token in large_world().tokens.values()]

    assert owners == [1, *MIXED_USERS.ids]


def test_further_channels_belong_to_further_users() -> None:
    small, large = large_world(), large_world(100)

    assert len(large.channels) - len(small.channels) == 100
    assert len(large.users) - len(small.users) == 10
