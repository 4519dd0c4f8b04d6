"""Locks of the operating system, with which only one run at a time uses a folder of reports or a test account.

The system releases a lock when its process ends, however it ends, so that no lock is ever stale.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from contract_tests.client.ids import local_id
from contract_tests.client.settings import LOOPBACK, Inconclusive

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract_tests.client.settings import Settings

_NAME = ".canvas-contract.lock"
_UNKNOWN_USER = 0


def account_locks(settings: Settings) -> AccountLocks:
    """Return the locks of the accounts that a run with these settings uses; a mock of the run's own needs none."""
    return AccountLocks(None if settings.is_own_mock else settings.url)


def lock_folder(folder: Path) -> FileLock:
    """Return the lock of this folder, acquired. Raises OSError, and Timeout if another run has it."""
    return _acquire(folder / _NAME, mode=0o666)  # several users of the machine may share the folder


class AccountLocks:
    """The locks of the test accounts that one run uses on the server with this origin.

    Runs of the same user of the machine exclude each other; `None` is a server that the run has to itself.
    """

    def __init__(self, origin: str | None, folder: Path | None = None) -> None:
        self._origin = origin
        self._folder = folder
        self._locks: dict[int, FileLock] = {}

    def acquire(self, users: Iterable[int]) -> None:
        """Acquire the locks of these users, before the run sends any request that could change their accounts.

        Raises Inconclusive if another run has one of them.
        """
        for user in map(local_id, users):
            if self._origin is None or user in self._locks:
                continue
            try:
                folder = self._folder or _private_folder()
                self._locks[user] = _acquire(folder / f"{_account_name(self._origin, user)}.lock")
            except Timeout:
                account = f"of user {user}" if user != _UNKNOWN_USER else "of this token's user, or of another one,"
                raise Inconclusive(
                    f"Another run uses the account {account} on {self._origin}; wait until that run ends, "
                    "or set CANVAS_TOKEN and CANVAS_OTHER_USER_ID to other test users."
                ) from None
            except OSError as error:
                raise Inconclusive(
                    f"The lock of the account cannot be written to {error.filename or tempfile.gettempdir()} "
                    f"({error.strerror or error}); set TMPDIR to a folder of your own, the same for every run."
                ) from None

    def acquire_unknown(self) -> None:
        """Acquire the common lock of all users whose ids are unknown until their first channel exists."""
        self.acquire([_UNKNOWN_USER])

    def release(self) -> None:
        """Release all locks."""
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()


def _acquire(path: Path, mode: int = 0o600) -> FileLock:
    """Return the lock with this file, acquired. Raises OSError, and Timeout if another process has it.

    Without `fallback_to_soft` a file system without locks is an error, and not a lock that can be stale.
    """
    lock = FileLock(path, timeout=0, mode=mode, thread_local=False, fallback_to_soft=False)
    lock.acquire()
    return lock


def _account_name(origin: str, user: int) -> str:
    """Return the name of an account's lock: a hash, the same for all origins that are plainly one server."""
    parts = urlsplit(origin)
    host = "localhost" if parts.hostname in LOOPBACK else (parts.hostname or "").rstrip(".").lower()
    port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    return hashlib.sha256(f"{host}{port} {user}".encode()).hexdigest()[:32]


def _private_folder() -> Path:
    """Return the folder of the locks of this user of the machine. Raises OSError if it cannot be used."""
    owner = os.getuid() if hasattr(os, "getuid") else None
    folder = Path(tempfile.gettempdir()) / ("canvas-contract" if owner is None else f"canvas-contract-{owner}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if owner is not None and (folder.is_symlink() or folder.stat().st_uid != owner):
        raise PermissionError(0, "it belongs to another user", str(folder))
    return folder
