"""A sequence of calls as a shell script that runs as printed, whatever ids the target gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract_tests.call import Call
    from contract_tests.mask import Mask

_ID = """its_id() { tee /dev/stderr | sed -n 's/.*"id": *"\\{0,1\\}\\([0-9]*\\).*/\\1/p'; }"""
"""What shows an answer and takes the id of the channel from it."""

_VARIABLE = re.compile(r"\$(CANVAS_[A-Z_]+|NO_SUCH_TOKEN)")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Step:
    """A call that was sent, the channel that it made, and what came back."""

    call: Call
    made: int | None
    answer: str
    defect: str | None = None
    """The known defect of Canvas that the answer shows."""


def shell_script(steps: Sequence[Step], mask: Mask) -> str:
    """The calls as curl lines; an id that one answer gives is a variable in the lines after it."""
    steps = steps[-_LONGEST:]
    lines = []
    if any(step.made is not None for step in steps):
        lines.append(_ID)
    variables: dict[int, str] = {}
    for step in steps:
        line = step.call.curl(variables)
        if step.made is not None:
            name = variables.setdefault(step.made, f"channel{len(variables) + 1}")
            lines.append(f"{name}=$({line} | its_id)")
        else:
            lines.append(f"{line}; echo")
    script = mask.script("\n".join(lines))
    names = sorted({"CANVAS_URL", *_VARIABLE.findall(script)})
    return f"# Needs {', '.join(names)}.\n{script}"
