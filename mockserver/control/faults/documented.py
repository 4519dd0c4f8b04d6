"""The responses that the contract documents with examples, by operation, status and name of the example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


class DocumentedResponse(NamedTuple):
    """One example of a response."""

    example: str
    """The name of the example."""
    status: int
    media_type: str
    value: Any
    headers: list[tuple[str, str]]
    """The headers that the contract requires, with the values of its examples."""


class DocumentedResponses:
    """The examples of one contract."""

    def __init__(self, contract: dict[str, Any]) -> None:
        self._contract = contract
        self._operations = {
            operation["operationId"]: operation
            for path in contract["paths"].values()
            for operation in path.values()
            if isinstance(operation, dict)
        }

    @property
    def operation_ids(self) -> list[str]:
        """The operationIds in the order of the contract."""
        return list(self._operations)

    def has(self, operation_id: str, status: int, example: str | None = None) -> bool:
        """Return whether the contract documents such a response with an example."""
        return any(example in {None, each.example} for each in self._examples(operation_id, status))

    def find(self, operation_id: str, status: int, example: str | None = None) -> DocumentedResponse:
        """Return the response with this status, of the named example or of the first.

        Raises Problem, with a list of what the contract documents, if it documents none.
        """
        examples = list(self._examples(operation_id, status))
        for each in examples:
            if example in {None, each.example}:
                return each
        if examples:
            names = ", ".join(each.example for each in examples)
            raise Problem(
                400, "unknown_example", f"{operation_id} has no example {example} for {status}; it has: {names}."
            )
        statuses = [code for code in self._responses(operation_id) if list(self._examples(operation_id, int(code)))]
        if not statuses:
            raise Problem(
                400, "undocumented_status", f"The contract has no responses of {operation_id or 'this path'}."
            )
        raise Problem(
            400,
            "undocumented_status",
            f"The contract has no example of {status} for {operation_id}; it has examples of: {', '.join(statuses)}.",
        )

    def _examples(self, operation_id: str, status: int) -> Iterator[DocumentedResponse]:
        response = self._resolve(self._responses(operation_id).get(str(status), {}))
        headers = list(self._required_headers(response))
        for media_type, content in response.get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                yield DocumentedResponse(name, status, media_type, self._resolve(example)["value"], headers)

    def _responses(self, operation_id: str) -> dict[str, Any]:
        responses: dict[str, Any] = self._operations.get(operation_id, {}).get("responses", {})
        return responses

    def _required_headers(self, response: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the required headers that have an example; the mock itself sends all others."""
        for name, reference in response.get("headers", {}).items():
            header = self._resolve(reference)
            example = header.get("example", header.get("schema", {}).get("example"))
            if header.get("required") and example is not None:
                yield name.lower(), str(example)

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in value:
            return value
        target: Any = self._contract
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return self._resolve(target)
