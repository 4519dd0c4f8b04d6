"""Reports and journals that cannot be written: one sentence, no traceback, and the account is restored."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from contract_tests.__main__ import main
from contract_tests.client.inconclusive import Inconclusive
from contract_tests.client.request import Request
from contract_tests.client.run.folder import unwritable_file_error
from contract_tests.client.safety import addresses
from contract_tests.client.safety.guard import SafetyGuard
from contract_tests.client.safety.journal import Journal
from contract_tests.comparison.compare import main as compare
from contract_tests.mock_process import DEFAULT_WORLD_VARIABLES
from mutants.suite import WITHOUT_SCHEMATHESIS
from tests.contract_tests.faulty_proxy import running_proxy
from tests.contract_tests.suite_process import COMMAND, environment, list_body, run_suite, running_mock
from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse

URL = "http://127.0.0.1:9"
"""An origin that refuses connections: a request to it would have another sentence."""
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
    with Path("/dev/full").open("wb") as full:
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


def test_creation_without_an_intent_on_disk_is_not_sent(tmp_path: Path) -> None:
    journal = Journal(tmp_path, URL)
    journal.path = Path("/dev/full")
    address = addresses.FIRST
    body = (("communication_channel[type]", address.type), ("communication_channel[address]", address.address))

    with pytest.raises(Inconclusive, match=r"cannot be written \(No space left on device\)"):
        SafetyGuard(journal).check(Request("POST", "self", owner=1, body=body))


def test_deletion_that_cannot_be_recorded_stops_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, URL)
    journal.record_creation(1, 7)
    journal.path = Path("/dev/full")

    journal.record_deletion(7)

    assert journal.live == {}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/full", "No space left on device"),
        ("/proc/nothing.xml", "No such file or directory"),
        ("/", "Is a directory"),
    ],
)
def test_file_that_cannot_be_written(name: str, reason: str) -> None:
    assert unwritable_file_error(Path(name)) == reason


def test_file_that_can_be_written_is_empty_or_absent_after_the_check(tmp_path: Path) -> None:
    new, old = tmp_path / "a" / "new.xml", tmp_path / "old.xml"
    old.write_text("a report of an earlier run", "utf-8")

    assert (unwritable_file_error(new), unwritable_file_error(old)) == ("", "")
    assert not new.exists()
    assert old.read_bytes() == b""


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with running_mock() as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/dev/full", "file/below/it.xml"])
def test_unwritable_junitxml_is_one_sentence_before_the_first_request(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    file = str(tmp_path / path)

    run = run_suite(tmp_path, f"--junitxml={file}", *OPTIONS, **TOKENS, CANVAS_URL=URL)

    assert run.returncode == 2
    assert run.stdout.startswith(f"Inconclusive: --junitxml is {file!r}, which cannot be written (")
    assert run.stdout.count("\n") == 2
    assert run.stderr == ""


def filling_disk(processes: list[int]) -> Callable[[ProxiedRequest], ProxiedResponse]:
    """Return a fault of the proxy after which the first of the processes can write no file, as on a full disk."""

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        response = request.send()
        if request.method == "POST" and response.status == 200:
            resource.prlimit(processes[0], resource.RLIMIT_FSIZE, (0, 0))
        return response

    return fault


@pytest.mark.slow
def test_disk_that_fills_up_during_the_run(mock: str, tmp_path: Path) -> None:
    """The limit of the size of files, set with the first create, has the effect of a full disk."""
    before = list_body(mock)
    processes: list[int] = []

    with running_proxy(mock, filling_disk(processes)) as proxy:
        status, output = run_limited([*COMMAND, *OPTIONS], tmp_path, proxy, processes)

    text = " ".join(output.split())
    assert status == 2, output
    assert list_body(mock) == before
    assert "Inconclusive: The journal" in text
    assert "cannot be written (File too large)" in text
    assert output.splitlines()[-1] == "Reports: none"
    assert "Traceback" not in output


@pytest.mark.slow
def test_disk_that_fills_up_during_a_comparison(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)
    processes: list[int] = []

    with running_proxy(mock, filling_disk(processes)) as proxy:
        command = [COMMAND[0], "-m", "contract_tests.comparison", "--random", "50"]
        status, output = run_limited(command, tmp_path, proxy, processes)

    assert status == 2, output
    assert list_body(mock) == before
    assert output.count("\n") == 1
    assert "cannot be written (File too large)" in output


@pytest.mark.slow
def test_report_that_cannot_be_written_at_the_end_makes_the_others_inconclusive(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        (tmp_path / "traffic.har" / "content").mkdir(parents=True, exist_ok=True)
        return request.send()

    with running_proxy(mock, fault) as proxy:
        run = run_suite(tmp_path, *OPTIONS, **TOKENS, CANVAS_URL=proxy, PROFILE="smoke")

    text = " ".join(run.stdout.split())
    sentence = f"Inconclusive: {tmp_path}/traffic.har cannot be written (Is a directory); free space, and run again."
    properties = ET.parse(tmp_path / "junit.xml").iter("property")  # noqa: S314  # written by the run itself
    assert run.returncode == 2, run.stdout
    assert list_body(mock) == before
    assert sentence in text
    assert {each.get("name"): each.get("value") for each in properties}["verdict"] == "inconclusive"
    assert "cannot be written (Is a directory)" in (tmp_path / "report.html").read_text("utf-8")
    assert run.stdout.splitlines()[-1] == f"Reports: {tmp_path}/report.html, {tmp_path}/junit.xml"


@pytest.mark.slow
def test_full_standard_output_prevents_neither_clean_up_nor_reports(mock: str, tmp_path: Path) -> None:
    before = list_body(mock)
    variables = environment(tmp_path, **TOKENS, CANVAS_URL=mock, PROFILE="smoke")

    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(  # noqa: S603  # our own command
            [*COMMAND, *OPTIONS],
            env=variables,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )

    assert (run.returncode, run.stderr) == (2, "")
    assert list_body(mock) == before
    assert not list(tmp_path.glob("journal-*"))
    assert "The output cannot be written (No space left on device)" in (tmp_path / "report.html").read_text("utf-8")


def run_limited(command: list[str], folder: Path, url: str, processes: list[int]) -> tuple[int, str]:
    """Run the command, append its process id to `processes`, and return its exit status and its output."""
    variables = environment(folder, **TOKENS, CANVAS_URL=url, PROFILE="smoke")
    with subprocess.Popen(  # noqa: S603  # our own command
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        processes.append(process.pid)
        output, _ = process.communicate(timeout=HANG_SECONDS)
    return process.returncode, output
