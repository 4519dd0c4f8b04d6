"""junit.xml: an entry for each test, and an error that says why a run is not complete."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from contract_tests.client.redaction.escapes import printable
from contract_tests.report.record.groups import expected, source, violation
from contract_tests.report.record.verdict import verdict
from contract_tests.report.table import count
from contract_tests.report.text import shortened

if TYPE_CHECKING:
    from contract_tests.oracle.outcome import Outcome
    from contract_tests.report.record.run import Run

_PACKAGE = "contract_tests"
_RECEIVED_LENGTH, _MESSAGE_LENGTH = 300, 1_200


def render(run: Run) -> bytes:
    """Return the run as JUnit XML."""
    result = verdict(run)
    suite = ET.Element("testsuite", name="canvas-contract")
    properties = ET.SubElement(suite, "properties")
    for name, value in (("verdict", result.word), *(("limit", sentence) for sentence in run.limits)):
        ET.SubElement(properties, "property", name=name, value=printable(value))
    for outcome in run.outcomes:
        _add_outcome(suite, outcome)
    for error in run.errors:
        _add(_case(suite, error.test), "error", f"Error of the suite: {error.message}", error.detail)
    for test in run.not_run:
        _add(_case(suite, test), "skipped", "not run")
    is_incomplete = bool(run.not_run or run.end or run.clean_up)
    if result.word == "inconclusive" or is_incomplete:
        case = ET.SubElement(suite, "testcase", classname=_PACKAGE, name="every selected test ran to its end", time="0")
        _add(case, "error", result.sentence)
    _set_numbers(suite, run)
    suites = ET.Element("testsuites", name="contract tests")
    suites.append(suite)
    ET.indent(suites)
    document: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document


def failure_text(outcome: Outcome) -> str:
    """Return the text of a failure: what was expected, the violation, the response, and a script."""
    origin = source(outcome)
    lines = [
        f"Operation: {outcome.operation}" if outcome.operation else "",
        f"Violation: {violation(outcome)}",
        f"Expected: {expected(outcome)}{f' ({origin})' if origin else ''}",
        f"Received: {shortened(outcome.received, _RECEIVED_LENGTH)}" if outcome.received else "",
        f"\nTo reproduce:\n{outcome.script}" if outcome.script else "",
    ]
    return "\n".join(filter(None, lines))


def _add_outcome(suite: ET.Element, outcome: Outcome) -> None:
    case = _case(suite, outcome.test, outcome.seconds)
    if outcome.status == "failed":
        title = f"{outcome.operation}: {violation(outcome)}" if outcome.operation else violation(outcome)
        _add(case, "failure", title, failure_text(outcome))
    elif outcome.status == "skipped":
        _add(case, "skipped", outcome.reason)


def _case(suite: ET.Element, test: str, seconds: float = 0.0) -> ET.Element:
    module, _, name = test.partition("::")
    classname = f"{_PACKAGE}.{module}"
    return ET.SubElement(suite, "testcase", classname=classname, name=printable(name), time=f"{seconds:.3f}")


def _add(case: ET.Element, kind: str, message: str, text: str = "") -> None:
    element = ET.SubElement(case, kind, message=printable(shortened(message, _MESSAGE_LENGTH)))
    if text:
        element.text = printable(text)


def _set_numbers(suite: ET.Element, run: Run) -> None:
    numbers = {
        "tests": len(suite.findall("testcase")),
        "failures": count(run.outcomes).failed,
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    for name, number in numbers.items():
        suite.set(name, str(number))
    suite.set("time", f"{run.seconds:.3f}")
    suite.set("timestamp", run.started.isoformat())
