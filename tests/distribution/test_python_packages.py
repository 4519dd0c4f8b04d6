"""The wheel and the sdist: reproducible, complete, and usable in a clean environment of each Python."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.distribution.conftest import ROOT, TOOLS, UV, build, copy_of_the_checkout, run, served
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from email.message import Message

pytestmark = pytest.mark.distribution

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
SWAGGER_UI = "/vendor/swagger-ui/swagger-ui"
CHANNELS = "/api/v1/users/self/communication_channels"
STUDENT = {"Authorization": "Bearer student-token"}


def python(version: str) -> Path | None:
    """Return an interpreter of this version: of pyenv, or on the PATH."""
    found = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python"))
    on_path = shutil.which(f"python{version}")
    return found[-1] if found else Path(on_path) if on_path else None


def wheel_of(packages: Path) -> Path:
    (wheel,) = packages.glob("*.whl")
    return wheel


def environment_of(interpreter: Path, folder: Path, requirement: str) -> Path:
    """Return the bin folder of a new environment with a requirement."""
    run(UV, "venv", "--quiet", "--python", interpreter, folder / "environment")
    run(UV, "pip", "install", "--quiet", "--python", folder / "environment" / "bin" / "python", requirement)
    return folder / "environment" / "bin"


def test_packages_are_reproducible(packages: Path, tmp_path: Path) -> None:
    copy = copy_of_the_checkout(tmp_path / "second-copy")
    for file in copy.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))  # other times than those of the first copy

    second = build(copy, tmp_path / "second-build")

    names = sorted(file.name for file in packages.iterdir())
    assert [name.rpartition(".")[2] for name in names] == ["whl", "gz"]
    assert sorted(file.name for file in second.iterdir()) == names
    for name in names:
        assert (packages / name).read_bytes() == (second / name).read_bytes()


def test_twine_and_check_wheel_contents_accept_the_packages(packages: Path) -> None:
    checked = run(TOOLS / "twine", "check", "--strict", *sorted(packages.iterdir()))
    contents = run(TOOLS / "check-wheel-contents", wheel_of(packages))

    assert checked.count("PASSED") == 2
    assert contents.strip().endswith("OK")


def metadata_of(packages: Path) -> Message:
    with zipfile.ZipFile(wheel_of(packages)) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(wheel.read(name).decode())


def test_metadata_is_complete(packages: Path) -> None:
    metadata = metadata_of(packages)

    classifiers = metadata.get_all("Classifier") or []
    assert [f"Programming Language :: Python :: {version}" in classifiers for version in VERSIONS] == [True] * 4
    labels = {url.partition(",")[0] for url in metadata.get_all("Project-URL") or []}
    assert labels == {"Changelog", "Documentation", "Homepage", "Issues", "Source"}
    assert metadata.get_all("Provides-Extra") == ["contract", "dev", "pytest"]
    assert "openapi" in str(metadata["Keywords"])
    assert metadata["License-Expression"] == "MIT"


def test_links_of_the_long_description_refer_to_existing_files_at_the_tag(packages: Path) -> None:
    """A package index shows README.md without the files beside it."""
    metadata = metadata_of(packages)
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)]*)\)", str(metadata.get_payload()))
    # A Project-URL is "Source, https://...".
    [source] = [url.partition(", ")[2] for url in metadata.get_all("Project-URL") or [] if url.startswith("Source,")]

    files = {(image, url.removeprefix(source)) for image, url in links if url.startswith(f"{source}/")}

    assert metadata["Description-Content-Type"] == "text/markdown"
    assert [url for _, url in links if not url.startswith(("https://", "#"))] == []
    assert len(files) > 10
    for image, path in files:
        start = f"/{'raw' if image else 'blob'}/v{metadata['Version']}/"
        assert path.startswith(start)
        assert (ROOT / path.removeprefix(start)).exists(), path


def test_wheel_has_the_packages_only(packages: Path) -> None:
    with zipfile.ZipFile(wheel_of(packages)) as wheel:
        names = wheel.namelist()

    folders = {name.partition("/")[0] for name in names}
    assert folders == {"mockserver", "contract_tests", next(f for f in folders if f.endswith(".dist-info"))}
    tracked = run("git", "ls-files", "mockserver", "contract_tests").split()
    assert {*tracked, "mockserver/openapi.yaml", "contract_tests/behaviour.md"} <= set(names)


def test_sdist_builds_the_same_wheel(packages: Path, tmp_path: Path) -> None:
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()

    rebuilt = build(source, tmp_path / "rebuilt")

    assert wheel_of(rebuilt).read_bytes() == wheel_of(packages).read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_wheel_alone_serves_the_mock(version: str, packages: Path, tmp_path: Path) -> None:
    """The wheel without extras serves the mock, and the suite's commands name the packages that are not installed."""
    interpreter = python(version)
    if interpreter is None:
        pytest.skip(f"Python {version} is not on this machine")
    programs = environment_of(interpreter, tmp_path, str(wheel_of(packages)))

    paths = ("/", "/docs/", "/openapi.json", "/_mock/health", "/static/dashboard.js", f"{SWAGGER_UI}-bundle.js")
    with served(programs / "canvas-mock", "--port", "0", cwd=tmp_path) as (process, url):
        channels = httpx2.get(url + CHANNELS, headers=STUDENT)
        pages = [httpx2.get(url + path).status_code for path in paths]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=HANG_SECONDS) == 0
    suites = [
        run(*command, cwd=tmp_path, status=2)
        for command in ([programs / "canvas-contract"], [programs / "python", "-m", "contract_tests.comparison"])
    ]

    assert [channel["id"] for channel in channels.json()] == [1, 2, 3]
    assert pages == [200] * len(paths)
    for output in suites:
        assert output.startswith("Inconclusive: The contract tests need packages that are not installed (")
        assert "pip install 'canvas-channels-contract[contract]'" in output


