"""docs/reliability.md: the sections that commands write, and the tests that its table of promises names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from benchmarks.reliability.page import PAGE, PageError, line_chart, write_section

ROOT = Path(__file__).parents[3]
_TEST = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>[\w:]+)`")


def named_tests() -> list[tuple[str, str]]:
    """Return the file and the name of each test that the page names."""
    return [(match["file"], match["name"]) for match in _TEST.finditer(PAGE.read_text("utf-8"))]


def names_in(file: Path) -> set[str]:
    """Return the names of the test functions and test classes of a file, `Class::function` for those of a class."""
    names = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return names


class TestPromises:
    @pytest.mark.parametrize(("file", "name"), named_tests())
    def test_named_test_exists(self, file: str, name: str) -> None:
        assert name in names_in(ROOT / file)

    def test_each_promise_names_a_test(self) -> None:
        table = PAGE.read_text("utf-8").partition("## Promises")[2].partition("\n## ")[0]
        rows = [line for line in table.splitlines() if line.startswith("| ")]

        promises = [row for row in rows if not row.startswith(("| The suite |", "| The mock |", "| ---"))]

        assert len(promises) > 20
        assert [row for row in promises if not _TEST.search(row)] == []


class TestSection:
    def test_replaces_the_lines_between_its_comments(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text("a\n<!-- one -->\nold\n<!-- end of one -->\nb\n<!-- two -->\nkept\n<!-- end of two -->\n")

        write_section(page, "one", ["new", "lines"])
        write_section(page, "one", ["newer"])

        expected = "a\n<!-- one -->\n\nnewer\n\n<!-- end of one -->\nb\n<!-- two -->\nkept\n<!-- end of two -->\n"
        assert page.read_text() == expected

    @pytest.mark.parametrize("text", ["", "<!-- one -->\n", "<!-- end of one -->\n<!-- one -->\n"])
    def test_page_without_its_comments_is_unchanged(self, tmp_path: Path, text: str) -> None:
        page = tmp_path / "page.md"
        page.write_text(text)

        with pytest.raises(PageError, match=r"page\.md has no comments <!-- one --> and <!-- end of one -->"):
            write_section(page, "one", ["new"])

        assert page.read_text() == text

    @pytest.mark.parametrize("name", ["soak", "killed runs"])
    def test_page_has_the_comments_of_each_command(self, tmp_path: Path, name: str) -> None:
        page = tmp_path / "page.md"
        page.write_text(PAGE.read_text("utf-8"), "utf-8")

        write_section(page, name, ["new"])

        assert f"<!-- {name} -->\n\nnew\n\n<!-- end of {name} -->" in page.read_text("utf-8")


def test_chart_starts_at_zero_and_has_a_point_for_each_value() -> None:
    chart = line_chart([(0, 80), (5, 100), (10, 80)], "Memory")

    # 560 x 120 pixels from (40, 160) for 10 minutes and 125, which is 1.25 times the largest value
    assert 'points="40.0,83.2 320.0,64.0 600.0,83.2"' in chart
    assert ">0</text>" in chart
    assert ">125</text>" in chart
    assert ">10 min</text>" in chart
