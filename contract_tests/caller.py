"""Somebody with a token and what can be asked with it, every answer held against the contract."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from contract_tests.call import Call
from contract_tests.defects import known_defect
from contract_tests.pool import ACCEPTED

if TYPE_CHECKING:
    import httpx2

    from contract_tests.call import Fields
    from contract_tests.contract import Contract
    from contract_tests.pool import Pair
    from contract_tests.wire import Wire

Channel = dict[str, Any]
_SHARD = 10**13
REFUSALS = frozenset({401, 403})
"""Canvas before about 2024 refuses with 401 where Canvas of today does with 403."""

LIST = "list_communication_channels"
CREATE = "create_communication_channel"
DELETE = "delete_communication_channel"
DELETE_BY_ADDRESS = "delete_communication_channel_by_address"
DELETE_PUSH_TOKEN = "delete_push_token"  # noqa: S105 - an operation's name, not a token

ADDRESS = "communication_channel[address]"
TYPE = "communication_channel[type]"
TOKEN = "communication_channel[token]"  # noqa: S105 - a field's name, not a token


@dataclass(frozen=True)
class Caller:
    """Who asks (a token, or nobody), and about whom (`user` as the path says it, `id` whom that is)."""

    wire: Wire
    contract: Contract
    token: str | None = field(repr=False)
    token_name: str
    id: int = 0
    user: str = "self"
    masquerade: str = ""
    """The `as_user_id` of every call."""

    def about(self, id_: int, user: str = "") -> Caller:
        """The same caller, asking about another user."""
        return replace(self, id=id_, user=user or str(id_))

    def acting_as(self, id_: int) -> Caller:
        """The same token, acting as another user (behaviour 3.6)."""
        return replace(self, id=id_, user="self", masquerade=str(id_))

    # -- the five operations

    def page(self, query: Fields = (), headers: Fields = (), method: str = "GET") -> httpx2.Response:
        """The answer to a list of one page."""
        return self.ask(LIST, method, query=query, headers=headers)

    def create(self, pair: Pair, extra: Fields = (), encoding: str = "form") -> httpx2.Response:
        """The answer to a create of this pair, the parameters sent in the given encoding."""
        return self.post((*self.fields(pair), *extra), encoding)

    def post(self, fields: Fields, encoding: str = "form", query: Fields = ()) -> httpx2.Response:
        """The answer to a create with exactly these fields."""
        if encoding == "query":
            return self.ask(CREATE, "POST", query=(*fields, *query))
        return self.ask(CREATE, "POST", body=fields, encoding=encoding, query=query)

    def post_document(self, document: object) -> httpx2.Response:
        """The answer to a create with exactly this JSON body."""
        return self.ask(CREATE, "POST", document=document)

    def delete(self, channel: int | str, query: Fields = ()) -> httpx2.Response:
        """The answer to a delete by id."""
        return self.ask(DELETE, "DELETE", tail=(str(channel),), query=query)

    def delete_by_address(self, pair: Pair) -> httpx2.Response:
        """The answer to a delete by type and address."""
        return self.ask(DELETE_BY_ADDRESS, "DELETE", tail=tuple(pair))

    def delete_push_token(self, fields: Fields, encoding: str = "form") -> httpx2.Response:
        """The answer to a delete of a push token of the current user."""
        place: dict[str, Any] = {"query": fields} if encoding == "query" else {"body": fields, "encoding": encoding}
        return self.ask(DELETE_PUSH_TOKEN, "DELETE", user="self", tail=("push",), **place)

    # -- what most tests need of them

    def channels(self) -> list[Channel]:
        """Every channel, page by page."""
        found: list[Channel] = []
        for page in range(1, 5):
            part = done(self.page((("page", str(page)), ("per_page", "100"))))
            found += part
            if len(part) < 100:
                break
        return found

    @staticmethod
    def fields(pair: Pair) -> Fields:
        """The parameters of a create of this pair."""
        return ((ADDRESS, pair.address), (TYPE, pair.type))

    def made(self, pair: Pair, extra: Fields = ()) -> Channel:
        """The channel that a create of this pair makes; fails where Canvas must not refuse."""
        channel: Channel = done(self.create(pair, extra))
        return channel

    def stocked(self) -> list[Channel]:
        """Every channel, after one of every pair that Canvas accepts was made where it was missing."""
        channels = self.channels()
        present = {(channel["type"], channel["address"].lower()) for channel in channels}
        new = [pair for pair in ACCEPTED if pair.key not in present]
        for pair in new:
            self.made(pair)
        return self.channels() if new else channels

    def ask(self, operation: str, method: str, **parts: Any) -> httpx2.Response:
        """The answer to a call of this operation, held against the contract; a known defect of Canvas is none of it."""
        call = self.call(operation, method, **parts)
        answer = self.wire.send(call)
        if known_defect(call, answer) is None:
            breaches = self.contract.breaches(operation, answer, with_body=method != "HEAD")
            assert not breaches, (
                f"{operation} answered {answer.status_code} against openapi.yaml: {'; '.join(breaches)}"
            )
        return answer

    def call(self, operation: str, method: str, **parts: Any) -> Call:
        """The call that this caller would make."""
        as_user = (("as_user_id", self.masquerade),) if self.masquerade else ()
        query = (*parts.pop("query", ()), *as_user)
        who = {"user": self.user, "token": self.token, "token_name": self.token_name, "owner": self.id}
        return Call(method, operation=operation, query=query, **{**who, **parts})


def local_id(number: int) -> int:
    """The id without the shard that hosted Canvas puts before it where users of several schools meet."""
    return number % _SHARD


def done(answer: httpx2.Response) -> Any:
    """The body of an answer that must be 200."""
    assert answer.status_code == 200, f"expected 200, got {said(answer)}"
    return answer.json()


def refused(answer: httpx2.Response) -> None:
    """Hold that the caller is known and was told no, in Canvas's shape (behaviour 3.1)."""
    assert answer.status_code in REFUSALS, f"expected a refusal, 403 or 401, got {said(answer)}"
    word = answer.json().get("status")
    is_translated = answer.status_code == 401 and isinstance(word, str) and word not in {"", "unauthenticated"}
    assert word == "unauthorized" or is_translated, "a refusal has the status unauthorized, on older Canvas translated"
    assert answer.json()["errors"], "a refusal says why"
    assert "www-authenticate" not in answer.headers, "a refusal does not ask for another token"
    kept = answer.headers.get("cache-control", "no-store")
    assert "no-store" in kept or "no-cache" in kept, f"a refusal may be kept: {kept}"


