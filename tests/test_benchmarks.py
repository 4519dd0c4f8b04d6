"""What the benchmark says of its figures; that it measures at all is its own smoke run."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from benchmarks import peers, servers
from benchmarks.__main__ import main
from benchmarks.measure import Figures
from benchmarks.report import page
from benchmarks.results import Results, spread
from benchmarks.targets import Target, targets
from mockserver.contract import read_contract

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS = "/users/{user_id}/communication_channels"


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of peers that nobody has installed."""
    monkeypatch.setattr(peers, "versions", lambda: "Node, and its packages")


@pytest.mark.parametrize(
    ("measured", "at_least", "verdict"),
    [
        ([0.7, 0.6, 0.1], True, "met"),
        ([0.7, 0.59, 0.1], True, "not met"),
        ([0.7, 0.59, 0.1], False, "met"),
        ([0.6], False, "not met"),
        ([], True, "not measured"),
    ],
)
def test_a_target_is_met_by_the_median(measured: list[float], at_least: bool, verdict: str) -> None:
    assert Target("", measured, 0.6, at_least).verdict == verdict


def test_ratios_are_taken_within_a_round() -> None:
    quiet = {("the mock", "list"): Figures(600, 1, 2, 80), ("bare Starlette", "list"): Figures(1000, 1, 2, 40)}
    busy = {("the mock", "list"): Figures(70, 1, 2, 80), ("bare Starlette", "list"): Figures(100, 1, 2, 40)}

    ratios = Results([quiet, busy], {}, {}, {}).ratios("the mock", "bare Starlette", "list")

    assert spread(ratios, "{:.2f}") == "0.65 (0.60-0.70)"


def test_growth_under_one_load_alone_misses_its_target() -> None:
    loads = {"list": 80, "page": 100, "create": 90, "recreate": 90}
    small = {("the mock", load): Figures(1, 1, 2, cpu) for load, cpu in loads.items()}
    large = {("the mock, 1,000,000 channels", load): Figures(1, 1, 2, cpu) for load, cpu in loads.items()}
    large["the mock, 1,000,000 channels", "create"] = Figures(1, 1, 2, 180)

    growth = targets(Results([{**small, **large}], {}, {}, {}))[-1]

    assert growth.row()[1:] == ["2.00", "not met"]


@pytest.mark.usefixtures("versions")
def test_the_page_says_how_much_of_the_machine_other_work_took() -> None:
    rounds = [{("the mock", "list"): Figures(1, 1, 2, 80, others)} for others in (0.02, 0.5, 0.12)]

    text = page(Results(rounds, {}, {"the mock": []}, {"the mock": []}), 3)

    assert "- while a load ran, 12 (2-50) % of all processors' time went to neither its server nor wrk\n" in text


@pytest.mark.usefixtures("versions")
def test_the_page_says_how_start_and_memory_grow_with_the_world() -> None:
    started = {"the mock": [(0.5, 60.0)], "the mock, 1,000,000 channels": [(3.25, 500.0), (3.75, 502.0)]}
    loaded = {"the mock": [70.0], "the mock, 1,000,000 channels": [560.0]}

    text = page(Results([{}, {}], {}, started, loaded), 3)

    assert "| channels | first good answer, s | MiB then | list of 10, CPU us |" in text
    assert "| 10 | 0.50 | 60 | - | - | - | - | 70 |" in text
    assert "| 1,000,000 | 3.50 (3.25-3.75) | 501 (500-502) | - | - | - | - | 560 |" in text


def test_what_nobody_measured_is_no_target_met() -> None:
    verdicts = {target.verdict for target in targets(Results([], {}, {}, {}))}

    assert verdicts == {"not measured"}


def test_peers_are_given_pages_of_the_mock_s_size_that_fit_the_contract() -> None:
    channels = {"type": "array", "items": read_contract()["components"]["schemas"]["CommunicationChannel"]}

    answer = peers.contract_with_full_pages()["paths"][CHANNELS]["get"]["responses"]["200"]
    pages = {name: example["value"] for name, example in answer["content"]["application/json"]["examples"].items()}

    assert {name: len(rows) for name, rows in pages.items()} == {"list": 10, "page": 25}
    for rows in pages.values():
        jsonschema.validate(rows, channels)


def refuse() -> None:
    raise peers.CannotInstall("no peers here")


class TestCommandLine:
    """Where a run is no measure, it ends with 2 and one sentence."""

    @pytest.fixture(autouse=True)
    def _only_this_far(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """On Linux with wrk, and with peers that cannot be had: no test here may begin to measure them."""
        monkeypatch.setattr(shutil, "which", lambda tool: tool)
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        monkeypatch.setattr(peers, "install", refuse)

    def test_another_system_than_linux(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(platform, "system", lambda: "Darwin")

        assert main(["--smoke"]) == 2
        assert capsys.readouterr().err == "make bench needs Linux, whose /proc says what a server uses.\n"

    def test_a_server_that_does_not_start(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(servers, "mock", lambda _: servers.Server("the mock", (sys.executable, "-c", "exit(3)")))

        assert main(["--smoke"]) == 2
        assert capsys.readouterr().err == "make bench: the mock ended with 3 before its first good answer.\n"

    @pytest.mark.skipif(sys.platform != "linux", reason="it measures a server")
    def test_a_load_that_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        said = '{"requests": 5000, "seconds": 1, "p50": 1, "p99": 2, "refused": 1200, "broken": 0}'
        (tmp_path / "wrk").write_text(f"#!/bin/sh\necho '{said}'\n")
        (tmp_path / "wrk").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        monkeypatch.setattr(servers, "mock", lambda _: servers.limit())

        assert main(["--smoke"]) == 2
        assert capsys.readouterr().err == (
            "make bench: bare Starlette, list: 1,200 refusals and 0 broken connections among 5,000 requests.\n"
        )

    @pytest.mark.parametrize("option", ["--seconds=0", "--seconds=11", "--seconds=x", "--rounds=0"])
    def test_a_load_that_would_outlast_its_newcomers_and_none_at_all(
        self, option: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit, match="2"):
            main([option])

        assert "argument --" in capsys.readouterr().err
