"""Violations that a test has observed, and the requests that shrink them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure, UnsatisfiedAssumption

from contract_tests.client.exchange import Step
from contract_tests.client.observation import Observation
from contract_tests.client.request import Request
from contract_tests.client.safety.guard import UnsafeRequestError
from contract_tests.client.settings import Inconclusive

STEP = Step(Request("GET", "self"), None, "200 OK []")
VIOLATION = AssertionError("expected 200, got 201")


def test_violation_with_the_fewest_steps_is_recorded() -> None:
    observation = Observation()

    for number in (3, 1, 2):
        observation.record(AssertionError(f"after {number} steps"), [STEP] * number)

    assert observation.violation is not None
    assert observation.violation.message == "after 1 steps"
    assert observation.violation.steps == (STEP,)


def test_violation_is_forgotten_at_the_start_of_the_next_test() -> None:
    observation = Observation()
    observation.record(VIOLATION, [STEP])

    observation.start_test()

    assert observation.violation is None


def test_failures_of_schemathesis_are_violations() -> None:
    observation = Observation()

    observation.record(ExceptionGroup("2 failures", [AssertionError("undocumented status"), AssertionError("b")]), [])

    assert observation.violation is not None
    assert "2 failures" in observation.violation.message


@pytest.mark.parametrize(
    "error",
    [None, UnsatisfiedAssumption(), UnsafeRequestError("not sent"), Inconclusive("no response"), KeyboardInterrupt()],
    ids=repr,
)
def test_other_ends_of_a_test_are_not_violations(error: BaseException | None) -> None:
    observation = Observation()

    observation.record(error, [STEP])

    assert observation.violation is None


@pytest.mark.parametrize("previous", [0, 1_000], ids=["whole budget", "no budget"])
def test_shrinking_ends_with_its_budget_and_the_violation_remains(previous: int) -> None:
    observation = Observation()
    observation.shrinking_requests = previous  # the budget of a run is 1,000
    requests = 0

    @settings(max_examples=20, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(), min_size=3))
    def fail_for_large_sums(numbers: list[int]) -> None:
        nonlocal requests
        for _ in range(10):
            observation.count_request()
            requests += 1
        try:
            assert sum(map(abs, numbers)) < 1_000, "the sum is too large"
        except AssertionError as error:
            observation.record(error, [STEP] * len(numbers))
            raise

    with pytest.raises((AssertionError, FlakyFailure)):  # flaky: a failing example without budget is rejected
        fail_for_large_sums()

    assert observation.violation is not None
    assert observation.violation.message.startswith("the sum is too large")
    examples, budget_of_a_test = 20 * 10, 200
    assert requests <= examples + (budget_of_a_test if previous == 0 else 0)
