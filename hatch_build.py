"""The long description of the packages: README.md with absolute links, since a package index has none of its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE_LINK = re.compile(r"(?P<image>!?)(?P<text>\[[^\]]*\]\()(?!https?:|#)(?P<path>[^)]+)\)")


class LongDescription(MetadataHookInterface):
    """Adds the long description to the metadata of the wheel and the sdist."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the text of README.md, whose links lead to the files of the version's tag."""
        source, tag = metadata["urls"]["Source"], f"v{metadata['version']}"

        def absolute(link: re.Match[str]) -> str:
            kind = "raw" if link["image"] else "blob"
            return f"{link['image']}{link['text']}{source}/{kind}/{tag}/{link['path']})"

        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": _RELATIVE_LINK.sub(absolute, text)}
