from __future__ import annotations

import jsonschema
from starlette.testclient import TestClient

from benchmarks import baseline, comparison_servers
from benchmarks.large_world import TOKEN, large_world
from mockserver import create_app
from mockserver.contract import read_contract

CHANNELS_PATH = "/users/{user_id}/communication_channels"


def test_examples_have_the_mock_s_page_sizes_and_conform_to_the_contract() -> None:
    schema = {"type": "array", "items": read_contract()["components"]["schemas"]["CommunicationChannel"]}

    response = comparison_servers.contract_with_full_pages()["paths"][CHANNELS_PATH]["get"]["responses"]["200"]
    pages = {name: example["value"] for name, example in response["content"]["application/json"]["examples"].items()}

    assert {name: len(rows) for name, rows in pages.items()} == {"list": 10, "page": 25}
    for rows in pages.values():
        jsonschema.validate(rows, schema)


def test_baseline_has_the_mock_s_headers_of_the_same_length() -> None:
    path = "/api/v1/users/self/communication_channels"
    apps = create_app(large_world(10)), baseline.with_canvas_headers(baseline.app)

    mock, bare = (
        TestClient(app, base_url="http://127.0.0.1:8000")
        .get(path, headers={"Authorization": f"Bearer {TOKEN}"})
        .headers
        for app in apps
    )

    assert mock.keys() == bare.keys()
    of_the_list = {"link", "content-length", "content-type"}
    assert {name: len(mock[name]) for name in mock.keys() - of_the_list} == {
        name: len(bare[name]) for name in bare.keys() - of_the_list
    }
