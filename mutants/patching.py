"""A mock with changes: replaced attributes, altered requests and responses, another world."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from mockserver import Seed, World, create_app, read_world
from mutants.exchange import AlteringMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from starlette.types import ASGIApp

    from mutants.exchange import Request, RequestHook, Response, ResponseHook


class PatchedMock(AbstractContextManager["PatchedMock"]):
    """A mock with patches; the end of the context restores every replaced attribute."""

    def __init__(self) -> None:
        self.world_document: dict[str, Any] = copy.deepcopy(read_world().document)
        """The document of the world with which the mock starts."""
        self.options: dict[str, Any] = {}
        """The keyword arguments of `create_app`."""
        self.patch_count = 0
        """The number of patches made by methods; changes of the two attributes above are not counted."""
        self._stack = ExitStack()
        self._request_hooks: list[RequestHook] = []
        self._response_hooks: list[ResponseHook] = []
        self._middleware: list[Callable[[ASGIApp], ASGIApp]] = []

    def replace(self, holder: object, name: str, new: object) -> None:
        """Replace an attribute of a module or class. Raises AttributeError if it does not exist."""
        self.patch_count += 1
        self._stack.enter_context(patch.object(holder, name, new))

    def wrap(self, holder: object, name: str, wrapper: Callable[..., object]) -> None:
        """Replace a function or method by `wrapper`, which receives the original before the other arguments."""
        original = getattr(holder, name)

        def wrapped(*args: Any, **kwargs: Any) -> object:
            return wrapper(original, *args, **kwargs)

        self.replace(holder, name, wrapped)

    def on_request(self, hook: RequestHook) -> None:
        """Add a hook that alters each request to the API, or returns a response in place of the mock's."""
        self.patch_count += 1
        self._request_hooks.append(hook)

    def on_response(self, hook: ResponseHook) -> None:
        """Add a hook that alters each response of the API."""
        self.patch_count += 1
        self._response_hooks.append(hook)

    def on_channel(self, hook: Callable[[Request, dict[str, Any]], object]) -> None:
        """Add a hook that alters each channel in the responses."""

        def alter(request: Request, response: Response) -> None:
            value = response.json
            objects = value if isinstance(value, list) else [value]
            channels = [each for each in objects if isinstance(each, dict) and "workflow_state" in each]
            for channel in channels:
                hook(request, channel)
            if channels:
                response.json = value

        self.on_response(alter)

    def add_middleware(self, middleware: Callable[[ASGIApp], ASGIApp]) -> None:
        """Add ASGI middleware around the mock."""
        self.patch_count += 1
        self._middleware.append(middleware)

    def user_entry(self, id_: int) -> dict[str, Any]:
        """Return the entry of a user in the world's document."""
        found: dict[str, Any] = next(user for user in self.world_document["users"] if user["id"] == id_)
        return found

    def build_app(self) -> ASGIApp:
        """Return the mock with all patches as an ASGI application."""
        app = create_app(World(Seed(self.world_document)), **self.options)
        if self._request_hooks or self._response_hooks:
            app = AlteringMiddleware(app, self._request_hooks, self._response_hooks)
        for middleware in self._middleware:
            app = middleware(app)
        return app

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
