"""The mock repeats the recorded exchanges of a running Canvas, except for the differences in docs/fidelity.md."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools

import pytest

from recordings.exchanges import FILES, Exchange, Response, read_sequences
from recordings.explanations import AGE, CRASHES, HOSTED, explain
from recordings.replay import replay
from recordings.report import PAGE, render


@pytest.fixture
def recorded() -> Exchange:
    """The first recorded list that is not empty."""
    exchanges = itertools.chain.from_iterable(read_sequences("default"))
    return next(each for each in exchanges if each.response.status == 200 and each.response.body.startswith("[{"))


@pytest.mark.slow
def test_mock_repeats_every_recorded_exchange_but_the_explained_ones() -> None:
    results = {name: asyncio.run(replay(name)) for name in FILES}

    assert [line for result in results.values() for line in result.unexplained] == []
    used = {name for result in results.values() for name in result.explained}
    assert used == {each.name for each in (*AGE, *HOSTED, *CRASHES)}
    assert PAGE.read_text("utf-8") == render(results), "docs/fidelity.md is out of date; run make fidelity"


@pytest.mark.parametrize(
    "change",
    [
        {"status": 201},
        {"body": "[]"},
        {"headers": {}},
    ],
    ids=["status", "body", "headers"],
)
def test_another_response_is_a_difference_without_an_explanation(recorded: Exchange, change: dict[str, object]) -> None:
    other: Response = dataclasses.replace(recorded.response, **change)  # type: ignore[arg-type]  # one of its fields

    assert other.compared_parts(with_body=True) != recorded.response.compared_parts(with_body=True)
    assert explain(recorded, other) is None
