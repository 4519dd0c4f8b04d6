"""The HTML of the dashboard and of the API reference, with the path of their world, and what they may load."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import NamedTuple

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""Nothing is loaded from other hosts, and no script or style inside a page has an effect."""


class Document(NamedTuple):
    """A page."""

    file: str
    policy: dict[str, str]

    def html(self, base_path: str) -> str:
        """Return the page; `base_path` is the path of its world, such as `/` or `/worlds/one/`."""
        template = Template(resources.files("mockserver.pages").joinpath(self.file).read_text("utf-8"))
        return template.substitute(base=escape(base_path))

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which the page is sent."""
        policy = "; ".join(f"{name} {sources}" for name, sources in self.policy.items())
        return {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}


DASHBOARD = Document("dashboard.html", _POLICY)
"""The page that shows and changes one world through the control API and the API."""

REFERENCE = Document("reference.html", {**_POLICY, "style-src": "'self' 'unsafe-inline'"})
"""The API reference; Swagger UI writes styles into its elements."""
