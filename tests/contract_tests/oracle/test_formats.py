"""The formats of the contract."""

from __future__ import annotations

import pytest

from contract_tests.client.settings import Inconclusive
from contract_tests.oracle.contract import Contract
from contract_tests.oracle.formats import check_formats, is_date_time, is_int64

VALID = (
    "2012-05-30T17:00:00Z",
    "2012-05-30T17:00:00.123+02:00",
    "2012-05-30t17:00:00z",
    "2016-12-31T23:59:60Z",
    "2017-01-01T01:59:60+02:00",  # a leap second at 23:59:60 UTC
    "2012-02-29T00:00:00-00:00",
)
INVALID = (
    "",
    "30/05/2012 17:00",
    "2012-05-30",
    "2012-05-30 17:00:00",
    "2012-05-30 17:00:00Z",
    "2012-05-30T17:00:00",
    "2012-05-30T17:00Z",
    "2012-13-45T17:00:00Z",
    "2013-02-29T00:00:00Z",
    "2012-05-30T24:00:00Z",
    "2012-05-30T22:59:60Z",  # no leap second: not at the end of the day
    "2012-05-30T17:00:00+0200",
    "2012-05-30T17:00:00Z\n",
    "\uff12012-05-30T17:00:00Z",  # a full-width digit
)


@pytest.mark.parametrize("text", VALID)
def test_time_of_rfc_3339_is_a_date_time(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize("text", INVALID)
def test_other_text_is_no_date_time(text: str) -> None:
    assert not is_date_time(text)


def test_int64_is_limited_to_64_bits() -> None:
    assert [is_int64(number) for number in (-(2**63) - 1, -(2**63), 2**63 - 1, 2**63)] == [False, True, True, False]


def test_validator_of_the_contract_checks_formats() -> None:
    schema = Contract().document["components"]["schemas"]["CommunicationChannel"]
    channel = Contract().document["components"]["examples"]["DeletedEmail"]["value"]
    validator = Contract().validator(schema)

    assert validator.is_valid(channel)
    assert not validator.is_valid({**channel, "last_suppression_bounce_at": "2012-05-30"})
    assert not validator.is_valid({**channel, "user_id": 2**63})


def test_format_without_a_check_is_refused() -> None:
    with pytest.raises(Inconclusive, match="'uuid', which the suite cannot check; add its check"):
        check_formats({"schemas": [{"type": "string", "format": "uuid"}]})
