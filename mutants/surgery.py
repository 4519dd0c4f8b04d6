"""What is done to a mock before it is served: parts replaced, requests and answers altered, another world."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from mockserver import Seed, World, create_app, read_world
from mutants.exchange import Altered, Ask, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from starlette.types import ASGIApp


class Surgery(AbstractContextManager["Surgery"]):
    """One operation on the mock; when the context ends, every part is back in its place."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = copy.deepcopy(read_world().document)
        """The world that the mock will start with."""
        self.options: dict[str, Any] = {}
        """What the mock's factory is told."""
        self.changes = 0
        """How many things were altered by a method; changes of the two above are not counted."""
        self._stack = ExitStack()
        self._asks: list[Callable[[Ask], Reply | None]] = []
        self._replies: list[Callable[[Ask, Reply], object]] = []
        self._wraps: list[Callable[[ASGIApp], ASGIApp]] = []

    def replace(self, holder: object, name: str, new: object) -> None:
        """Put something else in the place of an attribute. Raises AttributeError where there is none."""
        self.changes += 1
        self._stack.enter_context(patch.object(holder, name, new))

    def around(self, holder: object, name: str, make: Callable[[Any], object]) -> None:
        """Replace an attribute by what `make` makes of it."""
        self.replace(holder, name, make(getattr(holder, name)))

    def on_ask(self, change: Callable[[Ask], Reply | None]) -> None:
        """Alter each request to the API, or answer it at once by returning a reply."""
        self.changes += 1
        self._asks.append(change)

    def on_reply(self, change: Callable[[Ask, Reply], object]) -> None:
        """Alter each answer of the API."""
        self.changes += 1
        self._replies.append(change)

    def on_channel(self, change: Callable[[Ask, dict[str, Any]], object]) -> None:
        """Alter each channel that an answer shows."""

        def reply_with(ask: Ask, reply: Reply) -> None:
            value = reply.value
            shown = value if isinstance(value, list) else [value]
            channels = [each for each in shown if isinstance(each, dict) and "workflow_state" in each]
            for channel in channels:
                change(ask, channel)
            if channels and reply.status == 200:
                reply.value = value

        self.on_reply(reply_with)

    def wrap(self, make: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put an application around the mock."""
        self.changes += 1
        self._wraps.append(make)

    def user(self, id_: int) -> dict[str, Any]:
        """A person of the world's document."""
        found: dict[str, Any] = next(user for user in self.document["users"] if user["id"] == id_)
        return found

    def app(self) -> ASGIApp:
        """The mock after the operation."""
        app = create_app(World(Seed(self.document)), **self.options)
        if self._asks or self._replies:
            app = Altered(app, self._asks, self._replies)
        for make in self._wraps:
            app = make(app)
        return app

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


@dataclass(frozen=True)
class Mutant:
    """A mock with one difference: a fault, which the suite must see, or a harmless one, which it must bear."""

    operate: Callable[[Surgery], None]
    harmless: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    """What the suite must be told otherwise than for the default world."""

    @property
    def name(self) -> str:
        """Short, with hyphens."""
        return self.operate.__name__.replace("_", "-")

    @property
    def sentence(self) -> str:
        """What is different, in words."""
        return (self.operate.__doc__ or "").strip()

    @property
    def group(self) -> str:
        """What it concerns: the module that holds it."""
        return self.operate.__module__.rpartition(".")[2]


def fault(operate: Callable[[Surgery], None]) -> Mutant:
    """A fault, named by its function."""
    return Mutant(operate)


def harmless(operate: Callable[[Surgery], None]) -> Mutant:
    """Something that Canvas may vary, named by its function."""
    return Mutant(operate, harmless=True)


def told(**variables: str) -> Callable[[Mutant], Mutant]:
    """The same mutant, of which the suite must be told otherwise."""
    return lambda mutant: replace(mutant, variables=variables)


def mutants_of(*modules: object) -> tuple[Mutant, ...]:
    """The mutants that these modules hold, in their order."""
    return tuple(each for module in modules for each in vars(module).values() if isinstance(each, Mutant))
