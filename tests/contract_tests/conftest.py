"""Tests of the suite: the mocks that they start are measured by no coverage."""

from tests.unmeasured import measures_nothing

__all__ = ["measures_nothing"]
