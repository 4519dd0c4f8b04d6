"""The home page: what this is, whose tokens there are, a line to copy."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.access import Token
    from mockserver.world import User, World

_MOST_USERS = 100


def home_page(world: World, base_url: str) -> str:
    """The page, as HTML; `base_url` is this mock as the reader's browser sees it."""
    template = Template(resources.files("mockserver").joinpath("control", "home.html").read_text("utf-8"))
    users = list(world.users.values())
    tokens = [token.value for user in users for token in user.tokens]
    return template.substitute(
        url=escape(base_url),
        token=escape(tokens[0] if tokens else "TOKEN"),
        people="\n".join(map(_row, users[:_MOST_USERS])),
        more=f"<p>and {len(users) - _MOST_USERS} more.</p>" if len(users) > _MOST_USERS else "",
    )


def _row(user: User) -> str:
    tokens = "<br>".join(f"<code>{escape(token.value)}</code>{_remark(token)}" for token in user.tokens)
    cells = str(user.id), escape(f"{user.name}, {user.role}"), tokens, str(len(user.channels.listed))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _remark(token: Token) -> str:
    remarks = {
        "may make push channels": token.sns,
        "only some scopes": token.scopes is not None,
        "expired": token.expires_at is not None,
        "revoked": token.revoked,
    }
    said = ", ".join(remark for remark, true in remarks.items() if true)
    return f" <small>{said}</small>" if said else ""
