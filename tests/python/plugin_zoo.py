"""Plugin distributions, good and bad in every way, for the tests of loading."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tests.python.support import build_wheel, install

_RANGE = "fapilog>=3.0,<4.0"

_PROCESSOR = """
class Plugin:
    async def process(self, record):
        return {**record, "seen_by": __name__}
"""

_CONFIGURED = """
import dataclasses

class Plugin:
    @dataclasses.dataclass
    class Config:
        word: str = "default"
        times: int = 1

        def __post_init__(self):
            if self.times < 1:
                raise ValueError("times must be at least 1")

    def __init__(self, config):
        self.config = config

    async def process(self, record):
        return {**record, "word": self.config.word * self.config.times}
"""

_SHAPES = """
class Sync:
    def process(self, record):
        return record

class TooMany:
    async def process(self, record, more):
        return record

class Nothing:
    pass

class BadStart:
    start = "soon"
    async def process(self, record):
        return record

class Exiting:
    def __init__(self):
        raise SystemExit(3)
    async def process(self, record):
        return record

class Sink:
    def __init__(self):
        self.records = []
    async def write(self, record):
        self.records.append(record)

class Static:
    @staticmethod
    async def process(record):
        return record

instance = Static()
not_a_class = 7
"""


def install_zoo(folder: Path, target: Path) -> None:
    """Build every wheel in one folder and install it into another."""

    def wheel(name: str, source: str, *requires: str, version: str = "1.2.3", **names: str) -> Path:
        module = f"{re.sub('[-.]', '_', name)}_module"
        entries = names or {name.removeprefix("fapilog-"): "Plugin"}
        return build_wheel(
            folder,
            name,
            modules={module: source},
            plugins={entry: f"{module}:{attribute}" for entry, attribute in entries.items()},
            requires=requires,
            version=version,
        )

    shapes = {"sync": "Sync", "too-many": "TooMany", "nothing": "Nothing", "bad-start": "BadStart"}
    shapes |= {"exiting": "Exiting", "collect": "Sink", "static": "Static", "made": "instance"}
    shapes |= {"seven": "not_a_class", "missing": "Missing"}
    install(
        [
            wheel("fapilog-good", _PROCESSOR, _RANGE),
            wheel(
                "Fapilog.Odd_Name",
                _PROCESSOR,
                "FapiLog >= 3 ; python_version >= '3'",
                **{"Odd.Name": "Plugin"},
            ),
            wheel("fapilog-import-error", "import surely_not_installed", _RANGE),
            wheel("fapilog-exits", "raise SystemExit(3)", _RANGE),
            wheel("fapilog-old", _PROCESSOR, "fapilog>=1.0,<3.0"),
            wheel("fapilog-loose", _PROCESSOR, "requests>=2"),
            wheel("fapilog-bare", _PROCESSOR, "fapilog"),
            wheel("fapilog-elsewhere", _PROCESSOR, f"{_RANGE} ; sys_platform == 'plan9'"),
            wheel("fapilog-configured", _CONFIGURED, _RANGE),
            wheel("fapilog-twin-one", _PROCESSOR, _RANGE, twin="Plugin"),
            wheel("fapilog-twin-two", _PROCESSOR, _RANGE, twin="Plugin"),
            wheel("fapilog-shapes", _SHAPES, _RANGE, **shapes),
        ],
        target,
    )
    # Today's pip refuses this one; others did not.
    with zipfile.ZipFile(wheel("fapilog-unreadable", _PROCESSOR, "fapilog>=three")) as archive:
        archive.extractall(target)
