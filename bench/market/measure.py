"""Measures the marketplace beside devpi and pypiserver, all in one run on this machine.

    make bench-market

Prints a table of figures with their targets and writes `bench/market/result.json`; ends with 1 when
a target is missed. Load comes from wrk with 8 connections, for some seconds each.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from catalogue import TOPICS
from indexes import JSON, PROJECT, Market, Server, devpi, pypiserver, request, wheel

HERE = Path(__file__).parent
SECONDS = 4
CONNECTIONS = 8
FILES = 200
# What pypiserver has beside the project: a small company's packages.
OTHERS = 3000
SIZES = (1_000, 10_000, 100_000)
SEARCHES = 300


def rate(url: str, *headers: str) -> float:
    """Requests per second that wrk gets answered; an answer that is no success is a failure."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "20s"]
    for header in headers:
        words += ["-H", header]
    text = subprocess.run(
        [*words, url], check=True, capture_output=True, text=True, timeout=SECONDS + 60
    ).stdout
    if "Non-2xx" in text:
        raise RuntimeError(f"{url} was not answered well:\n{text}")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    if found is None:
        raise RuntimeError(text)
    return float(found.group(1))


def until_installable(market: Market, path: Path, authorization: str) -> float:
    """Seconds from the beginning of an upload until the file is on its project's page."""
    name, version = path.name.split("-")[:2]
    started = time.perf_counter()
    status = market.upload(path, authorization)
    if status not in (200, 202):
        raise RuntimeError(f"the upload was answered with {status}")
    page = f"{market.url}/simple/{name.replace('_', '-')}/"
    while True:
        status, _, body = request(page, Accept=JSON)
        if status == 200 and version in json.loads(body)["versions"]:
            return time.perf_counter() - started
        if time.perf_counter() - started > 30:
            raise RuntimeError(f"{path.name} did not become installable")


def page_rates(folder: Path) -> dict[str, float]:
    """The page of a project with many files, on all three servers."""
    files = [wheel(folder / "dist", PROJECT, f"1.{n}", padding=500) for n in range(FILES)]
    market = Market(folder / "market")
    try:
        authorization = market.token()
        times = [until_installable(market, path, authorization) for path in files]
        typical = wheel(folder / "dist", "fapilog-typical", "1.0", padding=200_000)
        times.append(until_installable(market, typical, authorization))
        page = f"{market.url}/simple/{PROJECT}/"
        accept = f"Accept: {JSON}"
        tag = request(page, Accept=JSON)[1]["etag"]
        found = {
            "page": rate(page, accept),
            "conditional": rate(page, accept, f"If-None-Match: {tag}"),
            "installable_p50_s": statistics.median(times),
            "installable_max_s": max(times),
        }
    finally:
        market.stop()
    for name, (server, url) in (
        ("devpi", devpi(folder / "devpi", files)),
        ("pypiserver", pypiserver(folder / "pypiserver", files, OTHERS)),
    ):
        try:
            found[name] = rate(url, accept if name == "devpi" else "Accept: text/html")
        finally:
            Server.stop(server)
    return found


