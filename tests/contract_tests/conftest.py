"""Tests of the suite: the mocks that they start are measured by no coverage, which doubles the time of a start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package", autouse=True)
def _unmeasured_processes() -> Iterator[None]:
    """Remove the variables with which a new process measures its coverage."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            patch.delenv(name)
        yield
