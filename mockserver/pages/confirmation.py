"""The page behind the link of a confirmation message."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.canvas.channels import Channel


def confirmation_page(channel: Channel | None) -> str:
    """Return the page as HTML; the channel is the confirmed one, or None if the code confirms none."""
    template = Template(resources.files("mockserver.pages").joinpath("confirmation.html").read_text("utf-8"))
    if channel is None:
        text = "This confirmation link is unknown, or its channel was deleted."
        return template.substitute(title="Not confirmed", text=text)
    return template.substitute(title="Confirmed", text=f"{escape(channel.address)} is confirmed.")
