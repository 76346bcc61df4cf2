"""What the scanner is expected to find in popular wheels, and why that is right.

`expected.json` lists every finding. A finding that is not in it is a false alarm, or something new
to be read and explained; a line of it that nothing is found for is out of date. Both fail the run.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from scanners import Found  # type: ignore[import-not-found] # beside this file

LIST = Path(__file__).with_name("expected.json")

#: Rule and wheel, with its places and how often each.
Places = dict[tuple[str, str], Counter[str]]


def project(wheel: str) -> str:
    """The name of a wheel without its version and tags."""
    return wheel.split("-")[0]


def place(found: Found) -> str:
    """Where it was found, as it stands in the list."""
    if not found.file:
        return found.message.split(" ")[0] if found.rule == "package-structure" else "package"
    return f"{found.file}:{found.line}" if found.line else found.file


def grouped(findings: list[Found]) -> Places:
    """All findings by rule and wheel."""
    places: Places = defaultdict(Counter)
    for found in findings:
        places[found.rule, project(found.wheel)][place(found)] += 1
    return places


def load() -> dict[str, Any]:
    """The rules of the list."""
    if not LIST.exists():
        return {}
    rules: dict[str, Any] = json.loads(LIST.read_text(encoding="utf-8"))
    return rules


def differences(findings: list[Found]) -> list[str]:
    """What is found and not listed, listed and not found, or listed without a reason."""
    found, listed, faults = grouped(findings), load(), []
    severe = {(one.rule, project(one.wheel)) for one in findings if one.severity == "error"}
    for rule, table in listed.items():
        for wheel, entry in table["wheels"].items():
            why = entry.get("why") or ("" if (rule, wheel) in severe else table.get("why"))
            if not why:
                faults.append(f"no reason: {rule} in {wheel}")
            expected = Counter(dict(read_place(text) for text in entry["places"]))
            here = found.pop((rule, wheel), Counter())
            faults += [f"not expected: {rule} in {wheel}, {one}" for one in here - expected]
            faults += [f"not found: {rule} in {wheel}, {one}" for one in expected - here]
    for (rule, wheel), places in found.items():
        faults += [f"not expected: {rule} in {wheel}, {one}" for one in places]
    return sorted(faults)


def read_place(text: str) -> tuple[str, int]:
    """`file:line`, or `12 × file:line`."""
    count, cross, rest = text.partition(" × ")
    return (rest, int(count)) if cross else (text, 1)


def write(findings: list[Found]) -> None:
    """Writes the list anew; the reasons that are in it stay, and those of new entries are empty."""
    old = load()
    rules: dict[str, Any] = {}
    for (rule, wheel), places in sorted(grouped(findings).items()):
        before = old.get(rule, {})
        table = rules.setdefault(rule, {"why": before.get("why", ""), "wheels": {}})
        counted = sorted(places.items())
        entry = {"places": [one if count == 1 else f"{count} × {one}" for one, count in counted]}
        why = before.get("wheels", {}).get(wheel, {}).get("why")
        table["wheels"][wheel] = entry if why is None else {**entry, "why": why}
    text = json.dumps(rules, indent=2, ensure_ascii=False)
    LIST.write_text(f"{text}\n", encoding="utf-8")
