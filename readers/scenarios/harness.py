"""The test data and the runner that the scenarios in Python share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = sys.argv[1]
API_URL = f"{ORIGIN}/api/v1"

ADDRESS = "a/b?c#d%41é+e@example.com"
"""An address with characters that a client must encode in a path and in a form."""

PUSH_TOKEN = "a+b/é"  # noqa: S105  # test data
"""A push token with characters that a client must encode in a form."""

MANY_CHANNEL_IDS = list(range(9, 34))
"""The ids of the 25 channels of the user with `many-token`."""


def run_scenario(*steps: Callable[[], None]) -> None:
    """Run the steps, and print a line for each: its name, and "passed" or "failed" with the exception."""
    for step in steps:
        try:
            step()
            print(f"{step.__name__}: passed")
        except Exception as failure:
            print(f"{step.__name__}: failed, {type(failure).__name__} {' '.join(str(failure).split())}")
