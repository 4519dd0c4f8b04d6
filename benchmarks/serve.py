"""Serves what the loads are aimed at: the mock with a crowd, or bare Starlette, on the same uvicorn.

`python -m benchmarks.serve mock PORT CHANNELS` and `python -m benchmarks.serve starlette PORT`.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp


def main(arguments: Sequence[str]) -> None:
    """Serve until killed."""
    what, port, *rest = arguments
    app = _mock(int(rest[0])) if what == "mock" else _starlette(with_headers=bool(rest))
    gc.freeze()
    uvicorn.run(app, port=int(port), log_level="warning", access_log=False, server_header=False, backlog=2048)


def _mock(channels: int) -> ASGIApp:
    from benchmarks.crowd import crowded_world  # noqa: PLC0415  # bare Starlette must not pay for it
    from mockserver import create_app  # noqa: PLC0415  # likewise

    return create_app(crowded_world(channels))


def _starlette(*, with_headers: bool) -> ASGIApp:
    from benchmarks import limit  # noqa: PLC0415  # the mock must not pay for it

    return limit.with_headers(limit.app) if with_headers else limit.app


if __name__ == "__main__":
    main(sys.argv[1:])
