"""`python -m recordings`, `make fidelity`: replay all recordings and write docs/fidelity.md."""

from __future__ import annotations

import asyncio
import sys

from recordings.exchanges import FILES
from recordings.replay import replay
from recordings.report import PAGE, render


def main() -> int:
    """Replay all recordings and write the page. Return 1 if a difference has no explanation."""
    results = {name: asyncio.run(replay(name)) for name in FILES}
    PAGE.write_text(render(results), "utf-8")
    unexplained = [line for result in results.values() for line in result.unexplained]
    for line in unexplained:
        print(line)
    total = sum(result.exchanges for result in results.values())
    alike = sum(result.alike for result in results.values())
    print(f"{total:,} exchanges: {alike:,} alike, {len(unexplained)} unexplained differences. Wrote {PAGE.name}.")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
