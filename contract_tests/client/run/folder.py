"""The folder of the reports and of the journal: checked and locked before a run sends its first request."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import Timeout

from contract_tests.client.run.lock import lock_folder
from contract_tests.client.settings import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FREE_BYTES = 1024 * 1024
"""The space that must be free: a journal, and the reports of a small run."""


@contextmanager
def opened_folder(folder: Path, name: str = "REPORTS") -> Iterator[None]:
    """Create the folder, and keep every other run out of it until the context ends.

    Raises Inconclusive, with the variable `name` that sets the folder, if it is in use or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_space(folder)  # first, because the lock takes some errors for another run
        lock = lock_folder(folder)
    except Timeout:
        raise Inconclusive(
            f"{name} is {str(folder)!r}, a folder that another run uses; wait until that run ends, "
            "or set it to another folder."
        ) from None
    except (OSError, ValueError) as error:
        raise Inconclusive(_folder_sentence(folder, name, error)) from None
    try:
        yield
    finally:
        lock.release()


def unwritable_file_error(path: Path) -> str:
    """Return why nothing can be written to this file; empty if it can.

    A file that exists is left empty, as a run that cannot replace it must not leave an old report.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("wb") as file:
            file.write(b" ")  # fails on a full disk
        if path.is_file():  # and not a device, such as /dev/stdout
            os.truncate(path, 0)
        if is_new:
            path.unlink()
    except (OSError, ValueError) as error:
        return reason_of(error)
    return ""


def reason_of(error: OSError | ValueError) -> str:
    """Return the system's description of the error, without its number and the path."""
    return (getattr(error, "strerror", None) or str(error)).strip() or type(error).__name__


def _check_space(folder: Path) -> None:
    """Raise OSError if nothing can be written to the folder, or its file system is full."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_FREE_BYTES))
        file.flush()


def _folder_sentence(folder: Path, name: str, error: OSError | ValueError) -> str:
    return (
        f"{name} is {str(folder)!r}, where no report can be written ({reason_of(error)}); "
        "set it to a folder with free space that can be written."
    )
