"""The pytest plugin: the fixture `canvas_mock`, a world of its own for each test.

The server starts when a test first uses a fixture. With pytest-xdist each worker has its own server, unless all share
one: with `canvas_mock_server = shared` in pytest's configuration, or with `--canvas-mock-url`.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from mockserver.testing.client import CanvasMock

_URL = "canvas_mock_url"
_SHARED: pytest.StashKey[ExitStack] = pytest.StashKey()
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("canvas-mock")
    group.addoption("--canvas-mock-url", metavar="URL", help="use a mock that runs at this URL")
    parser.addini(
        "canvas_mock_server",
        "separate: each xdist worker has a mock of its own (default); shared: all workers use one",
        default="separate",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start the shared mock in the process that starts the workers, and pass its URL to each worker."""
    config: pytest.Config = node.config
    if config.getini("canvas_mock_server") != "shared" or config.getoption(_URL):
        return
    if _SHARED not in config.stash:
        from mockserver.testing.server import MockServer  # noqa: PLC0415  # only where a test needs it

        config.stash[_SHARED] = ExitStack()
        server = config.stash[_SHARED].enter_context(MockServer())
        config.option.canvas_mock_shared_url = server.url
    node.workerinput[_URL] = config.option.canvas_mock_shared_url


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared mock."""
    if _SHARED in config.stash:
        config.stash[_SHARED].close()


@pytest.fixture(scope="session")
def canvas_mock_options() -> dict[str, Any]:
    """The options of `create_app` for the mock of this process; override the fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def canvas_mock_server_url(pytestconfig: pytest.Config, canvas_mock_options: dict[str, Any]) -> Iterator[str]:
    """The URL of the mock that the tests of this process use."""
    workerinput: dict[str, Any] = getattr(pytestconfig, "workerinput", {})
    url = pytestconfig.getoption(_URL) or workerinput.get(_URL)
    if url:
        yield str(url)
        return
    from mockserver.testing.server import MockServer  # noqa: PLC0415  # only where a test needs it

    with MockServer(**canvas_mock_options) as server:
        yield server.url


@pytest.fixture
def canvas_mock(canvas_mock_server_url: str, request: pytest.FixtureRequest) -> Iterator[CanvasMock]:
    """A world of the mock for this test alone, with the control API as methods; it is deleted after the test.

    The variable CANVAS_MOCK_CONTROL_TOKEN has the token of a mock that was started with `--control-token`.
    """
    from mockserver.testing.client import CanvasMock  # noqa: PLC0415  # only where a test needs it

    token = os.environ.get("CANVAS_MOCK_CONTROL_TOKEN") or None
    with CanvasMock(canvas_mock_server_url, _world_name(request), control_token=token) as mock:
        yield mock
        mock.delete()


@pytest.fixture
def canvas_mock_app(canvas_mock_options: dict[str, Any]) -> ASGIApp:
    """A new mock as an ASGI application, for clients in this process, such as httpx with ASGITransport."""
    from mockserver.testing.server import create_app  # noqa: PLC0415  # only where a test needs it

    return create_app(**canvas_mock_options)


def _world_name(request: pytest.FixtureRequest) -> str:
    """Return a name that no other test of this run has: process, worker, and the name of the test."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = _NOT_IN_NAMES.sub("-", request.node.name).strip("-")[:50]
    return f"{worker}-{os.getpid()}-{id(request.node):x}-{name}"[:100].rstrip("-")  # the maximum length of a name
