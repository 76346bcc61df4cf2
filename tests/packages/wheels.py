"""Wheels and source archives to judge: right ones, and mutations of them."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import io
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable

NAME = "fapilog_acme-1.0-py3-none-any.whl"
SOURCE_NAME = "fapilog_acme-1.0.tar.gz"
INFO = "fapilog_acme-1.0.dist-info"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
METADATA = "Metadata-Version: 2.3\nName: fapilog-acme\nVersion: 1.0\n"


Contents = dict[str, str | bytes]


def files(**extra: str | bytes) -> Contents:
    """A wheel's files without RECORD."""
    return {
        "fapilog_acme/__init__.py": "ANSWER = 42\n",
        "fapilog_acme/data.txt": "x" * 500,
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": WHEEL,
        **extra,
    }


def _bytes(contents: str | bytes) -> bytes:
    return contents.encode() if isinstance(contents, str) else contents


def record(contents: Contents) -> str:
    """RECORD for these files."""
    lines = []
    for path, text in contents.items():
        data = _bytes(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
        lines.append(f"{path},sha256={digest.decode()},{len(data)}")
    return "\n".join([*lines, f"{INFO}/RECORD,,", ""])


def packed(contents: Contents, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of the files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    return target.getvalue()


def wheel(contents: Contents | None = None) -> bytes:
    """A right wheel."""
    contents = contents or files()
    return packed({**contents, f"{INFO}/RECORD": record(contents)})


def source() -> bytes:
    """A right source archive."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for path, text in {"PKG-INFO": METADATA, "a.py": "x = 1\n", "b/c.txt": "y" * 700}.items():
            entry = tarfile.TarInfo(f"fapilog_acme-1.0/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(target.getvalue(), mtime=0)


# --- mutations ---------------------------------------------------------------------------------


def _flip(chance: random.Random, data: bytes) -> bytes:
    bytes_ = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        bytes_[chance.randrange(len(bytes_))] = chance.randrange(256)
    return bytes(bytes_)


def _cut(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randint(1, 40) :]


def _insert(chance: random.Random, data: bytes) -> bytes:
    start = chance.choice([0, len(data), chance.randrange(len(data))])
    return data[:start] + chance.randbytes(chance.randint(1, 40)) + data[start:]


def _field(chance: random.Random, data: bytes) -> bytes:
    """Falsifies a field of a header: sizes, offsets, flags, methods, counts."""
    signatures = [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"]
    places = [
        at for signature in signatures for at in range(len(data)) if data.startswith(signature, at)
    ]
    if not places:
        return _flip(chance, data)
    at = chance.choice(places) + chance.randrange(4, 46)
    value = chance.choice([0, 1, 8, 0xFFFF, 0xFFFFFFFF, chance.randrange(1 << 32)])
    piece = struct.pack("<I", value)[: chance.choice([2, 4])]
    return (data[:at] + piece + data[at + len(piece) :])[: max(len(data), 22)]


def _twice(chance: random.Random, data: bytes) -> bytes:
    return data + data if chance.random() < 0.5 else data[: chance.randrange(len(data))] + data


def _names(chance: random.Random, data: bytes) -> bytes:
    """Replaces a name by one of the same length that deceives, in one header or both."""
    old = chance.choice([b"fapilog_acme/data.txt", b"fapilog_acme/__init__.py"])
    new = chance.choice([b"../", b"/", b"C:", b"\\..\\", b"a\0", b"\xff\xfe", b"fapilog/"])
    new = (new + old)[: len(old)]
    return data.replace(old, new, chance.choice([1, -1]))


@functools.cache
def _bomb(megabytes: int, inside: bool) -> bytes:
    """A wheel that unfolds to much more than it is, at once or through an archive in it."""
    zeros = "\0" * megabytes * 1_000_000
    if inside:
        return wheel(files(**{"fapilog_acme/inner.zip": packed({"zeros": zeros})}))
    return wheel(files(**{"fapilog_acme/zeros.bin": zeros}))


def _structure(chance: random.Random, data: bytes) -> bytes:
    """Another wheel: other names, links, duplicates, wrong RECORD, wrong metadata."""
    contents = files()
    name = chance.choice(
        ["../x", "a/../../x", "/x", "fapilog_acme/DATA.txt", "x/" * 70 + "y", "é\u202e"]
    )
    if chance.random() < 0.5:
        contents[name] = "evil"
    if chance.random() < 0.3:
        contents[f"{INFO}/METADATA"] = METADATA + chance.choice(["Name: other\n", "X\n", "\0"])
    listed = record(contents)
    if chance.random() < 0.3:
        listed = listed.replace("sha256=", chance.choice(["md5=", "sha256=A", ""]), 1)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", chance.choice([0, 8, 12, 14])) as archive:
        for path, text in {**contents, f"{INFO}/RECORD": listed}.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = chance.choice([0o100644, 0o100644, 0o120777, 0o040755]) << 16
            entry.compress_type = archive.compression
            archive.writestr(entry, text)
        archive.comment = chance.choice([b"", b"", b"PK\x05\x06"])
    return target.getvalue()


MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    _flip, _flip, _cut, _insert, _field, _field, _field, _twice, _names, _structure, _structure,
]  # fmt: skip


def hostile(seed: int) -> tuple[str, bytes]:
    """A file name and the archive: mutated once or several times, the same for a seed."""
    chance = random.Random(seed)
    if seed % 50 == 0:
        return NAME, _bomb(chance.choice([70, 90]), chance.random() < 0.5)
    if seed % 5 == 0:
        data = source()
        for _ in range(chance.randint(1, 2)):
            data = chance.choice([_flip, _cut, _insert])(chance, gzip.decompress(data))
            data = gzip.compress(data, mtime=0)
        return SOURCE_NAME, chance.choice([data, _flip(chance, data), _cut(chance, data)])
    data = wheel()
    for _ in range(chance.choice([1, 1, 2, 3])):
        data = chance.choice(MUTATIONS)(chance, data)
    return NAME, data
