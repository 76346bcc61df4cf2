"""Pictures of every page at two widths, light and dark: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.browser.stock import stocked

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Write `target/screenshots/*.png`."""
    folder = ROOT / "target" / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with stocked() as market:
        wrong = []
        for who in market.rounds:
            wrong += market.look_around(who, "shots", folder=str(folder))
    made = len(list(folder.glob("*.png")))
    print("\n".join(wrong) or f"{made} pictures in {folder.relative_to(ROOT)}/")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
