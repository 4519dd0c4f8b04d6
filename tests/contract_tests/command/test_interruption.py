"""The handler of signals, without a run."""

from __future__ import annotations

import signal

import pytest

from contract_tests.command.interruption import EndedBySignal, Interruption


class TestInterruption:
    """The handler of signals, which the tests call as Python does."""

    @staticmethod
    def receive(interruption: Interruption, *names: str) -> None:
        for name in names:
            interruption(getattr(signal, name), None)

    @pytest.fixture
    def interruption(self) -> Interruption:
        return Interruption()

    @pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
    def test_first_signal_interrupts(self, interruption: Interruption, name: str) -> None:
        with pytest.raises(KeyboardInterrupt, match=name):
            self.receive(interruption, name)

        assert interruption.sentence == f"The run was interrupted by {name}; run it again."

    def test_second_signal_interrupts_nothing(self, interruption: Interruption) -> None:
        with pytest.raises(KeyboardInterrupt):
            self.receive(interruption, "SIGINT")

        with interruption.ended_by_third_signal():
            self.receive(interruption, "SIGTERM")

        assert not interruption.has_ended_part

    def test_third_signal_ends_the_part_and_those_after_it(self, interruption: Interruption) -> None:
        interruption.start_reports()
        with pytest.raises(EndedBySignal), interruption.ended_by_third_signal():
            self.receive(interruption, "SIGINT", "SIGTERM", "SIGHUP")

        with pytest.raises(EndedBySignal), interruption.ended_by_third_signal():
            pytest.fail("a part after the third signal is skipped")

    def test_third_signal_between_two_parts_ends_the_next(self, interruption: Interruption) -> None:
        interruption.start_reports()
        self.receive(interruption, "SIGINT", "SIGTERM", "SIGHUP")

        with pytest.raises(EndedBySignal), interruption.ended_by_third_signal():
            pytest.fail("a part after the third signal is skipped")

    def test_signals_are_counted_anew_in_the_next_part(self, interruption: Interruption) -> None:
        interruption.start_reports()
        self.receive(interruption, "SIGINT", "SIGINT", "SIGINT", "SIGINT")

        interruption.start_part(lambda: "The run writes its reports")  # the signals before it count as one
        with interruption.ended_by_third_signal():
            self.receive(interruption, "SIGINT")
        with pytest.raises(EndedBySignal), interruption.ended_by_third_signal():
            self.receive(interruption, "SIGINT")

    def test_signal_in_a_protected_part_interrupts_after_it(self, interruption: Interruption) -> None:
        done = []

        def clean_up() -> None:
            with interruption.protected(lambda: "It cleans up"):
                self.receive(interruption, "SIGTERM")
                done.append("the rest of the part")

        with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
            clean_up()
        assert done

    def test_protected_part_without_a_signal_changes_nothing(self, interruption: Interruption) -> None:
        with interruption.protected(lambda: "It cleans up"):
            pass

        with pytest.raises(KeyboardInterrupt):
            self.receive(interruption, "SIGINT")

    def test_handlers_are_restored(self, interruption: Interruption) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.getsignal(number) for number in numbers]

        with interruption.handling():
            assert [signal.getsignal(number) for number in numbers] == [interruption] * 3

        assert [signal.getsignal(number) for number in numbers] == before

    def test_ignored_signal_stays_ignored(self, interruption: Interruption) -> None:
        previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        try:
            with interruption.handling():
                assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        finally:
            signal.signal(signal.SIGHUP, previous)

    def test_sentence_is_one_line_on_standard_output(
        self, interruption: Interruption, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with interruption.handling(), interruption.protected(lambda: "The run cleans up, for 5 minutes at most"):
            self.receive(interruption, "SIGHUP")
            interruption.name = ""  # the signal raises no KeyboardInterrupt at the end of the part

        output = capfd.readouterr().out
        assert output == "SIGHUP: The run cleans up, for 5 minutes at most; a third signal ends it.\n"
