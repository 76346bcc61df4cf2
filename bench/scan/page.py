"""The page of the documentation on which the scanners are compared."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from scanners import Found  # type: ignore[import-not-found] # beside this file

BENCH = Path(__file__).parent
PAGE = BENCH.parent.parent / "docs" / "concepts" / "scanners-compared.md"
#: Places are compared with this many lines of tolerance: tools point at different parts of a call.
NEAR_LINES = 2


def explained() -> dict[str, Any]:
    """For each other scanner its rules, and why their findings are not ours."""
    reasons: dict[str, Any] = json.loads((BENCH / "explained.json").read_text(encoding="utf-8"))
    return reasons


def alone(left: list[Found], right: list[Found]) -> Counter[str]:
    """What `left` has and `right` has not, counted by rule; a whole file counts for its lines."""
    known = {(one.wheel, one.file, one.line) for one in right}
    near = range(-NEAR_LINES, NEAR_LINES + 1)
    return Counter(
        one.rule
        for one in left
        if not any((one.wheel, one.file, one.line + offset) in known for offset in near)
    )


def missing(peers: dict[str, list[Found]], us: list[Found]) -> list[str]:
    """Rules of others with findings of their own that nobody explained."""
    reasons = explained()
    return [
        f"not explained: {name}, {rule}"
        for name, found in peers.items()
        for rule in alone(found, us)
        if not reasons.get(name, {}).get(rule)
    ]


def write(
    wheels: int, times: dict[str, float], us: list[Found], peers: dict[str, list[Found]]
) -> None:
    """Writes the page."""
    lines = [
        "# The scanner beside others",
        "",
        f"`make bench-scan` lets three scanners read the same {wheels} wheels of popular packages,",
        "which do no harm, in one run. It writes this page.",
        "",
        "| scanner | time | beside ours | findings |",
        "|---|--:|--:|--:|",
    ]
    for name, found in {"fapilog": us, **peers}.items():
        ratio = times[name] / times["fapilog"]
        lines.append(f"| {name} | {times[name]:.1f} s | {ratio:.1f} | {len(found)} |")
    lines += [
        "",
        "Ours also opens and verifies the archives and reads native code; the others are given",
        "the unpacked files. It has a confined process for each package, and as many at once as",
        f"there are processors ({os.cpu_count()} here). Rules of guarddog that ask the network",
        "are left out.",
    ]
    reasons = explained()
    for name, found in peers.items():
        own, all_of_them = alone(found, us), Counter(one.rule for one in found)
        lines += ["", f"## What {name} finds and ours does not", ""]
        lines += ["| rule | findings | not ours | why |", "|---|--:|--:|---|"]
        for rule, count in all_of_them.most_common():
            why = reasons[name].get(rule, "") if own[rule] else "ours has all of them"
            lines.append(f"| {rule} | {count} | {own[rule]} | {why} |")
    lines += ["", "## What ours finds and the others do not", ""]
    lines += ["| rule | findings | not bandit's | not guarddog's |", "|---|--:|--:|--:|"]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, found in peers.items():
        counts[name] = alone(us, found)
    for rule, count in Counter(one.rule for one in us).most_common():
        link = f"[{rule}](../reference/rules/{rule}.md)"
        lines.append(
            f"| {link} | {count} | {counts['bandit'][rule]} | {counts['guarddog'][rule]} |"
        )
    lines += [
        "",
        "Each of our findings is listed with its reason in `bench/scan/expected.json`; one that is",
        "not in it fails the run. None of these packages is a plugin: what they can do is a note.",
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
