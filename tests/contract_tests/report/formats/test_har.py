"""traffic.har."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING

from contract_tests.client.exchange import Exchange
from contract_tests.report.formats import har
from tests.contract_tests.samples import CHANNEL, CREATE, JSON, LIST, exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_har_contains_every_exchange_in_order() -> None:
    sent = [
        exchange(LIST, 200, [CHANNEL]),
        exchange(CREATE, 400, "", method="POST", request_body="a=\u2603", number=2),
    ]
    file = io.StringIO()

    har.write(sent, file)

    log = json.loads(file.getvalue())["log"]
    first, second = log["entries"]
    assert (log["version"], set(log)) == ("1.2", {"version", "creator", "pages", "entries"})
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(first)
    assert first["request"]["headers"] == [{"name": "Authorization", "value": "Bearer $CANVAS_TOKEN"}]
    assert first["request"]["queryString"][1:] == [{"name": "filter", "value": "a b+c"}, {"name": "empty", "value": ""}]
    assert first["response"]["content"] == {"size": len(sent[0].body), "mimeType": JSON, "text": sent[0].body}
    assert datetime.fromisoformat(first["startedDateTime"]) == sent[0].started
    assert (first["time"], first["timings"]["wait"], first["response"]["statusText"]) == (12.5, 12.5, "OK")
    assert (second["request"]["method"], second["request"]["bodySize"]) == ("POST", 5)
    assert second["request"]["postData"]["text"] == "a=\u2603"
    assert "postData" not in first["request"]


def test_har_is_written_entry_by_entry() -> None:
    file = io.StringIO()
    lengths = []

    def exchanges() -> Iterator[Exchange]:
        for number in range(3):
            lengths.append(file.tell())
            yield exchange(LIST, 200, [], number=number)

    har.write(exchanges(), file)

    assert lengths == sorted(set(lengths))


def test_har_of_no_exchanges_is_empty() -> None:
    file = io.StringIO()

    har.write([], file)

    assert json.loads(file.getvalue())["log"]["entries"] == []
