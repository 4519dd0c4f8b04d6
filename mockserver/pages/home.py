"""The home page: how to send a first request, and the users with their tokens."""

from __future__ import annotations

import shlex
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.canvas.accounts import Token, User
    from mockserver.canvas.world import World

_MAX_USERS = 100


def home_page(world: World, base_url: str) -> str:
    """Return the page as HTML; `base_url` is the origin of the mock as the reader's browser knows it."""
    template = Template(resources.files("mockserver.pages").joinpath("home.html").read_text("utf-8"))
    users = list(world.users.values())
    tokens = [token.value for user in users for token in user.tokens]
    return template.substitute(
        url=escape(base_url),
        header=escape(shlex.quote(f"Authorization: Bearer {tokens[0] if tokens else 'TOKEN'}"), quote=False),
        users="\n".join(map(_row, users[:_MAX_USERS])),
        more=f"<p>and {len(users) - _MAX_USERS} more.</p>" if len(users) > _MAX_USERS else "",
    )


def _row(user: User) -> str:
    tokens = "<br>".join(f"<code>{escape(token.value)}</code>{_notes(token)}" for token in user.tokens)
    cells = str(user.id), escape(f"{user.name}, {user.role}"), tokens, str(len(user.channels.listed))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _notes(token: Token) -> str:
    notes = {
        "can create push channels": token.sns,
        "limited scopes": token.scopes is not None,
        "expired": token.expires_at is not None,
        "revoked": token.revoked,
    }
    text = ", ".join(note for note, applies in notes.items() if applies)
    return f" <small>{text}</small>" if text else ""
