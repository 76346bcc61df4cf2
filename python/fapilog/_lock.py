"""The lock of installed plugins: what each distribution consisted of when somebody looked.

A distribution's digest is the SHA-256 of the sorted lines ``path,sha256`` of its ``RECORD``,
without what installers add themselves, so that pip and uv give the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from fapilog._errors import ConfigurationError, PluginError
from fapilog._names import normalised

if TYPE_CHECKING:
    from fapilog._discovery import FoundPlugin

_VERSION: Final = 1

#: Files of ``.dist-info`` that installers write, and that differ from one to the other.
_OF_INSTALLERS: Final = (
    "RECORD",
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    "uv_cache.json",
    "uv_build.json",
    "provenance_url.json",
)

#: Largest lock file, in bytes.
_MOST_BYTES: Final = 4 * 1024 * 1024


def write(plugins: Iterable[FoundPlugin], path: Path) -> list[str]:
    """Write the lock of some plugins, whole or not at all; gives a line for each.

    Raises:
        PluginError: ``plugin-not-locked`` for a distribution whose files are not those that it
            was installed with.
        OSError: The file cannot be written.
    """
    lines, said = [f"# Written by `fapilog plugin lock`.\nversion = {_VERSION}\n"], []
    for plugin in plugins:
        digest = _digest_of(plugin)
        values = {
            "name": normalised(plugin.name),
            "distribution": normalised(plugin.distribution),
            "version": plugin.version,
            "sha256": digest,
        }
        lines.append("[[plugin]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines.append("")
        said.append(f"{plugin.name}  {plugin.distribution} {plugin.version}  sha256:{digest}")
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text("\n".join(lines), encoding="utf-8")
    temporary.replace(path)
    return said


def verify(plugin: FoundPlugin, path: Path) -> None:
    """Check that a plugin's distribution is what the lock says, and its files what it says.

    Raises:
        PluginError: ``plugin-not-locked``.
        ConfigurationError: ``bad-config-file`` when the lock cannot be read.
    """
    entry = _read(path).get(normalised(plugin.name))
    if entry is None:
        raise _not_locked(plugin, f"{path} has no such plugin")
    for key, found in (
        ("distribution", normalised(plugin.distribution)),
        ("version", plugin.version),
        ("sha256", _digest_of(plugin)),
    ):
        if entry.get(key) != found:
            raise _not_locked(plugin, f"its {key} is `{found}`, {path} has `{entry.get(key)}`")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    from fapilog._engine import read_toml

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError("it is larger than 4 MiB")
        table = json.loads(read_toml(data.decode()))
        if table.get("version") != _VERSION:
            raise ValueError(f"expected version = {_VERSION}")
        return {entry["name"]: entry for entry in table.get("plugin", [])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = f"write it, after a look at what is installed: fapilog plugin lock --output {path}"
        raise ConfigurationError(
            "bad-config-file", hint=hint, path=str(path), reason=reason
        ) from None


def _digest_of(plugin: FoundPlugin) -> str:
    """The digest of a plugin's distribution, whose files are checked on the way."""
    found = distribution(plugin.distribution)
    rows: list[str] = []
    recorded: set[Path] = set()
    for file in found.files or ():
        path = Path(str(found.locate_file(file)))
        recorded.add(path.resolve())
        if _is_of_installer(PurePosixPath(file)):
            continue
        if file.hash is None or file.hash.mode != "sha256":
            raise _not_locked(plugin, f"its RECORD has no SHA-256 of `{file}`")
        try:
            digest = hashlib.sha256(path.read_bytes()).digest()
        except OSError:
            raise _not_locked(plugin, f"its file `{file}` is missing") from None
        text = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if text != file.hash.value.rstrip("="):
            raise _not_locked(plugin, f"its file `{file}` was changed after it was installed")
        rows.append(f"{file},{text}")
    if not rows:
        raise _not_locked(plugin, "its distribution has no RECORD: it is installed as editable")
    _refuse_strangers(plugin, found, recorded)
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def _refuse_strangers(plugin: FoundPlugin, found: Distribution, recorded: set[Path]) -> None:
    """Code that lies among a distribution's own and is not in its RECORD."""
    packages = {
        PurePosixPath(file).parts[0]
        for file in found.files or ()
        if len(PurePosixPath(file).parts) > 1 and PurePosixPath(file).name == "__init__.py"
    }
    for package in packages:
        folder = Path(str(found.locate_file(package)))
        for path in folder.rglob("*"):
            if path.suffix in (".py", ".so", ".pyd", ".pth") and path.resolve() not in recorded:
                reason = f"`{path.relative_to(folder.parent)}` is not in its RECORD"
                raise _not_locked(plugin, reason)


def _is_of_installer(path: PurePosixPath) -> bool:
    return (
        (path.parent.name.endswith(".dist-info") and path.name in _OF_INSTALLERS)
        or path.suffix == ".pyc"
        or ".." in path.parts  # scripts, which are written anew for each environment
    )


def _not_locked(plugin: FoundPlugin, reason: str) -> PluginError:
    install = f'install --force-reinstall "{plugin.distribution}=={plugin.version}"'
    return PluginError(
        "plugin-not-locked",
        hint=f"reinstall it: pip {install}, or uv pip {install}\n"
        "or, when the change is wanted: fapilog plugin lock",
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        reason=reason,
    )
