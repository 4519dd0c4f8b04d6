"""A fresh mock for every test, and a way to knock at its door with a token."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
import uvicorn
from hypothesis import settings
from starlette.testclient import TestClient

from mockserver import World, create_app, read_world

if TYPE_CHECKING:
    from collections.abc import Iterator

# The same examples every time, and none that fails for being slow.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")

ORIGIN = "http://canvas.test"
START = datetime(2026, 3, 2, 10, 15, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class Login(Protocol):
    """Gives a client that sends this token, or none."""

    def __call__(self, token: str | None = None, **app_options: object) -> TestClient: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(read_world(), clock)


@pytest.fixture
def login(world: World) -> Login:
    apps = {}

    def client(token: str | None = None, **app_options: object) -> TestClient:
        key = tuple(sorted(app_options.items()))
        if key not in apps:
            apps[key] = create_app(world, **app_options)  # type: ignore[arg-type]  # any of its options
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return TestClient(apps[key], base_url=f"{ORIGIN}/api/v1/", headers=headers, follow_redirects=False)

    return client


@pytest.fixture
def student(login: Login) -> TestClient:
    return login("student-token")


@pytest.fixture
def admin(login: Login) -> TestClient:
    return login("admin-token")


@pytest.fixture
def site_admin(login: Login) -> TestClient:
    return login("site-admin-token")


@pytest.fixture
def served(world: World) -> Iterator[str]:
    """The origin of a mock behind a socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(world), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
