"""Signals that interrupt a run: the first one ends the tests, and only the third one ends the clean-up."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""The names of the handled signals; not every system has SIGHUP."""
_LAST = 3
"""The number of the signal that ends the clean-up."""


class EndedBySignal(KeyboardInterrupt):
    """The end of a clean-up, or of the writing of reports, by the third signal."""


class Interruption:
    """The signals that the process has received, as the handler of all of them.

    The first signal raises KeyboardInterrupt, unless the run is at its end.
    From then on a signal prints a sentence, and the third one ends the parts in `ended_by_third_signal`.
    """

    def __init__(self) -> None:
        self.name = ""
        """The name of the first signal; empty if there was none."""
        self.activity: Callable[[], str] = lambda: "The run ends, which takes a few seconds"
        """Returns what the run does after a signal and how long this may take, without a full stop."""
        self._received = 0
        self._is_at_end = False
        self._parts = 0
        """The number of contexts that the third signal ends."""
        self._print: Callable[[str], None] = lambda _line: None

    @property
    def has_ended_part(self) -> bool:
        """Whether the third signal was received since the last `start_part`."""
        return self._received >= _LAST

    @property
    def sentence(self) -> str:
        """The sentence on a run that was interrupted; empty if there was no signal."""
        return f"The run was interrupted by {self.name}; run it again." if self.name else ""

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        name = signal.Signals(number).name
        self._received += 1
        self.name = self.name or name
        if not self._is_at_end:
            self._is_at_end = True
            raise KeyboardInterrupt(name)
        if self._received < _LAST:
            self._print(f"{name}: {self.activity()}; a third signal ends it.")
        elif self._received == _LAST:
            self._print(f"{name}: This third signal ends it.")
            if self._parts:
                raise EndedBySignal(name)

    def start_reports(self) -> None:
        """Let no further signal raise KeyboardInterrupt: the tests have ended."""
        self._is_at_end = True

    def start_part(self, activity: Callable[[], str]) -> None:
        """Start another part of the end of the run, and count the signals before it as one at most."""
        self._is_at_end = True
        self.activity = activity
        self._received = min(self._received, 1)

    @contextmanager
    def ended_by_third_signal(self) -> Iterator[None]:
        """Raise EndedBySignal when the third signal arrives in this context; at once if it has arrived before."""
        if self.has_ended_part:
            raise EndedBySignal(self.name)
        self._parts += 1
        try:
            yield
        finally:
            self._parts -= 1

    @contextmanager
    def protected(self, activity: Callable[[], str]) -> Iterator[None]:
        """Let only the third signal end this context; then raise KeyboardInterrupt if the first one arrived in it."""
        was_at_end, self._is_at_end, self.activity = self._is_at_end, True, activity
        with self.ended_by_third_signal():
            yield
        self._is_at_end = was_at_end or bool(self.name)
        if self.name and not was_at_end:
            raise KeyboardInterrupt(self.name)

    @contextmanager
    def handling(self) -> Iterator[None]:
        """Handle the signals of the process that it does not ignore, such as SIGHUP after nohup."""
        if threading.current_thread() is not threading.main_thread():  # no other thread can set a handler
            yield
            return
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        handled = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        with _standard_output() as write:
            self._print = write
            previous = {number: signal.signal(number, self) for number in handled}
            try:
                yield
            finally:
                for number, handler in previous.items():
                    signal.signal(number, handler)
                self._print = lambda _line: None


def ignore_signals() -> None:
    """Ignore the signals, because nothing but the end of the process remains."""
    for name in _NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


@contextmanager
def _standard_output() -> Iterator[Callable[[str], None]]:
    """Yield a function that prints a line on standard output, also while pytest redirects it.

    It does not use `sys.stdout`, into which the interrupted code may be writing.
    """
    try:
        copy = os.dup(1)
    except OSError:  # standard output is closed
        yield lambda _line: None
        return
    start = "\n" if os.isatty(copy) else ""

    def write(line: str) -> None:
        with suppress(OSError):
            os.write(copy, f"{start}{line}\n".encode("utf-8", "backslashreplace"))

    try:
        yield write
    finally:
        os.close(copy)
