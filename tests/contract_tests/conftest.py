"""Tests of the suite: no coverage is measured in them, and each restores the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from tests.unmeasured import measures_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["measures_nothing"]


@pytest.fixture(autouse=True)
def _restored_environment() -> Iterator[None]:
    """Restore the variables, because the command line of the suite sets those of its options in its process."""
    with patch.dict(os.environ):
        yield
