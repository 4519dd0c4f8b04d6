"""Settings of a run: target, tokens, profile and request rate, read from the environment."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from contract_tests.client.inconclusive import Inconclusive as Inconclusive  # noqa: PLC0414  # public here, too
from contract_tests.client.safety.addresses import ACCEPTED, SMOKE, TypedAddress

_DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TOKENS = (
    "CANVAS_TOKEN",
    "CANVAS_ADMIN_TOKEN",
    "CANVAS_SITE_ADMIN_TOKEN",
    "CANVAS_PUSH_TOKEN",
    "CANVAS_SCOPED_TOKEN",
    "CANVAS_EXPIRED_TOKEN",
    "CANVAS_REVOKED_TOKEN",
)


class Profile(NamedTuple):
    """The size of a run and its limits."""

    examples: int
    """The number of examples that Hypothesis generates for each property."""
    budget: int
    """The maximum number of requests."""
    minutes: int
    """The maximum duration."""
    steps: int = 14
    """The maximum number of requests in a random sequence."""
    has_boundary_values: bool = True
    """Whether Schemathesis sends boundary values of every parameter, too."""
    cases: int | None = None
    """The maximum number of cases of a test, unless the test is marked with another one; None for all."""
    addresses: tuple[TypedAddress, ...] = ACCEPTED
    """The addresses of the channels that the tests of lists create together."""


PROFILES = {  # the numbers are examples, requests and minutes
    "smoke": Profile(2, 400, 10, steps=6, has_boundary_values=False, cases=0, addresses=SMOKE),
    "quick": Profile(4, 1_500, 20, steps=9, has_boundary_values=False, cases=2),
    "default": Profile(20, 4_000, 45),
    "thorough": Profile(100, 20_000, 180),
}


@dataclass(frozen=True)
class Settings:
    """The target, tokens and limits of one run; tokens are not part of the repr."""

    url: str
    tokens: dict[str, str] = field(repr=False)
    """The access tokens that are set, by the name of their variable."""
    other_user_id: int = 0
    profile: str = "default"
    seed: int = 1
    rate: float = 0.0
    """The maximum number of requests per second; 0 is no limit."""
    is_read_only: bool = False
    """Whether the run sends GET and HEAD only."""
    requires_bounce_fields: bool = False
    """Whether a site admin who receives no bounce fields is a failure."""
    is_own_mock: bool = False
    """Whether the target is a mock that the run has started, to which no request is sent through a proxy."""

    @property
    def limits(self) -> Profile:
        """The limits of the profile."""
        return PROFILES[self.profile]

    @property
    def is_local(self) -> bool:
        """Whether the target is on this machine."""
        return urlsplit(self.url).hostname in LOOPBACK


def read_settings(url: str, defaults: dict[str, str]) -> Settings:
    """Return the settings for the target `url`; `defaults` apply to variables that are not set. Raises Inconclusive."""
    values = {**defaults, **{name: value for name, value in os.environ.items() if value}}
    tokens = {name: values[name] for name in TOKENS if name in values}
    if "CANVAS_TOKEN" not in tokens:
        raise Inconclusive("CANVAS_TOKEN is not set; set it to an access token of an ordinary test user.")
    for name, token in tokens.items():
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise Inconclusive(f"{name} has a character that is not allowed in a token; copy the token again.")
    origin = _read_origin(url, allow_http=_read_switch("ALLOW_HTTP", values.get("ALLOW_HTTP", "0")))
    return Settings(
        url=origin,
        tokens=tokens,
        other_user_id=read_number("CANVAS_OTHER_USER_ID", values.get("CANVAS_OTHER_USER_ID", "0")),
        profile=read_profile(),  # of the environment only: tests are selected by it before there are defaults
        seed=read_number("SEED", values.get("SEED", "1")),
        rate=_read_rate(values.get("RATE", "0" if urlsplit(origin).hostname in LOOPBACK else "10")),
        is_read_only=_read_switch("READ_ONLY", values.get("READ_ONLY", "0")),
        requires_bounce_fields=_read_bounce_requirement(values),
    )


def read_profile() -> str:
    """Return the name of the profile. Raises Inconclusive for an unknown one."""
    profile = os.environ.get("PROFILE") or "default"
    if profile not in PROFILES:
        raise Inconclusive(f"PROFILE is {profile!r}; set it to one of {', '.join(PROFILES)}.")
    return profile


def read_number(name: str, text: str) -> int:
    """Return the value of the variable `name` as a number. Raises Inconclusive if it is not a whole number."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # an id of 64 bits has at most 19 digits
        raise Inconclusive(f"{name} is {text!r}; set it to a whole number.")
    return int(text)


def _read_switch(name: str, text: str) -> bool:
    """Return whether the variable `name` is 1. Raises Inconclusive if it is neither 1 nor 0."""
    if text not in {"0", "1"}:
        raise Inconclusive(f"{name} is {text!r}; set it to 1, or to 0.")
    return text == "1"


def _read_bounce_requirement(values: dict[str, str]) -> bool:
    """Return whether bounce fields are required. Raises Inconclusive if the run has no token that receives them."""
    name, token = "REQUIRE_BOUNCE_FIELDS", "CANVAS_SITE_ADMIN_TOKEN"
    is_required = _read_switch(name, values.get(name, "0"))
    if is_required and token not in values:
        raise Inconclusive(f"{name} is 1 and {token} is not set; set it to a token of a site admin, or {name} to 0.")
    return is_required


def _read_rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < math.inf:
        raise Inconclusive(f"RATE is {text!r}; set it to a number of requests per second, or to 0 for no limit.")
    return rate


def _read_origin(url: str, *, allow_http: bool) -> str:
    """Return the origin in lower case, without a default port. Raises Inconclusive for another or an unsafe URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Inconclusive(
            "CANVAS_URL is not a valid URL; set it to an origin such as https://canvas.example.edu."
        ) from None
    has_more = "@" in parts.netloc or parts.path.strip("/") or {"?", "#"}.intersection(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or has_more:
        raise Inconclusive(
            "CANVAS_URL is not an origin; set it to one such as https://canvas.example.edu, "
            "without user name, path, query and fragment."
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
        raise Inconclusive("CANVAS_URL is http, which sends tokens unencrypted; use https or set ALLOW_HTTP=1.")
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.removesuffix(f':{port}') if port == _DEFAULT_PORTS[parts.scheme] else host}"
