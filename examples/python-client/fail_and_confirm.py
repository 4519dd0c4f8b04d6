"""Use a client of the control API that openapi-python-client has generated into the package `control_client`.

`make reuse` generates the client and runs this program: `fail_and_confirm.py URL-OF-THE-MOCK`.
"""

from __future__ import annotations

import sys

import httpx
from control_client import Client
from control_client.api.faults import create_fault
from control_client.api.outbox import wait_for_message
from control_client.api.requests import count_requests
from control_client.models import (
    FaultTimes,
    NewFault,
    RequestOperation,
    ServerError,
    ServerErrorKind,
    ServerErrorStatus,
)

FORM = {"communication_channel[address]": "new@example.org", "communication_channel[type]": "email"}


def main(mock_url: str) -> None:
    """Let the next request fail, repeat it, follow the link of the confirmation message, and count the requests."""
    world_url = f"{mock_url}/worlds/python-client"
    control = Client(base_url=f"{world_url}/_mock", raise_on_unexpected_status=True)
    unavailable = ServerError(kind=ServerErrorKind.SERVER_ERROR, status=ServerErrorStatus.VALUE_503)
    create_fault.sync(client=control, body=NewFault(effect=unavailable, times=FaultTimes(next_=1)))

    for _ in range(2):
        response = httpx.post(
            f"{world_url}/api/v1/users/self/communication_channels",
            headers={"Authorization": "Bearer student-token"},
            data=FORM,
        )
        print("create:", response.status_code)

    message = wait_for_message.sync(client=control, to="new@example.org")
    print("message:", message.kind.value, "to", message.to)
    print("confirmation:", httpx.get(message.link).status_code)
    count = count_requests.sync(client=control, operation_id=RequestOperation.CREATE_COMMUNICATION_CHANNEL, exactly=2)
    print("requests:", count.count, "as expected" if count.as_expected else "not as expected")


if __name__ == "__main__":
    main(sys.argv[1])
