from __future__ import annotations

import jsonschema
import pytest

from benchmarks.servers import comparison
from benchmarks.workload_users import RECREATE_USERS
from mockserver.contract import read_contract

pytestmark = pytest.mark.slow

CHANNELS_PATH = "/users/{user_id}/communication_channels"


def test_examples_have_the_mock_s_page_sizes_and_conform_to_the_contract() -> None:
    schema = {"type": "array", "items": read_contract()["components"]["schemas"]["CommunicationChannel"]}

    response = comparison.contract_with_full_pages()["paths"][CHANNELS_PATH]["get"]["responses"]["200"]
    pages = {name: example["value"] for name, example in response["content"]["application/json"]["examples"].items()}

    assert {name: len(rows) for name, rows in pages.items()} == {"list": 10, "page": 25}
    for rows in pages.values():
        jsonschema.validate(rows, schema)


def test_json_server_and_the_examples_have_no_channels_of_the_mixed_workload() -> None:
    owners = {row["user_id"] for row in comparison._channel_rows()}

    assert owners == {1, 2, *RECREATE_USERS.ids}
