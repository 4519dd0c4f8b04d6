"""The steps of deploy/Dockerfile without a container engine: a chroot in namespaces of its own, as another user.

This needs root and `unshare`. /usr and /etc are those of this machine, with a Python of pyenv in place of /usr/local.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.distribution.conftest import ROOT
from tests.time_limits import HANG_SECONDS

_FOLDERS = ("usr", "etc", "opt", "proc", "dev", "tmp", "app")
_LINKS = ("bin", "lib", "lib64", "sbin")


def is_possible() -> bool:
    """Return whether this process may make a chroot in a mount namespace."""
    command = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]
    return bool(os.getuid() == 0 and shutil.which("unshare")) and subprocess.run(command, check=False).returncode == 0  # noqa: S603  # our own command


@dataclass
class Image:
    """The settings of an image, from the instructions after the last FROM."""

    root: Path
    python: Path
    """The prefix of a Python that is /usr/local in the image."""
    entrypoint: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    workdir: str = "/"

    def build(self) -> None:
        """Run all instructions."""
        for name in _FOLDERS:
            (self.root / name).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        for name in _LINKS:
            (self.root / name).symlink_to(f"usr/{name}")
        for instruction, text in _instructions((ROOT / "deploy" / "Dockerfile").read_text("utf-8")):
            getattr(self, f"_{instruction.lower()}")(text)

    def command(self, *arguments: str, read_only: bool = True) -> list[str]:
        """Return the command that runs a program in the image: process 1 of a PID namespace, its user, its folder."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        inner = shlex.join(["env", "-i", *variables, "LANG=C.UTF-8", *arguments])
        # chroot changes to /, so a shell in the image changes to the folder.
        shell = ["/bin/sh", "-c", f"cd {shlex.quote(self.workdir)} && exec {inner}"]
        root = shlex.quote(str(self.root))
        lines = [
            "set -e",
            "mount --make-rprivate /",  # the mounts below are not those of the machine
            f"mount --bind {root} {root}",  # so that the root can be remounted read-only
            *(f"mount --rbind /{name} {root}/{name}" for name in ("usr", "etc", "opt", "dev")),
            f"mount --bind {shlex.quote(str(self.python))} {root}/usr/local",
            f"mount -t proc proc {root}/proc",
            *([f"mount -o remount,ro,bind {root}"] if read_only else []),
            f"exec chroot --userspec={self.user} --groups= {root} {shlex.join(shell)}",
        ]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", "\n".join(lines)]

    def _from(self, _text: str) -> None:
        # An image has its Python's library in the cache of ldconfig; /etc here is that of the machine.
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LD_LIBRARY_PATH": "/usr/local/lib"}
        self.user, self.workdir = "0:0", "/"

    def _workdir(self, text: str) -> None:
        self.workdir = text

    def _copy(self, text: str) -> None:
        if text.startswith("--from="):  # both stages are in one folder here
            return
        source, target = text.split()
        copied = self.root / self.workdir.lstrip("/") / target
        copied.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, copied, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / source, copied)

    def _run(self, text: str) -> None:
        for name, value in os.environ.items():  # the settings of this machine for downloads
            if name.startswith(("PIP_", "SSL_")) or name.lower().endswith("_proxy"):
                self.environment[name] = value
        command = self.command("/bin/sh", "-c", text, read_only=False)
        process = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)  # noqa: S603  # our own command
        assert process.returncode == 0, process.stdout + process.stderr

    def _env(self, text: str) -> None:
        self.environment |= dict(item.split("=", 1) for item in shlex.split(text))

    def _user(self, text: str) -> None:
        self.user = text

    def _healthcheck(self, text: str) -> None:
        self.healthcheck = json.loads(text.partition("CMD ")[2])

    def _entrypoint(self, text: str) -> None:
        self.entrypoint = json.loads(text)

    def _expose(self, text: str) -> None:
        assert text == "8000"

    def _stopsignal(self, text: str) -> None:
        assert text == "SIGTERM"


def _instructions(text: str) -> list[tuple[str, str]]:
    """Return name and text of each instruction."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1].strip()) for line in joined]
