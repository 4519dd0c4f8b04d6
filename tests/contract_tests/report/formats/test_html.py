"""report.html."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from contract_tests.oracle.coverage import measure_coverage
from contract_tests.oracle.outcome import Outcome
from contract_tests.oracle.permissions import TEST, cell_name, matrix_rows
from contract_tests.report.formats import html, terminal
from contract_tests.report.record.run import Run
from contract_tests.report.record.verdict import verdict
from tests.contract_tests.samples import DOCUMENT, FAILED, PASSED, SAMPLE_RUN, SKIPPED, coverage, sample_run

VOID_TAGS = {"meta", "br"}


class Page(HTMLParser):
    """The tags and texts of a page. Fails if a tag is not closed where it must be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID_TAGS:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.tags if attribute in attributes]


def render(run: Run) -> Page:
    return Page(html.render(run, measure_coverage(DOCUMENT, run.exchanges)))


def test_page_loads_nothing_and_has_no_script() -> None:
    page = render(SAMPLE_RUN)

    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    assert not re.search(r"url\(|@import|https?:", page.texts["style"][0])
    assert not page.values("src")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_links_lead_to_sections_of_the_page() -> None:
    page = render(SAMPLE_RUN)

    assert set(page.values("href")) <= {f"#{name}" for name in page.values("id")}
    assert "#failure-1" in page.values("href")


def test_text_of_a_response_is_escaped() -> None:
    page = render(SAMPLE_RUN)

    assert page.texts["pre"] == [FAILED.script]
    assert FAILED.received.replace("\x1b", "\\x1b") in page.texts["code"]
    assert f"{FAILED.rule} ({FAILED.source})" in page.texts["p"]
    assert "position" in page.texts["code"]


def test_skipped_tests_are_listed_with_their_reason() -> None:
    page = render(SAMPLE_RUN)

    assert {"No SNS", SKIPPED.property} <= set(page.texts["th"])
    assert {"The target has no SNS.", "1,234 of at most 3,000"} <= set(page.texts["dd"])


def test_permission_matrix_marks_failed_and_skipped_cells() -> None:
    name = cell_name("test user", "other user", "list")
    run = sample_run(PASSED)
    run.matrix = matrix_rows([Outcome("", f"{TEST}[{name}]", "", "", (), "failed")])

    page = render(run)

    assert "✗ denied" in page.texts["td"]
    assert "? allowed" in page.texts["td"]


@pytest.mark.parametrize(
    ("outcomes", "word", "sentence"),
    [
        ([PASSED], "passed", "Passed: 1 property in 1 test."),
        ([PASSED, SKIPPED, FAILED], "failed", "Failed: the target violates the contract in 1 of 3 properties."),
        ([PASSED, SKIPPED], "passed", "1 of 2 properties was skipped or tested in part."),
        ([SKIPPED], "inconclusive", "Inconclusive: no test ran: none was selected; check the options, such as -k."),
        ([], "inconclusive", "Inconclusive: no test ran: none was selected; check the options, such as -k."),
    ],
    ids=["passed", "failed", "partly skipped", "all skipped", "no tests"],
)
def test_verdict_mentions_skipped_tests(outcomes: list[Outcome], word: str, sentence: str) -> None:
    run = sample_run(*outcomes)

    assert verdict(run).word == word
    assert sentence in render(run).texts["h1"][0]
    assert terminal.summary(run, coverage())[-1].endswith(sentence)
