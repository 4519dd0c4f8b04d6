"""Any sequence of calls about two users, by several people: after every step the server holds what the model holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contract_tests import pool
from contract_tests.account import sweep
from contract_tests.call import ENCODINGS
from contract_tests.caller import done, missing, refused
from contract_tests.model import Rows
from contract_tests.pool import Pair

if TYPE_CHECKING:
    from contract_tests.caller import Caller

PAIRS = st.sampled_from(
    [pool.FIRST, pool.SAME_ADDRESS_OTHER_TYPE, pool.PLUS, pool.MIXED_CASE, pool.NON_ASCII, pool.PHONE, pool.GATEWAY]
)
WHO = st.integers(0, 1)
WAYS = st.sampled_from(["id", "address", "address in capitals"])


class Sequences(RuleBasedStateMachine):
    """Creates and deletes, by those who may and by those who may not."""

    owners: tuple[Caller, ...]
    """How each account is asked about by whom it belongs to, or by who stands for them."""
    admins: tuple[Caller, ...]
    """How each account is asked about by an admin; empty without one."""

    @initialize()
    def start(self) -> None:
        """Take what is there already as not ours."""
        for caller in self.owners:
            sweep(caller)
        self.owners[0].wire.begin()
        self.rows = [Rows(caller.id, caller.channels()) for caller in self.owners]

    @rule(who=WHO, pair=PAIRS, encoding=st.sampled_from(ENCODINGS), capitals=st.booleans())
    def create(self, who: int, pair: Pair, encoding: str, capitals: bool) -> None:
        """The owner creates: one channel, or a refusal where there is one."""
        self._create(who, self._pick(self.owners, who), _spelled(pair, capitals), encoding, skip=False)

    @rule(who=WHO, pair=PAIRS, skip=st.booleans())
    def create_as_admin(self, who: int, pair: Pair, skip: bool) -> None:
        """An admin creates for the owner, confirmed at once or not."""
        if self.admins:
            self._create(who, self._pick(self.admins, who), pair, "form", skip=skip)

    @rule(who=WHO, pair=PAIRS, way=WAYS, by_admin=st.booleans())
    def delete(self, who: int, pair: Pair, way: str, by_admin: bool) -> None:
        """A delete removes one channel, or finds none."""
        who %= len(self.owners)
        caller = self._pick(self.admins if by_admin and self.admins else self.owners, who)
        rows = self.rows[who]
        if not rows.has(pair):
            missing(caller.delete_by_address(_spelled(pair, way == "address in capitals")))
            return
        if way == "id":
            answer = caller.delete(rows.listed[pair.key]["id"])
        else:
            answer = caller.delete_by_address(_spelled(pair, way == "address in capitals"))
        assert done(answer) == rows.remove(pair)

    @rule(pair=PAIRS)
    def delete_again(self, pair: Pair) -> None:
        """What is retired cannot be deleted by its id."""
        if gone := self.rows[0].retired.get(pair.key):
            missing(self.owners[0].delete(gone["id"]))

    @rule(pair=PAIRS)
    def trespass(self, pair: Pair) -> None:
        """The first user cannot delete the second's, and learns whether it is there."""
        if len(self.owners) == 2:
            answer = self.owners[0].about(self.owners[1].id).delete_by_address(pair)
            (refused if self.rows[1].has(pair) else missing)(answer)

    @rule(who=WHO, size=st.integers(1, 6))
    def read_in_pages(self, who: int, size: int) -> None:
        """Pages of any size are slices of what the model holds."""
        who %= len(self.owners)
        whole = self.owners[who].channels()
        for page in (1, 2):
            part = done(self.owners[who].page((("page", str(page)), ("per_page", str(size)))))
            assert part == whole[size * (page - 1) : size * page]

    @invariant()
    def agrees(self) -> None:
        """Both lists are what the model holds."""
        for caller, rows in zip(self.owners, getattr(self, "rows", []), strict=False):
            rows.agree(caller.channels())

    def teardown(self) -> None:
        """Leave nothing."""
        for caller in self.owners:
            sweep(caller)

    def _create(self, who: int, caller: Caller, pair: Pair, encoding: str, *, skip: bool) -> None:
        rows = self.rows[who % len(self.owners)]
        answer = caller.create(pair, (("skip_confirmation", "1"),) if skip else (), encoding)
        if rows.has(pair):
            assert answer.status_code == 400, "a duplicate was accepted"
        else:
            rows.add(pair, done(answer), active=skip)

    def _pick(self, callers: tuple[Caller, ...], who: int) -> Caller:
        return callers[who % len(callers)]


def test_any_sequence_agrees_with_the_model(owner: Caller, other: Caller, admin: Caller) -> None:
    """Whatever is done to two users in whatever order, each has what was made and not deleted (behaviour 5, 6)."""

    class Bound(Sequences):
        owners = (owner, other)
        admins = (admin, other)

    run_state_machine_as_test(Bound, settings=hypothesis_settings(stateful_step_count=14))


def test_any_sequence_of_one_user_agrees_with_the_model(owner: Caller) -> None:
    """Whatever a user does in whatever order, there is what was made and not deleted (behaviour 5, 6)."""

    class Bound(Sequences):
        owners = (owner,)
        admins = ()

    run_state_machine_as_test(Bound, settings=hypothesis_settings(stateful_step_count=14))


def _spelled(pair: Pair, capitals: bool) -> Pair:
    return Pair(pair.type, pair.address.upper()) if capitals and pair.address.isascii() else pair
