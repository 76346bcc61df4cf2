"""Archives that no index should take: each wrong in one way, with the id of its refusal."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.market.conftest import PLUGIN_CODE, record_hash

NAME = "fapilog-hello"
VERSION = "1.0.0"
MODULE = "fapilog_hello"
INFO = f"{MODULE}-{VERSION}.dist-info"
ROOT = f"{MODULE}-{VERSION}"
WHEEL = f"{MODULE}-{VERSION}-py3-none-any.whl"
SOURCE = f"{MODULE}-{VERSION}.tar.gz"
CORPUS = Path(__file__).resolve().parents[2] / "fixtures" / "packages"

#: Rules of the scan of which every finding in a module rejects, whatever the level.
HARMFUL = (
    "credential-harvest",
    "decode-and-execute",
    "download-and-execute",
    "exfiltration",
    "reverse-shell",
    "system-file-write",
)


#: What honest code does, too: a warning, which rejects nothing here.
WARNED_OF = ("credentials kept for a server",)


@dataclass(frozen=True)
class Wicked:
    """An archive, and the id with which it is refused."""

    title: str
    filename: str
    content: bytes
    refusal: str
    #: The id when the form comes from a client that fills it from the archive.
    refusal_of_form: str = ""

    def write(self, folder: Path) -> Path:
        """Puts it where clients find it."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        path.write_bytes(self.content)
        return path


METADATA = (
    f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\nSummary: Says hello\n"
    "Requires-Python: >=3.10\nRequires-Dist: fapilog>=3,<4\n\n# Hello\n"
)


def files(**changed: bytes | str) -> dict[str, bytes]:
    """What a right plugin holds, without RECORD."""
    right: dict[str, bytes | str] = {
        f"{MODULE}/__init__.py": PLUGIN_CODE,
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{INFO}/entry_points.txt": f"[fapilog.plugins]\nhello = {MODULE}:Hello\n",
    }
    both = right | changed
    return {name: text.encode() if isinstance(text, str) else text for name, text in both.items()}


def record(contents: dict[str, bytes]) -> bytes:
    """RECORD as it should be."""
    lines = [f"{name},{record_hash(text)},{len(text)}" for name, text in contents.items()]
    return "\n".join([*lines, f"{INFO}/RECORD,,", ""]).encode()


def wheel(
    contents: dict[str, bytes] | None = None,
    *,
    listed: bytes | None = None,
    more: Callable[[zipfile.ZipFile], None] | None = None,
) -> bytes:
    """Packs a wheel; `listed` replaces its RECORD, and an empty one leaves it out."""
    contents = files() if contents is None else contents
    listed = record(contents) if listed is None else listed
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
        if more is not None:
            with warnings.catch_warnings():
                # It says that names come twice, which is what is wanted.
                warnings.simplefilter("ignore")
                more(archive)
        if listed:
            archive.writestr(f"{INFO}/RECORD", listed)
    return buffer.getvalue()


def with_file(name: str, text: bytes = b"x = 1\n") -> bytes:
    """A right wheel with one more file, which RECORD lists."""
    return wheel(files(**{name: text}))


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    """An entry of an archive with a type and rights of its own."""
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    made.create_system = 3
    return made


