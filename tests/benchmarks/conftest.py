from __future__ import annotations

import pytest

from benchmarks.servers import comparison
from tests.unmeasured import measures_nothing

__all__ = ["measures_nothing"]


@pytest.fixture
def node_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version line of comparison servers that are not installed."""
    monkeypatch.setattr(comparison, "versions", lambda: "Node, and its packages")
