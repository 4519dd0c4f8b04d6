"""The exception that ends a run whose target cannot be tested."""

from __future__ import annotations

from _pytest.outcomes import Exit  # the exception of pytest.exit has no public name to subclass


class Inconclusive(Exit):
    """The target cannot be tested; ends the run with exit status 2 and a sentence that says what to do.

    It subclasses pytest's Exit and so is not a failure of the current test, which Hypothesis would try to reproduce.
    """

    __module__ = "builtins"  # pytest prints the name of the class before the sentence

    def __init__(self, why: object) -> None:
        super().__init__(str(why), returncode=2)