def patched(content: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """Other bytes behind the first place where a header begins."""
    at = content.index(signature) + offset
    return content[:at] + value + content[at + len(value) :]


def zip_confusion() -> Iterator[tuple[str, bytes, str]]:
    """What one reader of the archive would see and another would not."""
    right = wheel()
    yield "bytes behind the archive", right + b"more", "archive-trailing-data"
    yield "a script before the archive", b"#!/bin/sh\n" + right, "archive-prefixed-data"
    commented = right[:-2] + struct.pack("<H", 4) + b"evil"
    yield "a comment", commented, "archive-comment"
    yield "cut short", right[:-30], "archive-truncated"
    init = f"{MODULE}/__init__.py"
    yield (
        "a name that comes twice",
        wheel(more=lambda archive: archive.writestr(init, "EVIL = 1\n")),
        "archive-duplicate-entry",
    )
    header = patched(right, b"PK\x03\x04", 30, f"{MODULE}/__evil__.py".encode()[: len(init)])
    yield "another name in the entry's own header", header, "archive-header-mismatch"
    encrypted = patched(right, b"PK\x01\x02", 8, b"\x01\x00")
    encrypted = patched(encrypted, b"PK\x03\x04", 6, b"\x01\x00")
    yield "an encrypted entry", encrypted, "archive-encrypted"
    yield (
        "a compression that installers don't know",
        wheel(more=lambda archive: archive.writestr(f"{MODULE}/b.py", "x = 1\n", zipfile.ZIP_LZMA)),
        "archive-compression",
    )
    checksum = patched(right, b"PK\x01\x02", 16, b"\0\0\0\1")
    checksum = patched(checksum, b"PK\x03\x04", 14, b"\0\0\0\1")
    yield "a wrong checksum", checksum, "archive-checksum"


def path_tricks() -> Iterator[tuple[str, bytes, str]]:
    """Names that lead elsewhere, or seem to be others."""
    for title, name, refusal in (
        ("out of the folder", "../evil.py", "archive-path-traversal"),
        ("out of it by a detour", f"{MODULE}/../../evil.py", "archive-path-traversal"),
        ("absolute", "/etc/cron.d/evil", "archive-absolute-path"),
        ("a drive", "C:/evil.py", "archive-drive-path"),
        ("with backslashes", "a\\..\\evil.py", "archive-backslash"),
        ("text that runs backwards", f"{MODULE}/\u202eyp.exe", "archive-invisible-character"),
        ("too deep", "d/" * 65 + "x.py", "archive-too-deep"),
        ("into the core", "fapilog/__init__.py", "wheel-core-files"),
        ("another distribution's", "fapilog-3.0.0.egg-info/PKG-INFO", "wheel-foreign-metadata"),
        ("another's data folder", "other-1.0.data/purelib/x.py", "wheel-data-folder"),
        ("at each start of Python", "sitecustomize.py", "site-customize"),
    ):
        yield title, with_file(name), refusal
    both = files(**{f"{MODULE}/a.py": b"x = 1\n", f"{MODULE}/A.py": b"x = 2\n"})
    yield "names that differ in case", wheel(both), "archive-case-collision"
    yield (
        "a link to a secret",
        wheel(more=lambda archive: archive.writestr(entry(f"{MODULE}/l", 0o120777), "/etc/shadow")),
        "archive-link",
    )
    yield (
        "a device",
        wheel(more=lambda archive: archive.writestr(entry(f"{MODULE}/d", 0o060644), "")),
        "archive-special-file",
    )


def lies() -> Iterator[tuple[str, bytes, str]]:
    """RECORD and metadata that don't tell what is there."""
    right = files()
    wrong = record(right).replace(record_hash(right[f"{MODULE}/__init__.py"]).encode(), EMPTY)
    yield "a wrong digest in RECORD", wheel(listed=wrong), "record-wrong-hash"
    yield (
        "a file that RECORD hides",
        wheel(files(**{f"{MODULE}/b.py": b"x = 1\n"}), listed=record(right)),
        "record-unlisted-file",
    )
    ghost = record(right).replace(
        f"{INFO}/RECORD,,".encode(), f"ghost.py,,\n{INFO}/RECORD,,".encode()
    )
    yield "a file that isn't there", wheel(listed=ghost), "record-missing-file"
    yield "no RECORD", wheel(listed=b""), "missing-file"
    for title, old, new, refusal in (
        ("another name", f"Name: {NAME}", "Name: fapilog-other", "name-mismatch"),
        ("another version", f"Version: {VERSION}", "Version: 2.0.0", "version-mismatch"),
        ("no range of cores", "Requires-Dist: fapilog>=3,<4\n", "", "no-core-range"),
        (
            "an address as requirement",
            "fapilog>=3,<4",
            "a @ https://e.org/a.whl",
            "bad-requirement",
        ),
    ):
        told = METADATA.replace(old, new)
        assert told != METADATA
        yield f"metadata: {title}", wheel(files(**{f"{INFO}/METADATA": told})), refusal


#: The digest of nothing.
EMPTY = record_hash(b"").encode()


def bombs() -> Iterator[tuple[str, bytes, str]]:
    """Small files that unfold into large ones, or into many."""
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in files().items():
            archive.writestr(name, text)
        with archive.open(f"{MODULE}/zeros", "w") as out:
            for _ in range(300):
                out.write(bytes(1024 * 1024))
    yield "300 MiB of zeros", large.getvalue(), "archive-entry-too-large"

    def many(archive: zipfile.ZipFile) -> None:
        for number in range(10_001):
            archive.writestr(f"{MODULE}/{number}", b"")

    yield "ten thousand files", wheel(more=many), "archive-too-many-entries"


def source(more: Callable[[tarfile.TarFile], None], *, info: str = METADATA) -> bytes:
    """A source archive with something wrong in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in (
            ("PKG-INFO", info),
            ("pyproject.toml", "[build-system]\nrequires = []\n"),
        ):
            add(archive, f"{ROOT}/{name}", text.encode())
        more(archive)
    return gzip.compress(buffer.getvalue(), mtime=0)


def add(
    archive: tarfile.TarFile, name: str, text: bytes = b"", kind: bytes = tarfile.REGTYPE
) -> None:
    """An entry of whatever type."""
    member = tarfile.TarInfo(name)
    member.size, member.type = len(text), kind
    if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        member.linkname = "/etc/passwd"
    archive.addfile(member, io.BytesIO(text))


def sources() -> Iterator[tuple[str, bytes, str]]:
    """Source archives."""
    for title, name, kind, refusal in (
        ("out of the folder", f"{ROOT}/../../evil.py", tarfile.REGTYPE, "archive-path-traversal"),
        ("another root", "elsewhere/x.py", tarfile.REGTYPE, "source-foreign-root"),
        ("a symbolic link", f"{ROOT}/l", tarfile.SYMTYPE, "archive-link"),
        ("a hard link", f"{ROOT}/l", tarfile.LNKTYPE, "archive-link"),
        ("a device", f"{ROOT}/d", tarfile.CHRTYPE, "archive-special-file"),
        ("a pipe", f"{ROOT}/p", tarfile.FIFOTYPE, "archive-special-file"),
        (
            "a name that comes twice",
            f"{ROOT}/pyproject.toml",
            tarfile.REGTYPE,
            "archive-duplicate-entry",
        ),
    ):

        def more(archive: tarfile.TarFile, name: str = name, kind: bytes = kind) -> None:
            add(archive, name, b"", kind)

        yield title, source(more), refusal

    def zeros(archive: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(f"{ROOT}/zeros")
        member.size = 300 * 1024 * 1024
        archive.addfile(member, io.BytesIO(bytes(member.size)))

    yield "300 MiB of zeros", source(zeros), "archive-entry-too-large"
    other = METADATA.replace(NAME, "fapilog-other")
    yield "metadata: another name", source(lambda _: None, info=other), "name-mismatch"
    yield "bytes behind the archive", source(lambda _: None) + b"more", "archive-trailing-data"


def archives() -> Iterator[Wicked]:
    """All archives that are wrong as archives."""
    for kind in (zip_confusion, path_tricks, lies, bombs, sources):
        filename = SOURCE if kind is sources else WHEEL
        for title, content, refusal in kind():
            # Names and versions that lie are seen first where the form repeats them.
            mismatch = refusal in ("name-mismatch", "version-mismatch")
            of_form = "metadata-mismatch" if mismatch else refusal
            yield Wicked(f"{kind.__name__}: {title}", filename, content, refusal, of_form)


def harmful() -> Iterator[Wicked]:
    """Right wheels with the wrong modules of the labelled corpus."""
    for rule in HARMFUL:
        for title, text in wrong_modules(CORPUS / f"{rule}.case"):
            if title not in WARNED_OF:
                content = wheel(files(**{f"{MODULE}/case.py": text}))
                yield Wicked(f"{rule}: {title}", WHEEL, content, rule, rule)


def wrong_modules(path: Path) -> Iterator[tuple[str, str]]:
    """Title and text of each wrong case that is a module alone, without notation of the corpus."""
    for case in path.read_text().split("== ")[1:]:
        head, _, text = case.partition("\n")
        label, _, title = head.partition(": ")
        if label == "wrong" and "@" not in text:
            yield title, text
