"""Processes that are copies of one process, in which the modules of the suite and of the mock are imported already.

Importing them takes most of the CPU time of a short run. Coverage is not measured in these processes: it is measured
for the mock only, all of which is executed by its own tests.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pkgutil
import re
from multiprocessing import forkserver
from typing import TYPE_CHECKING
from unittest import mock

import contract_tests

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_LOADED_BY_PYTEST = re.compile(r"(.*\.)?(test_\w+|conftest|__main__)")
_MODULES = (
    *("pytest", "hypothesis.strategies", "httpx2", "openapi_spec_validator", "mockserver.server", __name__),
    *(
        module.name
        for module in pkgutil.walk_packages(contract_tests.__path__, "contract_tests.")
        if not _LOADED_BY_PYTEST.fullmatch(module.name)
    ),
    *("schemathesis.checks", "schemathesis.pytest.plugin", "tests.contract_tests.warm_process"),
)
"""The modules that the first process imports; the run itself imports the modules whose asserts pytest rewrites."""


def start_process(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start a process that calls `target` with these arguments; `sys.exit` in `target` sets its exit status."""
    _CONTEXT.set_forkserver_preload([*_MODULES, target.__module__])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with mock.patch.dict(os.environ, environment, clear=True):  # the first process inherits this environment
        forkserver.ensure_running()
        process = _CONTEXT.Process(target=_call, args=(target, arguments))
        process.start()
    return process


def _call(target: Callable[..., None], arguments: tuple[object, ...]) -> None:
    gc.freeze()  # the garbage collector need not look at the objects of the imported modules
    target(*arguments)