def catalogue(folder: Path, count: int) -> dict[str, float]:
    """Start, pages, search, upload and memory with a catalogue of a size."""
    data = folder / f"catalogue-{count}"
    first = Market(data)
    try:
        until_installable(first, wheel(folder / "dist", "fapilog-first", "1.0"), first.token())
    finally:
        first.stop()
    subprocess.run(
        [sys.executable, HERE / "catalogue.py", data, str(count)], check=True, timeout=300
    )
    Market.run("reindex", "--data", data)
    Market(data).stop()  # once, so that what it makes of the rows is made
    market = Market(data)
    try:
        status, _, _ = request(f"{market.url}/simple/fapilog-none/", Accept=JSON)
        first_answer_s = time.perf_counter() - market.started
        assert status == 404
        authorization = market.token()
        name = "fapilog-growth"
        uploads = [
            until_installable(market, wheel(folder / "dist", name, f"1.{count}.{n}"), authorization)
            for n in range(20)
        ]
        page = f"{market.url}/simple/{name}/"
        pages = rate(page, f"Accept: {JSON}")
        searches = sorted(search_times(market))
        return {
            "first_answer_s": first_answer_s,
            "page": pages,
            "upload_p50_s": statistics.median(uploads),
            "search_p50_s": searches[len(searches) // 2],
            "search_p99_s": searches[int(len(searches) * 0.99)],
            "memory_mib": market.memory_mib(),
        }
    finally:
        market.stop()


def search_times(market: Market) -> list[float]:
    """Seconds of each of many different searches: words, beginnings and typing mistakes."""
    times = []
    for number in range(SEARCHES):
        word = TOPICS[number % len(TOPICS)]
        other = TOPICS[(number * 7 + 3) % len(TOPICS)]
        mistaken = word[:2] + word[3:] if len(word) > 4 else word
        text = (word, f"{word}+{other}", word[:3], f"fapilog-{word}", mistaken)[number % 5]
        url = f"{market.url}/api/v1/search?q={text}"
        if number < 10:
            request(url)
        started = time.perf_counter()
        status, _, body = request(url)
        times.append(time.perf_counter() - started)
        # A short word with a mistake is any word: nothing may be found.
        if status != 200 or not (json.loads(body)["total"] or text == mistaken):
            raise RuntimeError(f"{url} was answered with {status}: {body[:200]!r}")
    return times


def judge(
    pages: dict[str, float], sizes: dict[int, dict[str, float]]
) -> list[tuple[str, str, str, bool]]:
    """Each figure with its target, what was measured, and whether that is good enough."""
    small, middle, large = (sizes[count] for count in SIZES)
    growth = max(
        small["page"] / large["page"],
        large["search_p50_s"] / small["search_p50_s"],
        large["upload_p50_s"] / small["upload_p50_s"],
    )
    devpi_ratio = pages["page"] / pages["devpi"]
    pypiserver_ratio = pages["page"] / pages["pypiserver"]
    conditional = pages["conditional"] / pages["page"]
    return [
        (f"page of {FILES} files", "≥ 50 × devpi",
         f"{devpi_ratio:.0f} × ({pages['page']:.0f}/s, devpi {pages['devpi']:.0f}/s)",
         devpi_ratio >= 50),
        (f"page of {FILES} files", "≥ 500 × pypiserver",
         f"{pypiserver_ratio:.0f} × (pypiserver {pages['pypiserver']:.1f}/s)",
         pypiserver_ratio >= 500),
        ("conditional request", "≥ 1.5 × the full page",
         f"{conditional:.2f} × ({pages['conditional']:.0f}/s)", conditional >= 1.5),
        ("upload until installable", "≤ 1 s",
         f"{pages['installable_p50_s']:.3f} s, at most {pages['installable_max_s']:.3f} s",
         pages["installable_max_s"] <= 1),
        ("cold start, 10,000 projects", "≤ 300 ms",
         f"{middle['first_answer_s'] * 1000:.0f} ms", middle["first_answer_s"] <= 0.3),
        ("memory, 100,000 projects", "≤ 300 MiB",
         f"{large['memory_mib']:.0f} MiB", large["memory_mib"] <= 300),
        ("search p99, 100,000 plugins", "≤ 10 ms",
         f"{large['search_p99_s'] * 1000:.1f} ms (p50 {large['search_p50_s'] * 1000:.1f} ms)",
         large["search_p99_s"] <= 0.01),
        ("growth, 1,000 to 100,000", "≤ 2 ×", f"{growth:.2f} ×", growth <= 2),
    ]  # fmt: skip


def main() -> int:
    """Measures, prints, and writes."""
    with tempfile.TemporaryDirectory() as folder:
        pages = page_rates(Path(folder))
        sizes = {count: catalogue(Path(folder), count) for count in SIZES}
    rows = judge(pages, sizes)
    for name, target, measured, good in rows:
        print(f"{'ok  ' if good else 'MISS'}  {name:<30} {target:<22} {measured}")
    result = {"pages": pages, "catalogues": sizes}
    (HERE / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(good for *_, good in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
