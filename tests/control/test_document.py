"""The tables of docs/control.md, and the console examples of it and of the README."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from mockserver.control.api import read_control_contract
from tests.transcripts import Transcript, transcripts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "control.md").read_text("utf-8")
PAGES = ("docs/control.md", "README.md")
EXAMPLES = [(page, example) for page in PAGES for example in transcripts((ROOT / page).read_text("utf-8"))]
TEST_NAME = re.compile(r"`tests/(\S+?\.py)::(\w+)(?:::(\w+))?`")


def operations() -> Iterator[tuple[str, str, str]]:
    """Yield the operationId, the request and the summary of each operation of the control contract."""
    for path, item in read_control_contract()["paths"].items():
        for method in item.keys() - {"parameters"}:
            operation = item[method]
            yield operation["operationId"], f"{method.upper()} {path}", operation["summary"]


def test_table_has_every_operation_of_the_control_contract() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([A-Z]+ \S+)` \| (.+?) \|", PAGE, re.MULTILINE)

    assert sorted(rows) == sorted(operations())


def test_every_row_of_the_tables_names_a_test() -> None:
    tables = PAGE[PAGE.index("## Operations") :]
    rows = [line for line in tables.splitlines() if line.startswith("| ") and not line.endswith("| Test |")]

    without_a_test = [row for row in rows if not TEST_NAME.search(row)]

    assert rows
    assert not without_a_test


@pytest.mark.parametrize("named", sorted(set(TEST_NAME.findall(PAGE))), ids="::".join)
def test_named_test_exists(named: tuple[str, str, str]) -> None:
    file, outer, inner = named
    text = (ROOT / "tests" / file).read_text("utf-8")

    expected = rf"^class {outer}\b.*?^    def {inner}\(" if inner else rf"^def {outer}\("

    assert re.search(expected, text, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl, with which the pages send requests, was not found")
@pytest.mark.parametrize(
    "transcript",
    [pytest.param(transcript, id=f"{page}: {transcript.section}") for page, transcript in EXAMPLES],
)
def test_commands_print_what_the_page_shows(transcript: Transcript, served: str, tmp_path: Path) -> None:
    for world in httpx2.get(f"{served}/_mock/worlds").json()[1:]:
        httpx2.delete(f"{served}/_mock/worlds/{world['name']}")
    httpx2.post(f"{served}/_mock/reset")

    outputs = transcript.outputs(served, tmp_path)

    assert outputs == transcript.examples
