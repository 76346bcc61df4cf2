"""What we accept, pip and uv install alike; what both refuse, so do we."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pip._internal.cli.main import main as pip_main
from tests.packages.conftest import Verdicts
from tests.packages.wheels import INFO, NAME, files, hostile, packed, wheel

# What we refuse though an installer takes it, each with the reason. In most cases the two see
# different contents, or would on another system.
STRICTER = {
    "archive-checksum": "uv doesn't read what it skips",
    "archive-comment": "a comment can hide another archive from who searches backwards",
    "archive-compression": "pip takes bzip2 and LZMA, uv doesn't",
    "archive-compression-ratio": "installers unpack bombs",
    "archive-nested-bomb": "whoever unpacks what was installed is overrun",
    "archive-control-character": "names with control characters deceive whoever lists them",
    "archive-case-collision": "one file on systems that ignore case",
    "archive-corrupt": "the contents can't be read",
    "archive-descriptor-mismatch": "who reads in a stream sees something else",
    "archive-duplicate-entry": "pip takes the last, others the first",
    "archive-entry-name": "names that systems change",
    "archive-encrypted": "flags say encryption; programs disagree about what they then read",
    "archive-extra-field": "fields that can rename or resize an entry",
    "archive-folder-contents": "folders hold nothing",
    "archive-header-mismatch": "two descriptions of one entry",
    "archive-hidden-data": "bytes that belong to nothing",
    "archive-invisible-character": "names that don't show what they are",
    "archive-link": "pip writes a link's target as a file, uv too; others make a link",
    "archive-name-encoding": "names that are read in two encodings",
    "archive-absolute-path": "uv and pip take the slash away",
    "archive-backslash": "a separator on Windows only",
    "archive-drive-path": "a drive on Windows only",
    "archive-overlap": "two entries share bytes",
    "archive-path-traversal": "uv leaves such entries out",
    "archive-prefixed-data": "an archive behind something else",
    "archive-several-disks": "fields that say parts are missing",
    "archive-size-mismatch": "sizes that lie",
    "archive-special-file": "neither file nor folder",
    "archive-stream-end": "compressed contents that end elsewhere",
    "archive-too-deep": "deeper than 64 folders",
    "archive-trailing-data": "bytes after the end",
    "archive-truncated": "the end record must be at the end",
    "archive-version": "pip and uv read one of the two places where it stands",
    "archive-zip64": "no wheel of allowed size needs it",
    "bad-dist-info": "one folder, of the right name",
    "bad-metadata": "lines that parsers read differently",
    "name-mismatch": "file name and metadata must tell the same",
    "invalid-project-name": "the metadata's name is none",
    "missing-file": "METADATA, WHEEL and RECORD must be there",
    "package-io": "offsets outside of the archive",
    "record-format": "RECORD must be readable, with sha256",
    "record-missing-file": "RECORD must be about exactly these files",
    "record-no-hash": "every file has a hash",
    "record-unlisted-file": "RECORD must be about exactly these files",
    "record-wrong-hash": "installers don't check hashes",
    "record-wrong-size": "installers don't check sizes",
    "tag-mismatch": "installers trust the file name",
    "version-mismatch": "file name and metadata must tell the same",
    "wheel-core-files": "files that would replace those of the core",
    "wheel-data-folder": "pip takes every `.data` folder, uv its own only",
    "wheel-version": "the format's version must be 1.x",
}


def installed(folder: Path) -> dict[str, bytes]:
    """What an installer put there, without what it writes itself."""
    own = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in own and path.name != ".lock"
    }


def by_pip(path: Path, target: Path) -> bool:
    """Whether pip installs it; in this process, since starting one takes longer."""
    arguments = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--no-cache-dir"]
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        return pip_main([*arguments, "--target", str(target), str(path)]) == 0


def by_uv(path: Path, target: Path) -> bool:
    uv = Path(sys.executable).with_name("uv")
    arguments = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--offline", "--no-cache"]
    command: list[str | Path] = [
        uv,
        *arguments,
        "--python",
        sys.executable,
        "--target",
        str(target),
        str(path),
    ]
    environment = {**os.environ, "UV_LINK_MODE": "copy"}
    return subprocess.run(command, capture_output=True, env=environment).returncode == 0


def right_wheels() -> list[bytes]:
    """Wheels that all should take, of many shapes."""
    data = "fapilog_acme-1.0.data"
    shapes: list[dict[str, str | bytes]] = [
        {},
        {"fapilog_acme/é.py": "x = 1\n"},
        {"fapilog_acme/deep/er/still/x.py": "x = 1\n"},
        {"fapilog_acme/empty.py": ""},
        {"fapilog_acme/large.bin": "0123456789" * 50_000},
        {f"{data}/purelib/fapilog_acme_more/__init__.py": "x = 1\n"},
        {f"{INFO}/entry_points.txt": "[fapilog.plugins]\nacme = fapilog_acme:Plugin\n"},
        {f"{INFO}/licenses/LICENSE": "free\n"},
        {"fapilog_acme/inner.zip": packed({"x.py": "x = 1\n"})},
    ]
    return [wheel(files(**shape)) for shape in shapes]


def test_installers_and_we_agree(verdicts: Verdicts, tmp_path: Path) -> None:
    mutated = [data for name, data in map(hostile, range(1, 200)) if name == NAME]
    unlisted: list[tuple[int, str]] = []
    laxer: list[int] = []
    accepted = 0
    for number, data in enumerate([*right_wheels(), *mutated[:110]]):
        path = tmp_path / NAME
        path.write_bytes(data)
        question = {"kind": "package", "path": str(path), "filename": NAME}
        answer = verdicts.ask([question])[0]
        targets = [tmp_path / "pip", tmp_path / "uv"]
        taken = [by_pip(path, targets[0]), by_uv(path, targets[1])]
        if "ok" in answer:
            accepted += 1
            if taken != [True, True] or installed(targets[0]) != installed(targets[1]):
                laxer.append(number)
        elif any(taken) and answer["error"] not in STRICTER:
            unlisted.append((number, answer["error"]))
        for target in targets:
            shutil.rmtree(target, ignore_errors=True)
    assert laxer == [], "accepted by us, but not installed alike by both"
    assert unlisted == [], "refused by us alone, without a reason listed"
    assert accepted >= len(right_wheels())
