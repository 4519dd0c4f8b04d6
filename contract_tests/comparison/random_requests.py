"""Random requests to the caller's own account, of the kinds that recordings/ has; equal seeds give equal requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from contract_tests.client.api_client import ADDRESS, TOKEN, TYPE
from contract_tests.client.request import (
    CREATE,
    DELETE,
    DELETE_BY_ADDRESS,
    DELETE_PUSH_TOKEN,
    ENCODINGS,
    LIST,
    Fields,
    Request,
)
from contract_tests.client.safety import addresses
from contract_tests.client.safety.addresses import TypedAddress
from contract_tests.comparison import unusual_values as values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEQUENCE_LENGTH = 8
"""The maximum number of requests of a sequence."""

ROWS = (*addresses.ACCEPTED, addresses.PUSH)
"""The channels that random requests create; `{channel 0}` is the id of the first of them."""

_SCENARIO_ROWS = (*addresses.ACCEPTED[:4], addresses.PHONE, addresses.GATEWAY, addresses.SAME_ADDRESS_OTHER_TYPE)
"""Fewer channels for the scenarios, so that their requests concern the same ones."""

_PLACEHOLDER = re.compile(r"\{(user|global user|shard|token|channel \d+)\}")


@dataclass(frozen=True)
class Access:
    """The tokens and kinds of requests that random requests may use in an account."""

    tokens: Sequence[str]
    """The variables of the user's valid tokens."""
    rejected_tokens: Sequence[str] = ()
    """The variables of the user's expired and revoked tokens."""
    has_global_ids: bool = False
    """Whether the shard of the account is known."""
    may_create_push: bool = True
    """Whether the user had no push channel before."""


def draw_sequences(number: int, seed: int, access: Access) -> list[list[Request]]:
    """Return sequences of `number` requests in total, with placeholders that `resolve` replaces."""
    generator = _Generator(Random(seed), access)  # noqa: S311 - no secret
    sequences: list[list[Request]] = []
    while number > 0:
        sequence = generator.sequence()[:number]
        sequences.append(sequence)
        number -= len(sequence)
    return sequences


def resolve(request: Request, placeholders: Mapping[str, str], tokens: Mapping[str, str], owner: int) -> Request:
    """Return the request for one server: with its user, its token, and its ids in place of the placeholders."""
    token = tokens.get(request.token_name or "CANVAS_TOKEN", "")  # for `{token}` in a header or parameter

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: token if match[1] == "token" else placeholders.get(match[1], "0"), text)

    def fill_fields(fields: Fields) -> Fields:
        return tuple((name, fill(value)) for name, value in fields)

    return replace(
        request,
        user=fill(request.user),
        tail=tuple(map(fill, request.tail)),
        query=fill_fields(request.query),
        body=fill_fields(request.body),
        headers=fill_fields(request.headers),
        token=tokens[request.token_name] if request.token_name else None,
        owner=owner,
    )


