"""Watchdog: ends a run at its limits from a thread of its own, whatever the run waits for.

A run checks its limits before each request; the watchdog ends a run that sends none because a test or a request hangs.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

from contract_tests.client.run.pacing import CLEAN_UP_MINUTES, Clock, clean_up_limit_sentence
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType
    from typing import TextIO

_GRACE_SECONDS = 10.0
"""The time after a limit in which a run that does not hang ends by itself."""
_REPORT_SECONDS = 120.0
"""The maximum duration of writing the reports."""
_LAST_REPORT_SECONDS = 20.0
"""The maximum duration of writing the reports of a run whose process is stopped."""
_INTERVAL = 0.5
"""Seconds between two checks, and between two signals to a main thread that does not react."""
_MAX_SIGNALS = 10
"""The number of signals after which a main thread is left alone; the next limit stops the process."""
_INCONCLUSIVE = 2
"""The exit status of an inconclusive run."""
_CLEAN_UP, _REPORTS = 1, 2
"""The positions of the stages after the first, which is the run itself."""

LAST_RESORT = (
    "The run did not end after its limit, so its process was stopped; check whether the target is overloaded, "
    "and run again, which deletes the leftover channels."
)
"""Why the process is stopped."""


class _Stage(NamedTuple):
    """A part of the run: its maximum duration, and the sentence with which it is interrupted."""

    seconds: float
    sentence: str


class Watchdog:
    """The limits of the stages of a run: the tests, the clean-up, and the reports.

    At the limit of the first two stages, `interrupt` is called with a sentence; at that of the last, `give_up`.
    """

    def __init__(
        self,
        minutes: float,
        interrupt: Callable[[str], None],
        give_up: Callable[[], object],
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._interrupt = interrupt
        self._give_up = give_up
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._is_cleaning_up = False
        self._stages = (
            _Stage(minutes * 60 + _GRACE_SECONDS, _run_limit_sentence(minutes)),
            _Stage(CLEAN_UP_MINUTES * 60 + _GRACE_SECONDS, clean_up_limit_sentence()),
            _Stage(_REPORT_SECONDS, ""),
        )
        self._enter(0)

    def __enter__(self) -> Self:
        """Start to check the limits."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Stop checking the limits."""
        self._stopped.set()

    def start_clean_up(self) -> None:
        """Apply the limit of the clean-up from now on."""
        with self._lock:
            if not self._is_cleaning_up:
                self._is_cleaning_up = True
                self._enter(_CLEAN_UP)

    def start_reports(self) -> None:
        """Apply the limit of writing the reports from now on."""
        with self._lock:
            self._is_cleaning_up = True  # a later start_clean_up has no effect
            self._enter(_REPORTS)

    def check(self) -> None:
        """Interrupt the run, or stop its process, if the current stage has reached its limit."""
        with self._lock:
            stage = self._stage
            if self._stopped.is_set() or self._clock.now() < self._limit:
                return
            if stage == _REPORTS:
                self._stopped.set()
            else:
                self._enter(stage + 1)
        if stage == _REPORTS:
            self._give_up()
        else:
            self._interrupt(self._stages[stage].sentence)

    def _enter(self, stage: int) -> None:
        self._stage = stage
        self._limit = self._clock.now() + self._stages[stage].seconds

    def _run(self) -> None:
        while not self._stopped.wait(_INTERVAL):
            self.check()


@contextmanager
def interrupting_main_thread() -> Iterator[Callable[[str], None]]:
    """Yield a function that raises Inconclusive with a sentence in the main thread, even while it waits.

    Where there is no signal for this, it raises KeyboardInterrupt.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield lambda _sentence: _thread.interrupt_main()
        return
    sentences: list[str] = []
    handled = threading.Event()
    main_thread = threading.main_thread().ident or 0

    def interrupt(sentence: str) -> None:
        handled.clear()
        sentences.append(sentence)
        for _ in range(_MAX_SIGNALS):  # a signal that comes just before a system call does not end its waiting
            signal.pthread_kill(main_thread, signal.SIGALRM)
            if handled.wait(_INTERVAL):
                return

    def handle(_number: int, _frame: FrameType | None) -> None:
        handled.set()
        if sentences:
            raise Inconclusive(sentences.pop())

    previous = signal.signal(signal.SIGALRM, handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def watched(minutes: float, report: Callable[[], int], file: TextIO) -> Iterator[Watchdog]:
    """Watch over the run in this context; if nothing else ends it, stop the process.

    `report` then prints and writes what is known, and returns the exit status; `file` receives a sentence if it hangs.
    """
    with (
        interrupting_main_thread() as interrupt,
        Watchdog(minutes, interrupt, lambda: stop_process(report, file)) as watchdog,
    ):
        yield watchdog


def stop_process(report: Callable[[], int], file: TextIO) -> NoReturn:
    """Stop the process with the exit status of `report`, or with 2 and a sentence if it fails or hangs."""
    statuses: list[int] = []

    def run() -> None:
        with suppress(Exception):  # whatever it is, the sentence below replaces the reports
            statuses.append(report())

    thread = threading.Thread(target=run, name="last report", daemon=True)
    thread.start()
    thread.join(_LAST_REPORT_SECONDS)
    if not statuses:
        with suppress(OSError, ValueError):  # the reader has closed the pipe
            print(f"Inconclusive: {LAST_RESORT}", file=file, flush=True)
    os._exit(statuses[0] if statuses else _INCONCLUSIVE)


def _run_limit_sentence(minutes: float) -> str:
    return (
        f"The run has reached its limit of {minutes:g} minutes in a test or a request that does not end; "
        "check whether the target is overloaded, and run again."
    )
