"""Tests of the replay: the mock in their process is measured by no coverage."""

from tests.unmeasured import measures_nothing

__all__ = ["measures_nothing"]
