"""Folders, reports and journals that cannot be used: one sentence before the first request, and no traceback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract_tests.__main__ import main
from contract_tests.client.run.folder import unwritable_file_error
from contract_tests.client.safety.journal import Journal
from contract_tests.comparison.compare import main as compare
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.suite_process import run_suite

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://127.0.0.1:9"
"""An origin that refuses connections: after a request to it, the sentence would be another one."""
TOKENS = {name: DEFAULT_WORLD_VARIABLES[name] for name in ("CANVAS_TOKEN", "CANVAS_ADMIN_TOKEN")}
OPTIONS = ("-k", "second_delete", *WITHOUT_SCHEMATHESIS)


def file_at_reports(folder: Path) -> Path:
    (folder / "reports").write_text("")
    return folder / "reports"


def below_a_file(folder: Path) -> Path:
    return file_at_reports(folder) / "below" / "it"


def read_only_file_system(_folder: Path) -> Path:
    return Path("/proc/sys")


def dangling_link(folder: Path) -> Path:
    (folder / "reports").symlink_to(folder / "nowhere" / "at" / "all")
    return folder / "reports"


def name_too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


UNUSABLE = [
    file_at_reports,
    below_a_file,
    dangling_link,
    name_too_long,
    pytest.param(read_only_file_system, marks=pytest.mark.skipif(not Path("/proc/sys").is_dir(), reason="needs Linux")),
]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**TOKENS, "CANVAS_URL": URL, "PROFILE": "smoke"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize("make", UNUSABLE)
def test_unusable_folder_is_one_sentence(
    tmp_path: Path, make: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path)
    monkeypatch.setenv("REPORTS", str(folder))

    status = main([])

    output, errors = capfd.readouterr()
    assert (status, errors) == (2, "")
    assert output.count("\n") == 1
    assert output.startswith(f"Inconclusive: REPORTS is {str(folder)!r}, where no report can be written (")


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize("make", UNUSABLE)
def test_unusable_folder_of_a_comparison_is_one_sentence(
    tmp_path: Path, make: Callable[[Path], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    status = compare(["--reports", str(make(tmp_path))])

    output, errors = capfd.readouterr()
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1
    assert "where no report can be written (" in errors


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize("name", ["report.html", "junit.xml", "traffic.har"])
def test_directory_in_place_of_a_report_is_one_sentence(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name / "content").mkdir(parents=True)
    monkeypatch.setenv("REPORTS", str(tmp_path))

    status = main([])

    output = capfd.readouterr().out
    assert status == 2
    assert output.count("\n") == 1
    assert f"where {name} cannot be replaced (" in output
    assert "; remove it, or set REPORTS to another folder." in output


@pytest.mark.usefixtures("variables")
def test_option_is_named_as_typed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main(["--reports", str(file_at_reports(tmp_path))])

    assert capfd.readouterr().out.startswith("Inconclusive: --reports is ")


@pytest.mark.usefixtures("variables")
def test_full_disk_is_one_sentence_before_the_first_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPORTS", str(tmp_path))
    with Path("/dev/full").open("wb") as full:  # a file on which every write fails
        monkeypatch.setattr("contract_tests.client.run.folder.tempfile.TemporaryFile", lambda **_: full)
        status = main([])

    output = capfd.readouterr().out
    assert status == 2
    assert output.count("\n") == 1
    assert "where no report can be written (No space left on device); set it to a folder with free space" in output


def directory(path: Path) -> None:
    path.mkdir(parents=True)


def bytes_that_are_not_utf8(path: Path) -> None:
    path.write_bytes(b'{"created": [1, 2]}\n\xff\xfe\n')


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize(
    ("make", "reason"), [(directory, "Is a directory"), (bytes_that_are_not_utf8, "it is not UTF-8")]
)
@pytest.mark.parametrize("command", ["canvas-contract", "compare"])
def test_unreadable_journal_is_one_sentence(
    tmp_path: Path,
    make: Callable[[Path], None],
    reason: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = Journal(tmp_path, URL).path
    make(path)
    monkeypatch.setenv("REPORTS", str(tmp_path))

    status = main([]) if command == "canvas-contract" else compare([])

    output = "".join(capfd.readouterr())
    assert status == 2
    assert f"The journal {path}, which lists what an earlier run has left behind, cannot be read ({reason});" in output
    assert URL not in output
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/full", "No space left on device"),
        ("/proc/nothing.xml", "No such file or directory"),
        ("/", "Is a directory"),
    ],
)
def test_file_that_cannot_be_written_has_the_reason_of_the_system(name: str, reason: str) -> None:
    assert unwritable_file_error(Path(name)) == reason


def test_file_that_can_be_written_is_empty_or_absent_after_the_check(tmp_path: Path) -> None:
    new, old = tmp_path / "a" / "new.xml", tmp_path / "old.xml"
    old.write_text("a report of an earlier run", "utf-8")

    assert (unwritable_file_error(new), unwritable_file_error(old)) == ("", "")
    assert not new.exists()
    assert old.read_bytes() == b""


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/dev/full", "file/below/it.xml"])
def test_unwritable_junitxml_is_one_sentence_before_the_first_request(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    file = str(tmp_path / path)

    run = run_suite(tmp_path, f"--junitxml={file}", *OPTIONS, **TOKENS, CANVAS_URL=URL)

    assert run.returncode == 2
    assert run.stdout.startswith(f"Inconclusive: --junitxml is {file!r}, which cannot be written (")
    assert run.stdout.count("\n") == 2, "the sentence, and the paths of the reports"
    assert run.stderr == ""
