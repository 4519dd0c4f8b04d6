"""What every story in Python shares: where the mock is, what is sent to it, and how the steps are told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = sys.argv[1]
BASE = f"{ORIGIN}/api/v1"
ADDRESS = "a/b?c#d%41é+e@example.com"
DEVICE = "a+b/é"
MANY = list(range(9, 34))


def tell(*steps: Callable[[], None]) -> None:
    """One line for each step: its name, and yes, or no and why."""
    for step in steps:
        try:
            step()
            print(f"{step.__name__}: yes")
        except Exception as failure:
            print(f"{step.__name__}: no, {type(failure).__name__} {' '.join(str(failure).split())}")
