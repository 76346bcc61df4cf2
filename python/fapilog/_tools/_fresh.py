"""Importing packages as their files are now, whatever was imported or compiled before."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

#: Looks at which an emptied file must be the same: half a second of them.
_LOOKS_WHEN_EMPTY: Final = 25


class _FreshLoader(SourceFileLoader):
    """Compiles the source each time: a cached file is told from a stale one by whole seconds."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code, from its source."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class FreshPackages:
    """Some packages whose modules are always imported from their source folders."""

    def __init__(self, packages: Sequence[str], roots: Sequence[Path]) -> None:
        """Put the packages before all others of their names."""
        self._packages = tuple(packages)
        self._roots = [str(root) for root in roots]
        sys.meta_path.insert(0, self)

    def owns(self, module: str) -> bool:
        """Whether a module is one of the packages or in one."""
        return module.partition(".")[0] in self._packages

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Part of the import system."""
        if not self.owns(name):
            return None
        for folder in self._roots if path is None else path:
            finder = FileFinder(
                folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_FreshLoader, [".py"])
            )
            spec = finder.find_spec(name, target)
            if spec is not None:
                return spec
        return None

    def invalidate_caches(self) -> None:
        """Part of the import system; there is no cache."""

    @contextmanager
    def anew(self) -> Iterator[None]:
        """Import anew what is imported inside; when that fails, what was there is back."""
        importlib.invalidate_caches()
        old = {name: module for name, module in sys.modules.items() if self.owns(name)}
        for name in old:
            del sys.modules[name]
        try:
            yield
        except BaseException:
            for name in [name for name in sys.modules if self.owns(name)]:
                del sys.modules[name]
            sys.modules.update(old)
            raise


class Files:
    """The source files of some folders, and whether they changed.

    Args:
        folders: Where to look, with all folders in them.
        patterns: Which files count.
        skip: Names of folders at the top that are passed over; so are hidden ones, when any are.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        patterns: Sequence[str] = ("*.py",),
        skip: Sequence[str] = (),
    ) -> None:
        self._patterns = patterns
        self._folders = [
            inner for folder in folders for inner in (_inner(folder, skip) if skip else [folder])
        ]
        self._seen = self._state()
        self._moving: dict[str, tuple[int, int, int]] | None = None
        self._looks = 0

    def changed(self) -> float | None:
        """When something was saved that was not reported yet, as seconds of the system's clock.

        A change is reported once it is the same at two looks, or at some more when a file is empty:
        half-written files are nobody's intention, and many editors empty a file first.
        """
        now = self._state()
        if now == self._seen:
            self._moving = None
            return None
        if now != self._moving:
            self._moving, self._looks = now, 0
            return None
        self._looks += 1
        emptied = any(
            size == 0 and self._seen.get(path, (0, 0, 0))[1] for path, (_, size, _) in now.items()
        )
        if emptied and self._looks < _LOOKS_WHEN_EMPTY:
            return None
        saved = max(
            (state[0] for path, state in now.items() if self._seen.get(path) != state), default=0
        )
        self._seen, self._moving = now, None
        return saved / 1e9

    def _state(self) -> dict[str, tuple[int, int, int]]:
        found: dict[str, tuple[int, int, int]] = {}
        for path in self._found():
            try:
                status = path.stat()
            except OSError:  # gone meanwhile
                continue
            found[str(path)] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return found

    def _found(self) -> Iterator[Path]:
        for folder in self._folders:
            if folder.is_file():
                yield folder
                continue
            for pattern in self._patterns:
                yield from folder.rglob(pattern)


def _inner(folder: Path, skip: Sequence[str]) -> list[Path]:
    """What is in a project's folder, without what tools put there."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.name not in skip and not path.name.startswith(".")
    ]
