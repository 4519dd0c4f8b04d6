"""One token and what can be asked with it, every answer held against the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract_tests.fence import Call

if TYPE_CHECKING:
    import httpx2

    from contract_tests.contract import Contract
    from contract_tests.fence import Fence, Fields
    from contract_tests.pool import Pair

Channel = dict[str, Any]
REFUSALS = frozenset({401, 403})
"""Canvas before about 2024 refuses with 401 where Canvas of today does with 403."""


@dataclass
class Caller:
    """Somebody who holds a token, or nobody when the token is None."""

    fence: Fence
    contract: Contract
    token: str | None = field(repr=False)
    token_name: str = "CANVAS_TOKEN"  # noqa: S105 - the name of a variable, not a token
    user: str = "self"
    id: int = 0

    def page(self, user: str = "", query: Fields = (), headers: Fields = ()) -> httpx2.Response:
        """The answer to a list of one page."""
        return self._ask("list_communication_channels", "GET", user, query=query, headers=headers)

    def create(
        self,
        pair: Pair,
        user: str = "",
        extra: Fields = (),
        encoding: str = "form",
        owner: int = 0,
    ) -> httpx2.Response:
        """The answer to a create of this pair, the parameters sent in the given encoding."""
        fields = (("communication_channel[address]", pair.address), ("communication_channel[type]", pair.type), *extra)
        place: dict[str, Any] = {"query": fields} if encoding == "query" else {"body": fields, "encoding": encoding}
        return self._ask("create_communication_channel", "POST", user, owner=owner or self.id, **place)

    def post(self, fields: Fields, user: str = "") -> httpx2.Response:
        """The answer to a create with exactly these fields."""
        return self._ask("create_communication_channel", "POST", user, body=fields, owner=self.id)

    def delete(self, channel: int | str, user: str = "") -> httpx2.Response:
        """The answer to a delete by id."""
        return self._ask("delete_communication_channel", "DELETE", user, tail=(str(channel),))

    def delete_by_address(self, pair: Pair, user: str = "") -> httpx2.Response:
        """The answer to a delete by type and address."""
        return self._ask("delete_communication_channel_by_address", "DELETE", user, tail=tuple(pair))

    def delete_push_token(self, token: str) -> httpx2.Response:
        """The answer to a delete of a push token of the current user."""
        return self._ask("delete_push_token", "DELETE", "self", tail=("push",), body=(("push_token", token),))

    def fence_call(self, headers: Fields) -> Call:
        """A list of the first page with these headers, for answers that the contract's types do not describe."""
        return Call("GET", self.user, token=self.token, token_name=self.token_name, headers=headers)

    def channels(self, user: str = "") -> list[Channel]:
        """Every channel, page by page."""
        found: list[Channel] = []
        for page in range(1, 5):
            part = done(self.page(user, query=(("page", str(page)), ("per_page", "100"))))
            found += part
            if len(part) < 100:
                break
        return found

    def made(self, pair: Pair, user: str = "", owner: int = 0) -> Channel:
        """The channel that a create of this pair makes; fails where Canvas must not refuse."""
        channel: Channel = done(self.create(pair, user, owner=owner))
        return channel

    def _ask(self, operation: str, method: str, user: str, **parts: Any) -> httpx2.Response:
        call = Call(method, user or self.user, token=self.token, token_name=self.token_name, **parts)
        answer = self.fence.send(call)
        breaches = self.contract.breaches(operation, answer)
        assert not breaches, f"{operation} answered {answer.status_code} against the contract: {'; '.join(breaches)}"
        return answer


def done(answer: httpx2.Response) -> Any:
    """The body of an answer that must be 200."""
    assert answer.status_code == 200, f"expected 200, got {answer.status_code}: {answer.text[:300]}"
    return answer.json()


def refused(answer: httpx2.Response) -> None:
    """Hold that the caller is known and was told no, in Canvas's shape."""
    assert answer.status_code in REFUSALS, f"expected a refusal, got {answer.status_code}"
    assert answer.json().get("status") == "unauthorized", "a refusal says the status unauthorized"
    assert answer.json()["errors"], "a refusal says why"


def missing(answer: httpx2.Response) -> None:
    """Hold that the thing is not there, in Canvas's shape."""
    assert answer.status_code == 404, f"expected 404, got {answer.status_code}"
    assert "status" not in answer.json(), "a 404 has no status key"
    assert answer.json()["errors"][0]["message"], "a 404 says what is missing"
