"""A mock on a free port of loopback, in a thread of the current process."""

from __future__ import annotations

import socket
import threading
import warnings
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from mockserver.protocol import BoundedProtocol

with warnings.catch_warnings():
    # Connexion uses names that jsonschema has since deprecated, and a project may make every warning an error.
    warnings.simplefilter("ignore", DeprecationWarning)
    from mockserver.app import create_app

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["MockServer", "create_app"]


class MockServer:
    """A server that runs until its context ends; `app_options` are those of `create_app`."""

    def __init__(self, **app_options: Any) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        app = create_app(**app_options)
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)

    def __enter__(self) -> Self:
        """Start; connections wait in the backlog of the socket until the server is ready."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
