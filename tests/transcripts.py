"""The console examples of a Markdown page: `$ command` and its output, run as they are written."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from tests.time_limits import HANG_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

_SECTION = re.compile(r"^## (.+?)\n(.+?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```console\n(.+?)^```$", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^\$ (.+?[^\\])\n(.*?)(?=^\$ |\Z)", re.MULTILINE | re.DOTALL)


class Transcript(NamedTuple):
    """The commands of one section, each with the output that the page shows."""

    section: str
    examples: list[tuple[str, str]]

    def outputs(self, origin: str, folder: Path) -> list[tuple[str, str]]:
        """Run the commands with a mock at `origin` in place of http://127.0.0.1:8000; return what they print."""
        return [(command, self._output(command, origin, folder)) for command, _ in self.examples]

    @staticmethod
    def _output(command: str, origin: str, folder: Path) -> str:
        script = command.replace("http://127.0.0.1:8000", origin).replace("curl ", "curl --silent ")
        process = subprocess.run(  # noqa: S603  # the commands of our own pages
            ["/bin/bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
            check=False,
        )
        output = (process.stdout + process.stderr).replace("\r\n", "\n").replace(origin, "http://127.0.0.1:8000")
        return output if output.endswith("\n") or not output else f"{output}\n"


def transcripts(page: str) -> list[Transcript]:
    """Return the console examples of each section that has any."""
    sections = [(title, "".join(_BLOCK.findall(body))) for title, body in _SECTION.findall(page)]
    return [Transcript(title, _EXAMPLE.findall(text)) for title, text in sections if text]
