"""Tests whose code is not measured: coverage is that of the mock, all of which its own tests execute.

Measuring slows all functions of a process, those of other packages too, and doubles the time in which a process starts.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage
from coverage.exceptions import CoverageWarning

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def unmeasured() -> Iterator[None]:
    """Measure no coverage until the context ends, in this process and in the processes that it starts."""
    coverage = Coverage.current()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            patch.delenv(name)
        if coverage is not None:
            coverage.stop()
        yield
    if coverage is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoverageWarning)  # the mock is imported already
            coverage.start()


@pytest.fixture(scope="package", autouse=True)
def measures_nothing() -> Iterator[None]:
    """Measure no coverage in the tests of the package whose conftest imports this fixture."""
    with unmeasured():
        yield
