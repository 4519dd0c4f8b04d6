from __future__ import annotations

import jsonschema

from benchmarks import comparison_servers
from mockserver.contract import read_contract

CHANNELS_PATH = "/users/{user_id}/communication_channels"


def test_examples_have_the_mock_s_page_sizes_and_conform_to_the_contract() -> None:
    schema = {"type": "array", "items": read_contract()["components"]["schemas"]["CommunicationChannel"]}

    response = comparison_servers.contract_with_full_pages()["paths"][CHANNELS_PATH]["get"]["responses"]["200"]
    pages = {name: example["value"] for name, example in response["content"]["application/json"]["examples"].items()}

    assert {name: len(rows) for name, rows in pages.items()} == {"list": 10, "page": 25}
    for rows in pages.values():
        jsonschema.validate(rows, schema)
