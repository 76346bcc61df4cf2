"""First-party plugins that are not installed: named by an extra of fapilog itself."""

from __future__ import annotations

from typing import Final

from fapilog._names import normalised

#: Extras that bring no plugin.
_OTHERS: Final = ("cli", "dev")

#: What was said already, in this process.
_said: set[str] = set()


def extra_of(name: str) -> str | None:
    """The extra of fapilog that installs a plugin of that name."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        extras = metadata("fapilog").get_all("Provides-Extra") or []
    except PackageNotFoundError:  # the package runs from somewhere without its metadata
        return None
    wanted = normalised(name)
    return next(
        (extra for extra in extras if normalised(extra) == wanted and extra not in _OTHERS), None
    )


def say_absent(kind: str, name: str, extra: str) -> None:
    """Say once that a plugin is left out, and how to get it."""
    from fapilog._engine import say

    if name in _said:
        return
    _said.add(name)
    install = f'install "fapilog[{extra}]"'
    say(f"{kind} `{name}` is not installed and is left out: pip {install}, or uv pip {install}")