def missing(answer: httpx2.Response) -> None:
    """Hold that the thing is not there, in Canvas's shape (behaviour 3.5)."""
    assert answer.status_code == 404, f"expected 404, got {said(answer)}"
    assert "status" not in answer.json(), "a 404 has no status key"
    assert answer.json()["errors"][0]["message"], "a 404 says what is missing"
    assert "error_code" not in answer.json()["errors"][0], "a missing thing is told from a general failure"


def unauthenticated(answer: httpx2.Response, *, known: bool) -> None:
    """Hold that there is no token (`known` false) or one that Canvas does not take (behaviour 2)."""
    assert answer.status_code == 401, f"expected 401, got {said(answer)}"
    assert answer.headers.get("www-authenticate", "").startswith("Bearer"), "a 401 names the scheme that it wants"
    assert answer.json()["errors"][0]["message"], "a 401 says why"
    status = None if known else "unauthenticated"
    assert answer.json().get("status") == status, "only a call without a token has a status word, unauthenticated"


def unsaved(answer: httpx2.Response, **expected: str) -> None:
    """Hold that a channel was refused for these attributes, each with this type of failure (behaviour 5.2)."""
    assert answer.status_code == 400, f"expected 400, got {said(answer)}"
    errors = answer.json()["errors"]
    assert isinstance(errors, dict), "validation errors are by attribute"
    found = {name: [error["type"] for error in entries] for name, entries in errors.items()}
    assert found == {name: [kind] for name, kind in expected.items()}
    assert all(error["attribute"] == name for name, entries in errors.items() for error in entries)


def said(answer: httpx2.Response) -> str:
    """The answer in a line."""
    return f"{answer.status_code}: {answer.text[:300]}"
