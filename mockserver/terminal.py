"""Text for the terminal and the log: characters that are not printable are written as escapes."""

from __future__ import annotations

import logging

_MAX_LENGTH = 1000


def printable(text: object, max_length: int = _MAX_LENGTH) -> str:
    r"""Return the text on one line, with an escape such as `\x1b` for every character that is not printable.

    Control characters, line breaks, bidirectional controls and surrogates are not printable. Text of more than
    `max_length` characters is cut in the middle.
    """
    line = str(text)
    if len(line) > max_length:
        line = f"{line[: max_length // 2]}...{line[-max_length // 2 :]}"
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


class LogFormatter(logging.Formatter):
    """Writes one line for each record, and indents the lines of a traceback, so that no value forges a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name in the base class
        """Return the message on one line."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802  # the name in the base class
        """Return the traceback, each line indented."""
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]  # the base class has no public type
        return "\n".join(f"  {printable(line)}" for line in lines)
