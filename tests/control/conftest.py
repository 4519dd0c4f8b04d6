"""Clients of one world each, so that these tests share one application without sharing state."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ORIGIN, Clock, SharedMock
from tests.in_process_client import InProcessClient

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockserver import World

STUDENT = {"Authorization": "Bearer student-token"}
SITE_ADMIN = {"Authorization": "Bearer site-admin-token"}
CHANNELS = "/api/v1/users/self/communication_channels"


@pytest.fixture
def world_name(request: pytest.FixtureRequest) -> str:
    """The name of a world that no other test uses."""
    return "w-" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]


@pytest.fixture
def control(shared_mock: SharedMock, clock: Clock, world: World, world_name: str) -> TestClient:  # noqa: ARG001  # clock and world are reset first
    """A client, without a token, of a new world of the shared application.

    The clock of all worlds and the default world, which some tests use as well, are reset first.
    """
    client = InProcessClient(shared_mock.app(), base_url=ORIGIN, headers={"X-Mock-World": world_name})
    client.delete(f"/_mock/worlds/{world_name}")  # of an earlier run of the test in this process
    return client
