"""Files that are rotated, packed, deleted, renamed and full, by one process and by several."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError
from fapilog.sinks import File
from tests.python.support import wait_until


def old_files(path: Path) -> list[Path]:
    """Rotated files, oldest first."""
    return sorted(path.parent.glob(f"{path.stem}-*"))


def numbers_in(path: Path) -> list[int]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line)["number"] for line in data.splitlines()]


def log_numbers(log: fapilog.Logger, numbers: range, flush_every: int = 10) -> None:
    for number in numbers:
        log.info("x", number=number)
        if number % flush_every == 0:
            log.flush()


def test_a_file_is_rotated_before_it_gets_too_large_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("shop", sinks=[File(path, rotate_size=5_000)]) as log:
        log_numbers(log, range(1_000))
    files = [*old_files(path), path]
    assert len(files) > 10
    assert all(file.stat().st_size <= 5_000 for file in files)
    assert [number for file in files for number in numbers_in(file)] == list(range(1_000))


def test_only_so_many_old_files_stay(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    bystander = tmp_path / "app-notes.jsonl"
    bystander.write_text("mine")
    with fapilog.get_logger("shop", sinks=[File(path, rotate_size=2_000, keep=2)]) as log:
        log_numbers(log, range(1_000))
    kept = [file for file in old_files(path) if file != bystander]
    assert len(kept) == 2
    assert bystander.read_text() == "mine"
    numbers = [number for file in [*kept, path] for number in numbers_in(file)]
    assert numbers == list(range(numbers[0], 1_000))


def test_old_files_go_when_they_are_too_old_or_too_many_bytes(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    old = tmp_path / "app-20200101T000000.000000Z.jsonl"
    old.write_text("old\n")
    os.utime(old, (1e9, 1e9))
    sink = File(path, rotate_size=2_000, keep_for="1 day", keep_size="9 KB")
    with fapilog.get_logger("shop", sinks=[sink]) as log:
        log_numbers(log, range(1_000))
    assert not old.exists()
    assert 0 < sum(file.stat().st_size for file in old_files(path)) <= 9_000


@pytest.mark.parametrize("compress", ["gzip", "zstd"])
def test_old_files_are_packed_whole(tmp_path: Path, compress: Any) -> None:
    path = tmp_path / "app.jsonl"
    sink = File(path, rotate_size=50_000, compress=compress)
    ending = {"gzip": ".gz", "zstd": ".zst"}[compress]
    with fapilog.get_logger("shop", sinks=[sink]) as log:
        log_numbers(log, range(2_000))
        # Each rotation packs what the one before it left.
        log_numbers(log, range(2_000, 4_000))

    def packed() -> bool:
        files = old_files(path)
        return sum(file.suffix == ending for file in files) >= 2 and not any(
            file.suffix == ".tmp" for file in files
        )

    wait_until("packed files", packed)
    if compress == "gzip":
        # A file may be packed between listing and reading: then it is there in another form.
        def whole() -> bool:
            with contextlib.suppress(FileNotFoundError):
                files = [*old_files(path), path]
                return [n for file in files for n in numbers_in(file)] == list(range(4_000))
            return False

        wait_until("every record in its place", whole)


def test_what_a_crash_left_half_packed_is_packed_again(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    left = tmp_path / "app-20200101T000000.000000Z.jsonl"
    left.write_text('{"number":-1}\n')
    unfinished = tmp_path / f"{left.name}.gz.tmp"
    unfinished.write_bytes(b"half")
    os.utime(unfinished, (1e9, 1e9))
    sink = File(path, rotate_size=2_000, compress="gzip")
    with fapilog.get_logger("shop", sinks=[sink]) as log:
        log_numbers(log, range(100))
        wait_until("the old file is packed", lambda: not left.exists() and not unfinished.exists())
    assert numbers_in(tmp_path / f"{left.name}.gz") == [-1]


def test_a_new_period_begins_a_new_file_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text('{"number":-1}\n')
    yesterday = time.time() - 86_400
    os.utime(path, (yesterday, yesterday))
    with fapilog.get_logger("shop", sinks=[File(path, rotate_every="daily")]) as log:
        log_numbers(log, range(5))
    (old,) = old_files(path)
    assert numbers_in(old) == [-1]
    assert numbers_in(path) == list(range(5))


def test_a_short_period_rotates_while_running(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("shop", sinks=[File(path, rotate_every=1)]) as log:
        count = 0

        def rotated() -> bool:
            nonlocal count
            log.info("x", number=count)
            count += 1
            return len(old_files(path)) >= 2

        wait_until("two rotations", rotated)
    numbers = [number for file in [*old_files(path), path] for number in numbers_in(file)]
    assert numbers == list(range(count))


@pytest.mark.parametrize("rotate", [None, 10**9])
def test_a_file_that_is_renamed_or_deleted_is_made_anew(tmp_path: Path, rotate: Any) -> None:
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("shop", sinks=[File(path, rotate_size=rotate)]) as log:
        log_numbers(log, range(5))
        log.flush()
        path.rename(tmp_path / "moved.jsonl")
        log_numbers(log, range(5, 9))
        log.flush()
        assert numbers_in(tmp_path / "moved.jsonl") == list(range(5))
        assert numbers_in(path) == list(range(5, 9))
        path.unlink()
        log_numbers(log, range(9, 12))
        log.flush()
        assert numbers_in(path) == list(range(9, 12))
        os.truncate(path, 0)
        log_numbers(log, range(12, 15))
    assert numbers_in(path) == list(range(12, 15))


def test_several_processes_rotate_one_file_and_lose_or_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import sys
            import fapilog
            from fapilog.sinks import File

            sink = File(sys.argv[1], rotate_size=20_000, compress="gzip")
            first = int(sys.argv[2])
            with fapilog.get_logger("shop", sinks=[sink]) as log:
                for number in range(first, first + 2_000):
                    log.info("x", number=number)
                    if number % 20 == 0:
                        log.flush()
            assert log.stats().dropped == 0, log.stats()
            """
        )
    )
    processes = [
        subprocess.Popen([sys.executable, program, path, str(index * 2_000)]) for index in range(4)
    ]
    for process in processes:
        assert process.wait(60) == 0
    # A process that ends while it packs leaves the file itself, perhaps beside an unfinished one.
    whole = [file for file in old_files(path) if file.suffix != ".tmp"]
    packed = {file.name for file in whole if file.suffix == ".gz"}
    files = [file for file in whole if f"{file.name}.gz" not in packed]
    numbers = [number for file in [*files, path] for number in numbers_in(file)]
    assert sorted(numbers) == list(range(8_000))
    assert len(files) > 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(mount).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_what_does_not_fit_counts_it_and_goes_on_later(small_disk: Path) -> None:
    path, ballast = small_disk / "app.jsonl", small_disk / "ballast"
    ballast.write_bytes(b"x" * 40_000)
    with fapilog.get_logger("shop", sinks=[path]) as log:
        for number in range(1_000):
            log.info("x", number=number)
        log.flush()
        lost = log.stats().dropped
        assert 0 < lost < 1_000
        ballast.unlink()

        def works() -> bool:
            log.info("x", number=5_000)
            log.flush()
            return log.stats().delivered > 1_000 - lost

        wait_until("the sink works again", works)
        delivered = log.stats().delivered
    numbers = []
    for line in path.read_bytes().splitlines():
        try:
            numbers.append(json.loads(line)["number"])
        except ValueError:
            assert line.startswith(b"{"), "only a torn line may stand there"
    assert len(numbers) == delivered
    assert numbers[: 1_000 - lost] == list(range(1_000 - lost))


def test_folders_and_permissions_are_made_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "app.jsonl"
    before = os.umask(0)
    try:
        sink = File(path, mkdir=True, mode=0o640, fsync="batch")
        with fapilog.get_logger("shop", sinks=[sink]) as log:
            log.info("x", number=1)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert numbers_in(path) == [1]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"rotate_size": "100 XB"}, "`file.rotate_size` is `100 XB`; expected a number of bytes"),
        ({"rotate_size": 0}, "`file.rotate_size` is `0`"),
        ({"rotate_every": "often"}, "`file.rotate_every` is `often`; expected a number of seconds"),
        ({"rotate_every": 0.5}, "`file.rotate_every` is `0.5`; expected at least one second"),
        ({"keep": 3}, "`file.keep` is `3`; expected `rotate_size` or `rotate_every` beside it"),
        ({"compress": "zip"}, "`file.compress` is `zip`"),
        ({"mode": 0o1777}, "`file.mode`"),
        ({"fsync": True}, "`file.fsync`"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        File("app.jsonl", **options)
    assert named in str(caught.value)
