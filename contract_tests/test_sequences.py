"""Any sequence of calls by two users: after every step the server holds what the model holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contract_tests import pool
from contract_tests.caller import done, missing, refused
from contract_tests.conftest import sweep
from contract_tests.model import Rows

if TYPE_CHECKING:
    from contract_tests.caller import Caller

PAIRS = st.sampled_from(pool.ACCEPTED[-7:])
WHO = st.integers(0, 1)
ENCODINGS = st.sampled_from(["form", "json", "multipart", "query"])


class Sequences(RuleBasedStateMachine):
    """Creates and deletes, by the right user and by the wrong one."""

    callers: tuple[Caller, Caller]

    @initialize()
    def start(self) -> None:
        """Take what is there already as not ours."""
        self.callers[0].fence.trace.clear()
        self.foreign = [caller.channels() for caller in self.callers]
        self.rows = (Rows(), Rows())

    @rule(who=WHO, pair=PAIRS, encoding=ENCODINGS)
    def create(self, who: int, pair: pool.Pair, encoding: str) -> None:
        """A create makes one channel, or is refused where there is one."""
        answer = self.callers[who].create(pair, encoding=encoding)
        if self.rows[who].has(pair):
            assert answer.status_code == 400, "a duplicate was accepted"
        else:
            self.rows[who].add(pair, done(answer))

    @rule(who=WHO, pair=PAIRS, by_id=st.booleans())
    def delete(self, who: int, pair: pool.Pair, by_id: bool) -> None:
        """A delete removes one channel, or finds none."""
        caller, rows = self.callers[who], self.rows[who]
        if not rows.has(pair):
            missing(caller.delete_by_address(pair))
            return
        number = rows.listed[pair.key]["id"]
        answer = caller.delete(number) if by_id else caller.delete_by_address(pair)
        assert done(answer) == rows.remove(pair)

    @rule(pair=PAIRS)
    def trespass(self, pair: pool.Pair) -> None:
        """The first user cannot delete the second's, and learns whether it is there."""
        answer = self.callers[0].delete_by_address(pair, str(self.callers[1].id))
        (refused if self.rows[1].has(pair) else missing)(answer)

    @invariant()
    def agrees(self) -> None:
        """Both lists are what the model holds."""
        for caller, foreign, rows in zip(self.callers, self.foreign, self.rows, strict=True):
            held = sorted(foreign + rows.in_order(), key=lambda channel: int(channel["position"]))
            assert caller.channels() == held, "the list is not what the model holds"

    def teardown(self) -> None:
        """Leave nothing."""
        for caller in self.callers:
            sweep(caller)


def test_any_sequence_agrees_with_the_model(owner: Caller, other: Caller) -> None:
    """Whatever two users do in whatever order, each has what one made and did not delete, and nothing else."""

    class Bound(Sequences):
        callers = (owner, other)

    run_state_machine_as_test(Bound, settings=hypothesis_settings(stateful_step_count=12))
