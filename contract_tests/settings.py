"""What the suite is pointed at, read from the environment only."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from _pytest.outcomes import Exit  # what pytest.exit raises; it has no public name to subclass

_PORTS = {"http": 80, "https": 443}
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
    """How much a run tries, and where it stops whatever happens."""

    examples: int
    """How many examples each property draws."""
    budget: int
    """How many requests the run may send."""
    minutes: int
    """How long the run may take."""


PROFILES = {
    "quick": Profile(5, 4_000, 30),
    "default": Profile(20, 10_000, 45),
    "thorough": Profile(100, 20_000, 180),
}


class NotJudged(Exit):
    """The target cannot be judged: ends the run with exit status 2 and this sentence, which says what to do.

    As pytest's own way out it is no failure of whatever property is tried, which Hypothesis would try again.
    """

    __module__ = "builtins"  # pytest shows the name of the class before the sentence

    def __init__(self, why: object) -> None:
        super().__init__(str(why), returncode=2)


@dataclass(frozen=True)
class Settings:
    """One run's target, tokens and limits; tokens never appear in its repr."""

    url: str
    tokens: dict[str, str] = field(repr=False)
    """Access tokens by the name of their variable, only those that were given."""
    other_user_id: int = 0
    profile: str = "default"
    seed: int = 1
    rate: float = 0.0
    """Requests a second; 0 is as fast as it goes."""

    @property
    def limits(self) -> Profile:
        """What the run may cost."""
        return PROFILES[self.profile]

    @property
    def is_local(self) -> bool:
        """Whether the target is on this machine."""
        return urlsplit(self.url).hostname in LOOPBACK


def read_settings(url: str, defaults: dict[str, str]) -> Settings:
    """The environment's settings for `url`; `defaults` fill in what the environment leaves out."""
    values = {**defaults, **{name: value for name, value in os.environ.items() if value}}
    tokens = {name: values[name] for name in TOKENS if name in values}
    if "CANVAS_TOKEN" not in tokens:
        raise NotJudged("CANVAS_TOKEN is not set; set it to an access token of an ordinary test user.")
    for name, token in tokens.items():
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise NotJudged(f"{name} holds what no token holds, such as a blank; copy the token again.")
    origin = _origin(url, allow_http=values.get("ALLOW_HTTP") == "1")
    return Settings(
        url=origin,
        tokens=tokens,
        other_user_id=read_number("CANVAS_OTHER_USER_ID", values.get("CANVAS_OTHER_USER_ID", "0")),
        profile=read_profile(),
        seed=read_number("SEED", values.get("SEED", "1")),
        rate=_rate(values.get("RATE", "0" if urlsplit(origin).hostname in LOOPBACK else "10")),
    )


def read_profile() -> str:
    """The profile's name. Raises NotJudged for an unknown one."""
    profile = os.environ.get("PROFILE") or "default"
    if profile not in PROFILES:
        raise NotJudged(f"PROFILE is {profile!r}; set it to one of {', '.join(PROFILES)}.")
    return profile


def read_number(name: str, text: str) -> int:
    """The whole number that a variable holds. Raises NotJudged for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise NotJudged(f"{name} is {text!r}; set it to a whole number.")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < math.inf:
        raise NotJudged(f"RATE is {text!r}; set it to requests a second, or to 0 for no limit.")
    return rate


def _origin(url: str, *, allow_http: bool) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotJudged("CANVAS_URL cannot be read; set it to an origin such as https://canvas.example.edu.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or "@" in parts.netloc:
        raise NotJudged("CANVAS_URL must be an origin such as https://canvas.example.edu, without a path.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
        raise NotJudged("CANVAS_URL is plain http, which shows tokens to the network; use https or set ALLOW_HTTP=1.")
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.removesuffix(f':{port}') if port == _PORTS[parts.scheme] else host}"
