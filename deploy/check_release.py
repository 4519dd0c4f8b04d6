"""Check that a release is consistent: `python check_release.py v1.1.0`. Exit status 1 if it is not."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def problems(tag: str, root: Path = ROOT) -> list[str]:
    """Return one sentence for each file that has another version than the tag, or none."""
    version = tag.removeprefix("v")
    found = []
    for name, pattern in (("pyproject.toml", r'^version = "(.+)"$'), ("openapi.yaml", r"^  version: (.+)$")):
        match = re.search(pattern, (root / name).read_text("utf-8"), re.MULTILINE)
        if match is None or match[1] != version:
            found.append(f"{name} has the version {match[1] if match else 'none'}, not {version}.")
    package = json.loads((root / "packages/mock-client/package.json").read_text("utf-8"))
    if package["version"] != version:
        found.append(f"packages/mock-client/package.json has the version {package['version']}, not {version}.")
    if not re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    ):
        found.append(f"CHANGELOG.md has no section [{version}] with a date.")
    contract = root / "releases" / version / "openapi.yaml"
    if not contract.is_file() or contract.read_bytes() != (root / "openapi.yaml").read_bytes():
        found.append(f"releases/{version}/openapi.yaml is not a copy of openapi.yaml.")
    return found


if __name__ == "__main__":
    lines = problems(sys.argv[1])
    print("\n".join(lines) or "The release is consistent.")
    sys.exit(1 if lines else 0)
