"""The output of the clean-up command: also its last sentence shows nothing of the target unredacted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contract_tests.client.safety import addresses
from tests.contract_tests.account.test_leftovers import clean_up
from tests.contract_tests.faulty_proxy import ProxiedRequest, ProxiedResponse, running_proxy

if TYPE_CHECKING:
    from pathlib import Path

PERSON = "ann.smith@school.edu"


def test_sentence_on_channels_that_remain_is_redacted(tmp_path: Path) -> None:
    channel = {"id": 7, "user_id": 1, "type": f"email {PERSON}", "address": addresses.FIRST.address}
    headers = [("Content-Type", "application/json"), ("X-Canvas-User-Id", "1")]

    def fault(request: ProxiedRequest) -> ProxiedResponse:
        return ProxiedResponse(200 if request.method == "GET" else 404, headers, json.dumps([channel]).encode())

    with running_proxy("http://127.0.0.1:9", fault) as url:
        run = clean_up(tmp_path, "--yes", CANVAS_URL=url, CANVAS_TOKEN="a-token-of-nobody")

    assert run.returncode == 2, run.stdout
    assert "Inconclusive: User 1 still has 1 channel of this suite: email redacted-" in run.stdout
    assert addresses.FIRST.address in run.stdout
    assert PERSON not in run.stdout
