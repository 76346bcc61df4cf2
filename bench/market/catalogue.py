"""Writes a catalogue of generated plugins into the new database of a marketplace.

    python bench/market/catalogue.py DATA_FOLDER COUNT

The folder is that of a server that has judged an upload: the generated files count as judged by the
same rules, so that none is judged again. Every project has one release with one wheel, whose bytes
are not stored: pages, lists and search need rows only.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

TOPICS = (
    *("splunk", "kafka", "loki", "elastic", "datadog", "sentry", "syslog", "redis", "postgres"),
    *("mqtt", "slack", "teams", "pagerduty", "s3", "azure", "gcp", "aws", "cloudwatch"),
    *("honeycomb", "grafana", "otlp", "zipkin", "jaeger", "mask", "hash", "token", "card"),
    *("email", "phone", "gdpr", "hipaa", "pci", "sample", "dedupe", "throttle", "geoip", "host"),
    *("kubernetes", "docker", "git", "request", "user", "session"),
)
KINDS = ("sink", "filter", "enricher", "processor", "redactor", "alerter")
VERBS = ("Sends", "Masks", "Samples", "Adds", "Drops", "Counts", "Routes", "Compresses", "Signs")
LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0")
DAY_US = 86_400_000_000
START_US = 1_760_000_000_000_000


def projects(count: int) -> Iterator[dict[str, object]]:
    """The plugins, the same ones for the same count."""
    choice = random.Random(count)
    for number in range(count):
        topic, other = choice.choice(TOPICS), choice.choice(TOPICS)
        kind = choice.choice(KINDS)
        version = f"{choice.randrange(6)}.{choice.randrange(20)}.{choice.randrange(9)}"
        name = f"fapilog-{topic}-{kind}-{number}"
        summary = f"{choice.choice(VERBS)} records for {topic} and {other}"
        yield {
            "name": name,
            "version": version,
            "summary": summary,
            "keywords": f"{topic},{other},{kind}",
            "license": choice.choice(LICENSES),
            "core_range": choice.choice((">=3.0,<4.0", ">=3.1,<4.0", ">=2.0,<4.0")),
            "kind": kind,
            "description": f"# {name}\n\n{summary}. " + " ".join(choice.choices(TOPICS, k=40)),
            "created_us": START_US + choice.randrange(400) * DAY_US,
        }


def write(database: sqlite3.Connection, count: int) -> None:
    """Writes the rows in one transaction."""
    (rules,) = database.execute("SELECT judged_by FROM files LIMIT 1").fetchone()
    with database:
        for row in projects(count):
            name, version, created = row["name"], row["version"], row["created_us"]
            database.execute(
                "INSERT INTO projects (name, summary, keywords, latest_version, is_plugin, "
                "created_us, updated_us) VALUES (?, ?, ?, ?, 1, ?, ?)",
                (name, row["summary"], row["keywords"], version, created, created),
            )
            database.execute(
                "INSERT INTO releases (project, version, summary, keywords, license, "
                "requires_python, core_range, description, description_type, created_us) "
                "VALUES (?, ?, ?, ?, ?, '>=3.10', ?, ?, 'text/markdown', ?)",
                (name, version, row["summary"], row["keywords"], row["license"],
                 row["core_range"], row["description"], created),
            )  # fmt: skip
            module = str(name).replace("-", "_")
            items = (
                ("requirement", "", f"fapilog{row['core_range']}"),
                ("entry_point", str(row["kind"]), f"{module}:Plugin"),
            )
            for kind, label, value in items:
                database.execute(
                    "INSERT INTO release_items (project, version, kind, position, label, value) "
                    "VALUES (?, ?, ?, 0, ?, ?)",
                    (name, version, kind, label, value),
                )
            filename = f"{module}-{version}-py3-none-any.whl"
            digest = hashlib.sha256(filename.encode()).hexdigest()
            database.execute(
                "INSERT INTO files (filename, project, version, filetype, sha256, size_bytes, "
                "requires_python, metadata_sha256, uploaded_us, uploaded_by, judged_by) "
                "VALUES (?, ?, ?, 'bdist_wheel', ?, 20000, '>=3.10', ?, ?, 'bench', ?)",
                (filename, name, version, digest, digest, created, rules),
            )
        database.execute("UPDATE settings SET value = 'bench' WHERE name = 'project_list'")


def main() -> None:
    """Reads the arguments and writes."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    with closing(sqlite3.connect(folder / "market.sqlite3")) as database:
        database.execute("PRAGMA synchronous = OFF")
        write(database, count)


if __name__ == "__main__":
    main()
