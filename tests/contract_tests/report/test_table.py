"""The table of properties and operations."""

from __future__ import annotations

from dataclasses import replace

from contract_tests.report import table
from tests.contract_tests.samples import OPERATIONS, PASSED


def test_short_names_omit_common_words() -> None:
    assert table.short_names(OPERATIONS) == [
        "list channels",
        "create",
        "delete push token",
        "delete",
        "delete by address",
    ]
    assert table.short_names(["get", "get_x", "put_x"]) == ["get", "get_x", "put_x"]


def test_properties_are_grouped_by_test_module() -> None:
    tests = ["test_ids::test_a[b/c::d]", "suite/test_ids.py::test_a", "a name without a module"]

    assert [row.group for row in table.rows([replace(PASSED, test=test) for test in tests], ())] == ["", "ids"]
