"""What the suite is pointed at, read from the environment only."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
EXAMPLES = {"quick": 5, "default": 20, "thorough": 100}
BUDGETS = {"quick": 3_000, "default": 15_000, "thorough": 60_000}


class UnusableTargetError(Exception):
    """The target cannot be judged; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Settings:
    """One run's target, tokens and limits; tokens never appear in its repr."""

    url: str
    token: str = field(repr=False)
    admin_token: str = field(default="", repr=False)
    site_admin_token: str = field(default="", repr=False)
    push_token: str = field(default="", repr=False)
    other_user_id: str = ""
    profile: str = "default"
    seed: int = 1
    rate: float = 0.0

    @property
    def budget(self) -> int:
        """How many requests the run may send."""
        return BUDGETS[self.profile]

    @property
    def examples(self) -> int:
        """How many examples each property draws."""
        return EXAMPLES[self.profile]


def read_settings(url: str, defaults: dict[str, str]) -> Settings:
    """The environment's settings for `url`; `defaults` fill in what the environment leaves out."""
    values = {**defaults, **{name: value for name, value in os.environ.items() if value}}
    profile = values.get("PROFILE", "default")
    if profile not in EXAMPLES:
        raise UnusableTargetError(f"PROFILE is {profile!r}; set it to one of {', '.join(EXAMPLES)}.")
    if not values.get("CANVAS_TOKEN"):
        raise UnusableTargetError("CANVAS_TOKEN is not set; set it to an access token of an ordinary test user.")
    return Settings(
        url=_origin(url, allow_http=values.get("ALLOW_HTTP") == "1"),
        token=values["CANVAS_TOKEN"],
        admin_token=values.get("CANVAS_ADMIN_TOKEN", ""),
        site_admin_token=values.get("CANVAS_SITE_ADMIN_TOKEN", ""),
        push_token=values.get("CANVAS_PUSH_TOKEN", ""),
        other_user_id=values.get("CANVAS_OTHER_USER_ID", ""),
        profile=profile,
        seed=int(_number(values, "SEED", "1")),
        rate=_number(values, "RATE", "0" if urlsplit(url).hostname in LOOPBACK else "10"),
    )


def _origin(url: str, *, allow_http: bool) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.username:
        raise UnusableTargetError("CANVAS_URL must be an origin such as https://canvas.example.edu, without a path.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
        raise UnusableTargetError(
            "CANVAS_URL is plain http, which shows tokens to the network; use https or set ALLOW_HTTP=1."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _number(values: dict[str, str], name: str, default: str) -> float:
    try:
        return float(values.get(name, default))
    except ValueError:
        raise UnusableTargetError(f"{name} must be a number.") from None
