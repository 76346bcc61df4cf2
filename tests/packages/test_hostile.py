"""A thousand hostile archives: no crash, no hang, little memory, nothing written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.packages.conftest import Verdicts
from tests.packages.wheels import NAME, SOURCE_NAME, hostile, source, wheel

COUNT = 1000
SLOWEST_SECONDS = 2.0
MOST_BYTES = 256 * 1024 * 1024


def test_a_thousand_hostile_archives_do_no_harm(verdicts: Verdicts, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    path = work / "hostile"
    ids: Counter[str] = Counter()
    slowest = 0.0
    for seed in range(COUNT):
        name, data = hostile(seed)
        path.write_bytes(data)
        answer = verdicts.ask([{"kind": "package", "path": str(path), "filename": name}])[0]
        slowest = max(slowest, answer["micros"] / 1e6)
        ids[answer.get("error", "accepted")] += 1
    peak = verdicts.peak_bytes()
    print(f"slowest {slowest:.3f} s, peak {peak / 1e6:.1f} MB, {dict(ids.most_common())}")
    assert slowest < SLOWEST_SECONDS
    assert peak < MOST_BYTES
    assert list(work.iterdir()) == [path], "something was written"
    assert list(tmp_path.iterdir()) == [work]
    # The mutator reaches many of the rules, and hardly anything of what it makes is right.
    assert len(ids) >= 25
    assert ids["accepted"] < COUNT / 10


def test_the_archives_that_are_mutated_are_right(verdicts: Verdicts, tmp_path: Path) -> None:
    for name, data in [(NAME, wheel()), (SOURCE_NAME, source())]:
        path = tmp_path / name
        path.write_bytes(data)
        answer = verdicts.ask([{"kind": "package", "path": str(path), "filename": name}])[0]
        assert "ok" in answer, answer
