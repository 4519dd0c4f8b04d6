"""The formats that openapi.yaml uses, and the check that a value has its format.

The checks depend on no optional package: without one, the validator would accept every value.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jsonschema import FormatChecker

from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_DATE_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt](?P<minute>\d\d:\d\d):(?P<second>\d\d)(?:\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


def is_date_time(value: object) -> bool:
    """Return whether the value is no text, or a time of RFC 3339: date, time and time zone, all of them possible.

    RFC 3339 allows `t` and `z` in lower case, fractions, and a leap second at the end of a day in UTC.
    """
    if not isinstance(value, str):
        return True
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        return False
    is_leap_second = match["second"] == "60"
    second = "59" if is_leap_second else match["second"]
    try:
        time = datetime.fromisoformat(f"{match['day']}T{match['minute']}:{second}{match['zone'].upper()}")
        return not is_leap_second or f"{time.astimezone(UTC):%H:%M}" == "23:59"
    except (ValueError, OverflowError):
        return False


def is_int64(value: object) -> bool:
    """Return whether the value is no number, or one that a 64-bit integer can represent."""
    return not isinstance(value, int | float) or INT64_MIN <= value <= INT64_MAX


FORMATS: dict[str, Callable[[object], bool]] = {"date-time": is_date_time, "int64": is_int64}
"""The check of each format, by its name."""


def format_checker() -> FormatChecker:
    """Return a checker of these formats, and of no others."""
    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(check)
    return checker


def check_formats(document: Any) -> None:
    """Raise Inconclusive if the document uses a format for which there is no check.

    A validator ignores a format that it does not know.
    """
    unknown = sorted({*_formats(document)} - FORMATS.keys())
    if unknown:
        raise Inconclusive(
            f"openapi.yaml uses the format {unknown[0]!r}, which the suite cannot check; "
            "add its check to FORMATS in contract_tests/oracle/formats.py."
        )


def with_int64_bounds(node: Any) -> Any:
    """Return a copy of the document whose 64-bit integers have a minimum and a maximum.

    Schemathesis checks `date-time`, and ignores `int64`.
    """
    if isinstance(node, list):
        return [with_int64_bounds(each) for each in node]
    if not isinstance(node, dict):
        return node
    bounds = {"minimum": INT64_MIN, "maximum": INT64_MAX} if node.get("format") == "int64" else {}
    # The schema's own bounds override these.
    return {**bounds, **{name: with_int64_bounds(inner) for name, inner in node.items()}}


def _formats(node: Any) -> Iterator[str]:
    """Yield the formats of the schemas in the document; a `format` without a `type` can be the name of a property."""
    if isinstance(node, dict):
        if isinstance(node.get("format"), str) and "type" in node:
            yield node["format"]
        node = [*node.values()]
    if isinstance(node, list):
        for each in node:
            yield from _formats(each)
