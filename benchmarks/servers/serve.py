"""Server process of the mock or of the baseline, on the same uvicorn settings.

The mock has the protocol class of `canvas-mock`, which limits request heads.

`python -m benchmarks.servers.serve mock PORT CHANNELS JOURNAL_LENGTH`, or `... starlette PORT [headers]`.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from starlette.types import ASGIApp


def main(arguments: Sequence[str]) -> None:
    """Serve the named application until the process is killed."""
    name, port, *options = arguments
    app = _mock_app(*map(int, options)) if name == "mock" else _baseline_app(with_headers=bool(options))
    protocol = _mock_protocol() if name == "mock" else "auto"
    gc.freeze()  # as canvas-mock does
    uvicorn.run(
        app, port=int(port), http=protocol, log_level="warning", access_log=False, server_header=False, backlog=2048
    )


def _mock_app(channels: int, journal_length: int) -> ASGIApp:
    from benchmarks.servers.large_world import large_world  # noqa: PLC0415  # the baseline's start and memory exclude it
    from mockserver import create_app  # noqa: PLC0415  # likewise

    return create_app(large_world(channels), hosts={"127.0.0.1"}, journal_length=journal_length)


def _mock_protocol() -> type[asyncio.Protocol]:
    from mockserver.protocol import BoundedProtocol  # noqa: PLC0415  # likewise

    return BoundedProtocol


def _baseline_app(*, with_headers: bool) -> ASGIApp:
    from benchmarks.servers import baseline  # noqa: PLC0415  # the mock's start and memory exclude it

    app = baseline.application()
    return baseline.with_canvas_headers(app) if with_headers else app


if __name__ == "__main__":
    main(sys.argv[1:])
