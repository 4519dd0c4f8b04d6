"""Shell scripts that reproduce a failure with curl, whatever ids the target assigns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract_tests.client.exchange import Step
    from contract_tests.client.safety.redaction import Redactor

_CHANNEL_ID = """channel_id() { tee /dev/stderr | sed -n 's/.*"id": *"\\{0,1\\}\\([0-9]*\\).*/\\1/p'; }"""
"""A shell function that prints a response to stderr, and the id of its channel to stdout."""

_VARIABLE = re.compile(r"\$(CANVAS_[A-Z_]+|NO_SUCH_TOKEN)")
"""A variable of the script; NO_SUCH_TOKEN is that of an invalid token, which may be any text that is no token."""
_MAX_STEPS = 40
"""The number of requests that a script has at most: the last ones."""


def shell_script(steps: Sequence[Step], redactor: Redactor) -> str:
    """Return the last requests as curl commands; the id of a created channel becomes a shell variable."""
    steps = steps[-_MAX_STEPS:]
    lines = []
    if any(step.created_id is not None for step in steps):
        lines.append(_CHANNEL_ID)
    variables: dict[int, str] = {}
    for step in steps:
        line = step.request.curl(variables)
        if step.created_id is not None:
            name = variables.setdefault(step.created_id, f"channel{len(variables) + 1}")
            lines.append(f"{name}=$({line} | channel_id)")
        else:
            lines.append(f"{line}; echo")  # a line break after the body
    script = redactor.redact_script("\n".join(lines))
    names = sorted({"CANVAS_URL", *_VARIABLE.findall(script)})
    return f"# Set {', '.join(names)} first.\n{script}"
