"""Draws what `run.py` measured: the cost of a call, on a logarithmic scale, as SVG.

python plot.py result.json TARGET.svg
"""

from __future__ import annotations

import json
import math
import sys
from html import escape
from pathlib import Path

ROW, LABEL, WIDTH, RIGHT = 24, 210, 420, 70

#: Nanoseconds at the left end and at the right end.
RANGE = (30, 100_000)


def main(source: Path, target: Path) -> None:
    """Draw the table for one thread."""
    table = json.loads(source.read_text())["1 thread"]
    rows = sorted((row["ns_per_call"], name) for name, row in table.items())
    height = ROW * (len(rows) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + WIDTH + RIGHT}" '
        f'height="{height}" font-family="sans-serif" font-size="13" role="img" '
        'aria-label="Nanoseconds of one log call, by library">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    bottom = ROW * (len(rows) + 1)
    for power in range(2, 6):
        x = LABEL + _length(10**power)
        parts.append(f'<path d="M{x:.0f} 8V{bottom}" stroke="#ddd"/>')
        text = f"{10**power:,} ns"
        parts.append(f'<text x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{text}</text>')
    for number, (cost, name) in enumerate(rows):
        parts += _bar(number, cost, name)
    target.write_text("\n".join([*parts, "</svg>"]) + "\n")


def _bar(number: int, cost: float, name: str) -> list[str]:
    y = ROW * number + 8
    colour = "#0b6e4f" if name.startswith("fapilog") else "#8a8f98"
    length = _length(cost)
    return [
        f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{LABEL}" y="{y}" width="{length:.0f}" height="{ROW - 6}" fill="{colour}"/>',
        f'<text x="{LABEL + length + 6:.0f}" y="{y + 14}">{cost:,.0f}</text>',
    ]


def _length(cost: float) -> float:
    low, high = map(math.log, RANGE)
    return WIDTH * (math.log(cost) - low) / (high - low)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
