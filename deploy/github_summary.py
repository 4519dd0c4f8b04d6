"""Annotations and the job summary of GitHub Actions, from junit.xml: `python github_summary.py junit.xml`.

Standard output gets one annotation for each group of failures; the file in GITHUB_STEP_SUMMARY gets the summary.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

MAX_ANNOTATIONS = 10
"""GitHub shows 10 errors of a step."""

_MAX_TESTS = 5


class Group(NamedTuple):
    """The failures with one message."""

    message: str
    text: str
    """The text of the first failure: what was expected, what was received, and a script."""
    tests: list[str]


def main(arguments: list[str]) -> int:
    """Print the annotations, append the summary to its file, and return 0."""
    suite = _suite(Path(arguments[0]))
    groups = [] if suite is None else _groups(suite)
    for group in groups[:MAX_ANNOTATIONS]:
        print(annotation(group))
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(summary(suite, groups))
    return 0


def _suite(path: Path) -> ET.Element | None:
    """Return the element testsuite; None without a report."""
    try:
        return ET.parse(path).getroot().find("testsuite")  # noqa: S314  # the suite wrote the file
    except (OSError, ET.ParseError):
        return None


def _groups(suite: ET.Element) -> list[Group]:
    """Return the groups of failures and errors, in the order of the report."""
    groups: dict[str, Group] = {}
    for case in suite.iter("testcase"):
        for kind in ("failure", "error"):
            for element in case.findall(kind):
                message = element.get("message", "")
                group = groups.setdefault(message, Group(message, element.text or "", []))
                group.tests.append(case.get("name", ""))
    return list(groups.values())


def annotation(group: Group) -> str:
    """Return the workflow command of an annotation; its special characters are escaped."""
    number = len(group.tests)
    body = f"{group.message}\n{'1 test' if number == 1 else f'{number} tests'}, such as {group.tests[0]}"
    return f"::error title=Canvas contract::{_escaped(body)}"


def summary(suite: ET.Element | None, groups: list[Group]) -> str:
    """Return the summary in Markdown."""
    if suite is None:
        return (
            "## Canvas contract: no report\n\nThe run ended before it could write junit.xml; the log has the reason.\n"
        )
    verdict = next((item.get("value", "") for item in suite.iter("property") if item.get("name") == "verdict"), "")
    number = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    passed = number["tests"] - number["failures"] - number["errors"] - number["skipped"]
    lines = [
        f"## Canvas contract: {verdict}",
        "",
        "| Passed | Failed | Errors | Skipped |",
        "|---|---|---|---|",
        f"| {passed} | {number['failures']} | {number['errors']} | {number['skipped']} |",
        "",
    ]
    for index, group in enumerate(groups, 1):
        shown = ", ".join(f"`{name.replace('`', '')}`" for name in group.tests[:_MAX_TESTS])
        more = f" and {len(group.tests) - _MAX_TESTS} more" if len(group.tests) > _MAX_TESTS else ""
        lines += [f"{index}. {_inline(group.message)}", "", f"   Tests: {shown}{more}", ""]
        if group.text:
            lines += ["   <details><summary>Expected, received, script</summary>", ""]
            lines += ["   ~~~~text", *(f"   {line}" for line in group.text.replace("~~~~", "~ ~").splitlines())]
            lines += ["   ~~~~", "", "   </details>", ""]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """Return text for one line of Markdown, without markup."""
    return "".join(f"&#{ord(c)};" if c in "<>&*_`[]\\|" else c for c in text.replace("\n", " "))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
