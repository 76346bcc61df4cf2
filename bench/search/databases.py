"""What the same searches cost in the databases' own full text: SQLite FTS5 and PostgreSQL tsvector.

Reads the plugins that `search_speed --print SIZE` writes from standard input. PostgreSQL is
measured when `--postgres URL` names a database that may be written to and `psql` is there.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time

QUERIES = (
    "splunk",
    "kafk",
    "aws metrics",
    "redact pii",
    "http json sink",
    "postgres trace enricher",
    "sends records",
    "gdpr hipaa pci",
    "wor",
)
LIMIT = 20
ROUNDS = 10


def main() -> int:
    """Measure and print one line for each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", metavar="URL")
    arguments = parser.parse_args()
    rows = [tuple(json.loads(line)) for line in sys.stdin]
    print(line("SQLite FTS5, bm25", len(rows), sqlite(rows)))
    if arguments.postgres:
        print(line("PostgreSQL tsvector, ts_rank", len(rows), postgres(rows, arguments.postgres)))
    return 0


def line(engine: str, size: int, times: list[float]) -> str:
    """The figures of one engine."""
    times = sorted(times)
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    return f"{engine:<30} {size} plugins: a search p50 {p50:.2f} ms, p99 {p99:.2f} ms"


def sqlite(rows: list[tuple[str, ...]]) -> list[float]:
    """Prefix search over all words, best twenty and how many there are."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE VIRTUAL TABLE t USING fts5(name, summary, keywords, text, prefix='2 3')"
    )
    database.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    times = []
    for _ in range(ROUNDS):
        for query in QUERIES:
            words = query.split()
            match = " AND ".join([*words[:-1], words[-1] + "*"])
            started = time.perf_counter()
            best = "SELECT name FROM t WHERE t MATCH ? ORDER BY bm25(t, 10, 4, 6, 1) LIMIT ?"
            database.execute(best, (match, LIMIT)).fetchall()
            database.execute("SELECT count(*) FROM t WHERE t MATCH ?", (match,)).fetchone()
            times.append((time.perf_counter() - started) * 1000)
    return times


def postgres(rows: list[tuple[str, ...]], url: str) -> list[float]:
    """The same with a weighted vector and a GIN index; the server's own timing."""

    def psql(sql: str, given: str | None = None) -> str:
        command = ["psql", url, "-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        return done.stdout

    psql(
        "DROP TABLE IF EXISTS t; CREATE TABLE t (name text, summary text, keywords text, body text)"
    )
    clean = "\n".join("\t".join(row) for row in rows)
    psql("COPY t FROM STDIN", clean)
    parts = zip("ABCD", ("name", "keywords", "summary", "body"), strict=True)
    vector = " || ".join(f"setweight(to_tsvector('simple', {f}), '{w}')" for w, f in parts)
    psql(f"ALTER TABLE t ADD COLUMN v tsvector; UPDATE t SET v = {vector}")
    psql("CREATE INDEX ON t USING gin (v)")
    psql("VACUUM ANALYZE t")
    times = []
    for _ in range(ROUNDS):
        for query in QUERIES:
            words = query.split()
            match = " & ".join([*words[:-1], words[-1] + ":*"])
            sql = (
                f"EXPLAIN (ANALYZE, FORMAT JSON) SELECT name, count(*) OVER () FROM t"
                f" WHERE v @@ to_tsquery('simple', '{match}')"
                f" ORDER BY ts_rank(v, to_tsquery('simple', '{match}')) DESC LIMIT {LIMIT}"
            )
            plan = json.loads(psql(sql))[0]
            times.append(plan["Execution Time"] + plan["Planning Time"])
    psql("DROP TABLE t")
    return times


if __name__ == "__main__":
    sys.exit(main())
