from __future__ import annotations

import pytest

from benchmarks import comparison_servers
from tests.unmeasured import measures_nothing

__all__ = ["measures_nothing"]


@pytest.fixture
def node_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version line of comparison servers that are not installed."""
    monkeypatch.setattr(comparison_servers, "versions", lambda: "Node, and its packages")