class _Generator:
    """Generator of sequences; each method draws one part of a request."""

    def __init__(self, random: Random, access: Access) -> None:
        self._random = random
        self._access = access
        self._token = access.tokens[0]
        self._created: list[TypedAddress] = []
        """The channels that the sequence creates before the next request."""

    def sequence(self) -> list[Request]:
        """Return unrelated requests, a scenario of one user, or creations at unusual addresses.

        The latter two end with a list of all channels, which shows what their requests have changed.
        """
        self._token = self._random.choice(self._access.tokens) if self._one_in(3) else self._access.tokens[0]
        self._created = []
        length = self._random.randint(2, SEQUENCE_LENGTH)
        kind = self._random.choice(("unrelated", "unrelated", "scenario", "scenario", "addresses"))
        if kind == "unrelated":
            return [self._with_odd_parts(self._unrelated()) for _ in range(length)]
        draw = self._scenario_step if kind == "scenario" else self._create_unusual_address
        return [*(draw() for _ in range(length - 1)), self._request(LIST, "GET", query=(("per_page", "100"),))]

    def _unrelated(self) -> Request:
        draws = (self._list, self._create, self._create_document, self._delete, self._delete_by_address)
        more = (self._list, self._list, self._delete_push_token, self._create_push, self._no_route)
        return self._random.choice((*draws, *more))()

    def _scenario_step(self) -> Request:
        if not self._created:
            return self._create_device() if self._one_in(3) else self._create_row()
        draws = (self._create_row, self._create_row, self._list_pages, self._list_pages)
        more = (self._delete_row, self._delete_row_by_address, self._delete_by_address, self._delete_push_token)
        return self._random.choice((*draws, *more))()

    # -- the operations

    def _request(self, operation: str, method: str, **parts: Any) -> Request:
        return Request(method, **{"user": "self", "token_name": self._token, "operation": operation, **parts})

    def _list(self) -> Request:
        query = [("page", self._random.choice(values.PAGES))] if self._one_in(2) else []
        query += [("per_page", self._random.choice(values.SIZES))] if self._one_in(2) else []
        query += [self._random.choice(values.OTHER_PARAMETERS)] if self._one_in(4) else []
        if self._one_in(40):  # a known defect of Canvas
            query = [(f"{self._random.choice(('page', 'per_page'))}[]", "1")]
        self._random.shuffle(query)
        method = "HEAD" if self._one_in(8) else "GET"
        tail = ("",) if self._one_in(20) else ()  # a slash at the end of the path
        return self._request(LIST, method, query=tuple(query), tail=tail)

    def _list_pages(self) -> Request:
        size = self._random.choice(("1", "2", "3", "100"))
        query = (("per_page", size), ("page", self._random.choice("1234"))) if self._one_in(2) else ()
        return self._request(LIST, "GET", query=query)

    def _create(self) -> Request:
        if self._one_in(4):
            pair = TypedAddress(self._random.choice(values.ODD_TYPES), self._random.choice(values.BLANKS))
        else:
            pair = self._random.choice((*addresses.ACCEPTED, *addresses.INVALID, addresses.TOO_LONG))
        if pair in ROWS:
            self._created.append(pair)
        fields = [(ADDRESS, self._in_any_case(pair.address)), (TYPE, pair.type)]
        if self._one_in(10):
            # Without a type, the safety guard rejects the addresses of other than e-mail channels.
            fields.pop(self._random.randrange(2) if pair.type == "email" else 0)
        elif self._one_in(10) and pair.type == "email":
            fields.insert(0, (ADDRESS, addresses.SECOND.address))
        self._random.shuffle(fields)
        return self._creation(tuple(fields))

    def _create_unusual_address(self) -> Request:
        pair = self._random.choice((*addresses.INVALID, *addresses.INVALID, *addresses.ACCEPTED, addresses.TOO_LONG))
        document = {"communication_channel": {"address": pair.address, "type": pair.type}}
        return self._request(CREATE, "POST", document=document)

    def _create_row(self) -> Request:
        pair = self._random.choice(_SCENARIO_ROWS)
        self._created.append(pair)
        return self._creation(((ADDRESS, self._in_any_case(pair.address)), (TYPE, pair.type)))

    def _creation(self, fields: Fields) -> Request:
        if self._one_in(4):
            fields = (*fields, ("skip_confirmation", self._random.choice(values.TRUTH_VALUES)))
        encoding = self._random.choice(ENCODINGS)
        if self._one_in(20):
            encoding = "text"
        elif self._one_in(20):
            return self._request(CREATE, "POST", query=fields[:1], body=fields[1:])
        if encoding == "query":
            return self._request(CREATE, "POST", query=fields)
        return self._request(CREATE, "POST", body=fields, encoding=encoding)

    def _create_document(self) -> Request:
        if self._one_in(8):
            headers = (("Content-Type", "application/json"),)
            return self._request(CREATE, "POST", body=((TYPE, "email"),), headers=headers)  # a form is not JSON
        documents = self._random.choice(values.DOCUMENTS)
        return self._request(CREATE, "POST", document=self._random.choice(documents))

    def _create_push(self) -> Request:
        if not self._access.may_create_push:
            return self._delete_push_token()
        tokens = (*addresses.DEVICES, addresses.DEVICE.upper(), "", " ")
        fields = ((TYPE, "push"), (TOKEN, self._random.choice(tokens)))
        address = ((ADDRESS, self._random.choice(("", addresses.FIRST.address))),) if self._one_in(3) else ()
        creation = self._creation((*address, *(fields[:1] if self._one_in(8) else fields)))
        self._created.append(addresses.PUSH)
        return replace(creation, token_name=self._random.choice(self._access.tokens))

    def _create_device(self) -> Request:
        """Return the creation of a push channel, with the last token: that of CANVAS_PUSH_TOKEN, if there is one."""
        if not self._access.may_create_push:
            return self._create_row()
        self._created.append(addresses.PUSH)
        creation = self._creation(((TYPE, "push"), (TOKEN, self._random.choice(addresses.DEVICES))))
        return replace(creation, token_name=self._access.tokens[-1])

    def _delete(self) -> Request:
        if self._one_in(3):  # for the user `self`, the id `push` would be another operation
            return self._request(DELETE, "DELETE", tail=(self._random.choice(values.UNKNOWN_IDS),), user="{user}")
        channel = self._random.choice(values.CHANNEL_IDS).format(self._channel(self._created_row()))
        if not self._one_in(8):
            return self._request(DELETE, "DELETE", tail=(channel,))
        pair = self._random.choice(addresses.ACCEPTED)  # these parameters override the id (behaviour 1.1)
        fields = (("type", pair.type), ("address", pair.address))
        parts: dict[str, Fields] = {self._random.choice(("query", "body")): fields}
        return self._request(DELETE, "DELETE", tail=(channel,), **parts)

    def _delete_row(self) -> Request:
        return self._request(DELETE, "DELETE", tail=(self._channel(self._created_row()),))

    def _delete_by_address(self) -> Request:
        pair = addresses.NEVER_CREATED if self._one_in(8) else self._created_row()
        address = self._in_any_case(pair.address) + (self._random.choice((".json", " ")) if self._one_in(3) else "")
        type_ = self._random.choice(("EMAIL", "sms", "personal_email", "foo")) if self._one_in(4) else pair.type
        if pair == addresses.PUSH:
            type_, address = pair
        return self._request(DELETE_BY_ADDRESS, "DELETE", tail=(type_, address), escaped=self._one_in(2))

    def _delete_row_by_address(self) -> Request:
        pair = self._created_row()
        tail = pair.type, self._in_any_case(pair.address)
        return self._request(DELETE_BY_ADDRESS, "DELETE", tail=tail)

    def _delete_push_token(self) -> Request:
        device = self._random.choice((*addresses.DEVICES, addresses.DEVICE.upper(), values.UNKNOWN_DEVICE, ""))
        fields: Fields = (("push_token", device),)
        # Without a push_token, the safety guard rejects the deletion for a user with a push channel of their own.
        if self._access.may_create_push and self._one_in(8):
            fields = ()
        encoding = self._random.choice(ENCODINGS)
        if encoding == "query":
            return self._request(DELETE_PUSH_TOKEN, "DELETE", tail=("push",), query=fields)
        return self._request(DELETE_PUSH_TOKEN, "DELETE", tail=("push",), body=fields, encoding=encoding)

    def _no_route(self) -> Request:
        method = self._random.choice(("GET", "HEAD", "PUT", "PATCH"))
        tail: tuple[str, ...] = (self._random.choice(values.IDS_WITHOUT_ROUTE),)
        if method in {"PUT", "PATCH"} and self._one_in(2):
            tail = ()
        return self._request("", method, tail=tail)

    # -- unusual parts of any request

    def _with_odd_parts(self, request: Request) -> Request:
        """Return the request with a probable change of its user, masquerade, token and Accept header."""
        if self._one_in(3):
            user = self._random.choice((*values.USERS, *(values.GLOBAL_USERS if self._access.has_global_ids else ())))
            # Under another id than `self`, `push` is the id of a channel (behaviour 1.1).
            operation = DELETE if request.operation == DELETE_PUSH_TOKEN else request.operation
            request = replace(request, user=user, operation=operation)
        if self._one_in(4):
            request = self._with_authorization(request)
        if self._one_in(5):
            accept = (("Accept", self._random.choice(values.MEDIA_TYPES)),)
            request = replace(request, headers=(*request.headers, *accept))
        # The safety guard rejects parameters of PUT and PATCH.
        if request.method not in {"PUT", "PATCH"} and self._one_in(6):
            masquerades = (*values.AS_USERS, *(values.GLOBAL_USERS if self._access.has_global_ids else ()))
            request = replace(request, query=(*request.query, ("as_user_id", self._random.choice(masquerades))))
        return request

    def _with_authorization(self, request: Request) -> Request:
        """Return the request with another token, without one, or with the token in another place."""
        anonymous = replace(request, token_name="")
        kind = self._random.choice(("none", "rejected", "header", "query", "body", "both"))
        if kind == "rejected" and self._access.rejected_tokens:
            return replace(request, token_name=self._random.choice(self._access.rejected_tokens))
        if kind in {"none", "rejected"} or request.method in {"PUT", "PATCH"}:
            return anonymous
        header = (("Authorization", self._random.choice(values.AUTHORIZATIONS)),) if kind in {"header", "both"} else ()
        value = self._random.choice(("{token}", "{token}", "", "canvas-contract-unknown-token"))
        parameter = (("access_token", value),) if kind != "header" else ()
        if kind == "body" and request.body:  # a request without a body has the parameter in the query
            return replace(anonymous, body=(*request.body, *parameter))
        return replace(anonymous, headers=(*request.headers, *header), query=(*request.query, *parameter))

    # -- values

    def _created_row(self) -> TypedAddress:
        """Return a channel to delete, which the sequence probably has created and not deleted."""
        if not self._created or self._one_in(6):
            return self._random.choice(_SCENARIO_ROWS)
        pair = self._random.choice(self._created)
        if not self._one_in(4):
            self._created.remove(pair)
        return pair

    def _one_in(self, number: int) -> bool:
        return self._random.randrange(number) == 0

    def _in_any_case(self, address: str) -> str:
        """Return the address, sometimes in capitals: databases differ in the case of other than ASCII letters."""
        return address.upper() if address.isascii() and self._one_in(5) else address

    @staticmethod
    def _channel(pair: TypedAddress) -> str:
        return f"{{channel {ROWS.index(pair)}}}"
