"""The sections of docs/reliability.md that the commands write; the rest of the page is written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.servers.catalogue import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAGE = ROOT / "docs" / "reliability.md"


class PageError(Exception):
    """A page that cannot be read, or without the comments between which a section belongs."""


def write_section(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace the lines between the comments `<!-- name -->` and `<!-- end of name -->`. Raises PageError."""
    before, after = read_surroundings(page, name)
    page.write_text("\n".join([before, *lines, "", after]), "utf-8")


def read_surroundings(page: Path, name: str) -> tuple[str, str]:
    """Return the page before and after the section, with the comments that enclose it. Raises PageError."""
    try:
        before, start, rest = page.read_text("utf-8").partition(f"<!-- {name} -->\n")
    except OSError as error:
        raise PageError(f"{page} cannot be read ({error.strerror})") from None
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    if not (start and end):
        raise PageError(f"{page} has no comments <!-- {name} --> and <!-- end of {name} -->")
    return before + start, end + after


def line_chart(points: Sequence[tuple[float, float]], title: str) -> str:
    """Return an SVG chart of values over minutes, with the vertical axis from zero."""
    width, height, margin = 640, 200, 40
    right = max((x for x, _ in points), default=0) or 1
    top = 1.25 * max((y for _, y in points), default=0) or 1

    def to_pixels(x: float, y: float) -> str:
        return (
            f"{margin + x / right * (width - 2 * margin):.1f},{height - margin - y / top * (height - 2 * margin):.1f}"
        )

    axes = f"{to_pixels(0, top)} {to_pixels(0, 0)} {to_pixels(right, 0)}"
    line = " ".join(to_pixels(x, y) for x, y in points)
    texts = [
        (margin, 20, "start", title),
        (margin - 5, height - margin, "end", "0"),
        (margin - 5, margin + 5, "end", f"{top:.0f}"),
        (width - margin, height - margin + 18, "end", f"{right:.3g} min"),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
            f"<title>{title}</title>",
            f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<polyline points="{axes}" fill="none" stroke="#888"/>',
            f'<polyline points="{line}" fill="none" stroke="#0057b7" stroke-width="2"/>',
            *(
                f'<text x="{x}" y="{y}" font-size="12" text-anchor="{anchor}">{text}</text>'
                for x, y, anchor, text in texts
            ),
            "</svg>",
            "",
        ]
    )
