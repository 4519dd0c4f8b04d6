"""The request header `Prefer` (RFC 7240), with which a client selects a response of the contract, or a delay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockserver.control.faults.effects import NO_EFFECT, SERVER_ERRORS, Effect, effect_of
from mockserver.control.problems import Problem

if TYPE_CHECKING:
    from mockserver.control.faults.documented import DocumentedResponses

MAX_WAIT = 60.0
"""The maximum of `Prefer: wait`, in seconds."""

_PREFERENCE = re.compile(r"""\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*(?:=\s*("[^"]*"|[^\s;,"]*))?\s*(?:;[^,]*)?""")


def parse_preferences(header: str) -> dict[str, str]:
    """Return the values by name; if a name occurs twice, the first value is used (RFC 7240, section 2)."""
    preferences: dict[str, str] = {}
    for part in header.split(","):
        match = _PREFERENCE.fullmatch(part)
        if match is not None:
            preferences.setdefault(match[1].lower(), (match[2] or "").strip('"'))
    return preferences


def preferred_effect(header: str, operation_id: str, responses: DocumentedResponses) -> tuple[Effect, str] | None:
    """Return the effect that the header selects, and the value of Preference-Applied; None if it selects none.

    Other preferences are ignored, as RFC 7240 requires. Raises Problem for a response that the contract does not have.
    """
    wanted = {n: v for n, v in parse_preferences(header).items() if n in {"code", "example", "wait"}}
    if not wanted:
        return None
    delay = _wait(wanted["wait"]) if "wait" in wanted else 0.0
    document: dict[str, Any] = NO_EFFECT
    if "code" in wanted:
        document = _effect_document(_code(wanted["code"]), wanted.get("example"))
    elif "example" in wanted:
        raise Problem(
            400, "invalid_preference", "Prefer: example needs a code, such as Prefer: code=404, example=page."
        )
    effect = effect_of(document, delay, operation_id, responses)
    return effect, ", ".join(f"{name}={value}" for name, value in wanted.items())


def _effect_document(status: int, example: str | None) -> dict[str, Any]:
    """Return the effect: an example of the contract, or an error of Canvas itself, which the contract does not have."""
    if status in SERVER_ERRORS and example is None:
        return {"kind": "server_error", "status": status}
    return {"kind": "documented_response", "status": status} | ({} if example is None else {"example": example})


def _code(text: str) -> int:
    if not re.fullmatch("[1-5][0-9][0-9]", text, re.ASCII):
        raise Problem(400, "invalid_preference", "Prefer: code is a status of the contract, such as Prefer: code=404.")
    return int(text)


def _wait(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6})?", text, re.ASCII) or float(text) > MAX_WAIT:
        raise Problem(
            400,
            "invalid_preference",
            f"Prefer: wait is a number of seconds up to {MAX_WAIT:g}, such as Prefer: wait=2.",
        )
    return float(text)