@pytest.mark.parametrize("version", VERSIONS)
def test_extra_contract_runs_the_suite(version: str, packages: Path, tmp_path: Path) -> None:
    interpreter = python(version)
    if interpreter is None:
        pytest.skip(f"Python {version} is not on this machine")
    requirement = f"canvas-channels-contract[contract] @ {wheel_of(packages).as_uri()}"
    programs = environment_of(interpreter, tmp_path, requirement)

    output = run(programs / "canvas-contract", "--profile", "smoke", "-k", "test_listing", cwd=tmp_path)

    assert "Passed" in output


def test_extra_pytest_has_the_fixtures(packages: Path, tmp_path: Path) -> None:
    requirement = f"canvas-channels-contract[pytest] @ {wheel_of(packages).as_uri()}"
    interpreter = python("3.13") or python("3.12") or python("3.11")
    assert interpreter
    programs = environment_of(interpreter, tmp_path, requirement)
    (tmp_path / "test_fixture.py").write_text(
        "def test_world(canvas_mock):\n    assert canvas_mock.base_url.startswith('http://127.0.0.1')\n"
    )

    output = run(programs / "python", "-m", "pytest", "-q", "-W", "ignore", "test_fixture.py", cwd=tmp_path)

    assert "1 passed" in output


@pytest.mark.parametrize("runner", ["uvx", "pipx"])
def test_wheel_runs_without_an_installation(runner: str, packages: Path, tmp_path: Path) -> None:
    wheel = wheel_of(packages)
    extra = f"canvas-channels-contract[contract] @ {wheel.as_uri()}"
    uvx = [UV, "tool", "run", "--quiet", "--from"]
    pipx = [TOOLS / "pipx", "run", "--no-cache", "--spec"]
    command = uvx if runner == "uvx" else pipx
    environment: dict[str, Any] = {"PIPX_HOME": str(tmp_path / "pipx"), "UV_TOOL_DIR": str(tmp_path / "uv")}

    mock = run(*command, wheel, "canvas-mock", "--help", cwd=tmp_path, **environment)
    suite = run(
        *command,
        extra,
        "canvas-contract",
        "--profile",
        "smoke",
        "-k",
        "health or second_delete",
        cwd=tmp_path,
        **environment,
    )

    assert "usage: canvas-mock" in mock
    assert "Passed" in suite
