"""The hooks with which pytest runs the contract tests: options, settings of Hypothesis, and the tests of a profile."""

from __future__ import annotations

import os

import hypothesis
import pytest

from contract_tests.client.settings import PROFILES, read_number, read_profile
from contract_tests.report.command import check_junit, interruption_of
from contract_tests.report.names import REPORTER
from contract_tests.report.plugin import ReportPlugin
from contract_tests.report.progress import INTERVAL, progress_interval, use_quiet_reporter
from contract_tests.selection import MARKER, PREFERRED_MARKER, select_tests


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the output."""
    group = parser.getgroup("canvas-contract")
    group.addoption("--canvas-summary", choices=("short", "full"), default="short", help="the size of the summary")
    group.addoption(
        "--progress-interval",
        type=progress_interval,
        default=INTERVAL,
        metavar="SECONDS",
        help="time between lines of progress",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let the report plugin write the file of --junitxml: pytest's own file does not say why a run ended early."""
    check_junit(config.option.xmlpath)
    config.option.canvas_junit, config.option.xmlpath = config.option.xmlpath, None


@pytest.hookimpl(trylast=True)  # after pytest has registered its own reporter, which is replaced
def pytest_configure(config: pytest.Config) -> None:
    """Configure Hypothesis by the profile, and register the report plugin."""
    suppressed = [
        hypothesis.HealthCheck.function_scoped_fixture,  # the fixtures clean up on the server, after each test
        hypothesis.HealthCheck.too_slow,  # requests over the network are slow
        hypothesis.HealthCheck.filter_too_much,  # requests that the safety guard rejects are filtered out
    ]
    hypothesis.settings.register_profile(
        "contract",
        max_examples=PROFILES[read_profile()].examples,
        deadline=None,
        database=None,
        suppress_health_check=suppressed,
    )
    hypothesis.settings.load_profile("contract")
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", PREFERRED_MARKER)
    read_number("SEED", os.environ.get("SEED") or "1")  # raises Inconclusive before tests are collected
    use_quiet_reporter(config)
    config.pluginmanager.register(ReportPlugin(config, interruption_of(config)), REPORTER)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that do not belong to the profile, after the options of the command line apply."""
    name = read_profile()
    selected = select_tests(items, name, PROFILES[name])
    plugin = config.pluginmanager.get_plugin(REPORTER)
    assert isinstance(plugin, ReportPlugin)
    plugin.reporter.left_out = len(items) - len(selected)
    items[:] = selected
