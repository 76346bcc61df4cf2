"""Pictures of every page at two widths, light and dark: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.browser.stock import PAGES, PRIVATE_PAGES, SIGN_IN_PAGES, stocked

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Write `target/screenshots/*.png`."""
    folder = ROOT / "target" / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with stocked() as market:
        wrong = market.look("shots", PAGES + SIGN_IN_PAGES, folder=str(folder))
        wrong += market.look(
            "shots", PRIVATE_PAGES + market.pages, folder=str(folder), cookies=market.cookies
        )
    made = len(list(folder.glob("*.png")))
    print("\n".join(wrong) or f"{made} pictures in {folder.relative_to(ROOT)}/")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
