"""Replicas on one PostgreSQL: uploads, jobs and pages on either, one killed, nothing lost."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.market.conftest import Market

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Postgres, World

JSON = "application/vnd.pypi.simple.v1+json"
LIMIT_S = 90.0


def versions(market: Market) -> list[str]:
    """The versions on the project's page, as a replica tells them."""
    request = urllib.request.Request(f"{market.simple}fapilog-hello/", headers={"Accept": JSON})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: list[str] = json.load(answer)["versions"]
    except urllib.error.HTTPError as error:
        with error:
            assert error.code == 404
        return []
    return found


def test_two_replicas_serve_and_work_as_one_and_a_killed_one_loses_nothing(
    world: World, market_binary: Path, postgres: Postgres, tmp_path: Path
) -> None:
    place = ("--database", postgres.new_database(), "--storage", str(tmp_path / "files"))
    first, second = (
        Market(market_binary, tmp_path / name, place=place) for name in ("first", "second")
    )
    first.start()
    second.start()
    try:
        token = first.token()
        wheels = [
            world.build_wheel(tmp_path / "dist", version=f"1.{n}.0", padding=20_000)
            for n in range(12)
        ]
        # Both take uploads at the same time, and each serves what the other one took.
        halves = ((first, wheels[0:3]), (second, wheels[3:6]))
        results: list[str] = []

        def upload(market: Market, files: list[Path]) -> None:
            for file in files:
                done = world.publish("uv", market, token, file)
                results.append("" if done.returncode == 0 else done.stderr)

        threads = [threading.Thread(target=upload, args=half) for half in halves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [""] * 6
        expected = [f"1.{n}.0" for n in range(6)]
        assert versions(first) == versions(second) == expected

        # One is killed in the middle of its work. What it had accepted is judged by the other one.
        accepted = []
        for wheel in wheels[6:9]:
            assert world.publish("uv", first, token, wheel).returncode == 0
            accepted.append(wheel)
        killer = threading.Timer(0.15, first.kill)
        killer.start()
        result = world.publish("uv", first, token, wheels[9])
        killer.join()
        if result.returncode == 0:
            accepted.append(wheels[9])
        for wheel in wheels[9:12]:
            # Uploading again is right whatever became of it before.
            assert world.publish("uv", second, token, wheel).returncode == 0
        expected = [f"1.{n}.0" for n in range(12)]
        deadline = time.monotonic() + LIMIT_S
        while versions(second) != expected:
            assert time.monotonic() < deadline, versions(second)
            time.sleep(0.05)
        assert second.run("admin", "jobs").count("failed") == 0

        first.start()
        assert versions(first) == expected
    finally:
        for market in (first, second):
            if market.process is not None:
                assert market.stop() == 0, "".join(market.log)


def test_jobs_can_be_left_to_a_worker_of_its_own(
    world: World, market_binary: Path, postgres: Postgres, tmp_path: Path
) -> None:
    place = ("--database", postgres.new_database(), "--storage", str(tmp_path / "files"))
    server = Market(market_binary, tmp_path / "server", place=place, options=("--workers", "0"))
    server.start()
    worker = world.start(*server.command("worker"))
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "fapilog-market worker ready\n"
        wheel = world.build_wheel(tmp_path / "dist", version="1.0.0")
        assert world.publish("uv", server, server.token(), wheel).returncode == 0
        deadline = time.monotonic() + LIMIT_S
        while versions(server) != ["1.0.0"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        worker.terminate()
        worker.communicate(timeout=30)
        assert server.stop() == 0
    assert worker.returncode == 0
