"""A mock in its default world for each test, and clients with the tokens of that world.

Building an application takes a tenth of a second, so the tests of one process share one application for each set of
options, and one world, which is reset before each test.
"""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
import uvicorn
from httpx2._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import settings

from mockserver import World, create_app, read_world
from mockserver.protocol import BoundedProtocol
from tests.in_process_client import InProcessClient
from tests.mock_command import mock_starter
from tests.time_limits import HANG_SECONDS
from tests.validated_once import validate_specifications_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient
    from starlette.types import ASGIApp

    from tests.mock_command import MockStarter

# The same examples in every run, and no time limit, which a busy machine would exceed.
settings.register_profile("reproducible", deadline=None, derandomize=True, database=None)
settings.load_profile("reproducible")

# By default, httpx2 waits for five seconds, which is not enough for a server on a busy machine.
for phase in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, phase, HANG_SECONDS)

validate_specifications_once()

ORIGIN = "http://canvas.test"
START = datetime(2026, 3, 2, 10, 15, 0, tzinfo=UTC)


_LONGEST = ("test_profiles.py", "test_outputs_are_redacted.py")
"""The modules of the longest tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest tests, so that none of them runs alone at the end."""
    items.sort(key=lambda item: item.path.name not in _LONGEST)


class Clock:
    """A clock that only `advance` moves."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class ClientFactory(Protocol):
    """Returns a client that sends this token, or none, to a mock with these options of `create_app`."""

    def __call__(self, token: str | None = None, **app_options: object) -> TestClient: ...


class ServerFactory(Protocol):
    """Serves a mock with these options of `create_app` on a free port, and returns its origin."""

    def __call__(self, **app_options: object) -> str: ...


@dataclass
class SharedMock:
    """The world, its clock, and the applications that serve it, by their options."""

    clock: Clock
    world: World
    apps: dict[object, ASGIApp] = field(default_factory=dict)

    def app(self, **app_options: object) -> ASGIApp:
        key = tuple(sorted(app_options.items()))
        if key not in self.apps:
            self.apps[key] = create_app(self.world, **app_options)  # type: ignore[arg-type]  # any of its options
        return self.apps[key]


@pytest.fixture(scope="session")
def shared_mock() -> SharedMock:
    clock = Clock()
    return SharedMock(clock, World(read_world(), clock))


@pytest.fixture
def clock(shared_mock: SharedMock) -> Clock:
    shared_mock.clock.reset()
    return shared_mock.clock


@pytest.fixture
def world(shared_mock: SharedMock, clock: Clock) -> World:  # noqa: ARG001  # the clock is reset first
    shared_mock.world.reset()
    return shared_mock.world


@pytest.fixture
def client_for(shared_mock: SharedMock, world: World) -> ClientFactory:  # noqa: ARG001  # the world is reset first
    def client(token: str | None = None, **app_options: object) -> TestClient:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        app = shared_mock.app(**app_options)
        return InProcessClient(app, base_url=f"{ORIGIN}/api/v1/", headers=headers, follow_redirects=False)

    return client


@pytest.fixture
def student(client_for: ClientFactory) -> TestClient:
    return client_for("student-token")


@pytest.fixture
def admin(client_for: ClientFactory) -> TestClient:
    return client_for("admin-token")


@pytest.fixture
def site_admin(client_for: ClientFactory) -> TestClient:
    return client_for("site-admin-token")


@pytest.fixture
def serve(shared_mock: SharedMock, world: World) -> Iterator[ServerFactory]:  # noqa: ARG001  # the world is reset first
    with ExitStack() as servers:

        def start(**app_options: object) -> str:
            return servers.enter_context(served_app(shared_mock.app(**app_options)))

        yield start


@pytest.fixture
def served(serve: ServerFactory) -> str:
    """The origin of a mock with the default options that listens on a socket."""
    return serve()


@pytest.fixture
def start_mock() -> Iterator[MockStarter]:
    """A function that starts the command of the mock in a process of its own."""
    with mock_starter() as start:
        yield start


@contextmanager
def served_app(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve the application until the context ends, on a free port by default, and yield its origin."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        config = uvicorn.Config(app, http=BoundedProtocol, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:  # a thread that serves on would keep the process from ending
            server.should_exit = True
            thread.join()
