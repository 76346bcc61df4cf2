"""Running one plugin over records: what it may return, and what a failure means for its kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from fapilog._kinds import METHODS
from fapilog._stats import PluginStats

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Kind

#: What a record keeps when a redactor failed: nothing that an application or a plugin put in.
_KEPT_WHEN_WITHHELD: Final = ("timestamp", "level", "logger")

Records = list[dict[str, Any] | None]


class PluginRun:
    """A plugin in its place in a pipeline, with its counts."""

    #: Whether this place starts and stops the plugin: one of a pipeline does, if it has several.
    owns_plugin = True

    def __init__(self, name: str, kind: Kind, plugin: object) -> None:
        self.name = name
        self.kind: Kind = kind
        self.plugin = plugin
        self.method: Callable[[Any], Awaitable[Any]] = getattr(plugin, METHODS[kind])
        self.records = 0
        self.errors = 0
        self._accept = _ACCEPT.get(kind, _accept_nothing)

    def stats(self) -> PluginStats:
        """The counts now."""
        return PluginStats(self.name, self.kind, self.records, self.errors)

    def accept(self, record: dict[str, Any], result: object) -> dict[str, Any] | None:
        """The record to go on with after the plugin returned `result`.

        Raises:
            TypeError: The plugin returned something that its kind must not return.
        """
        return self._accept(record, result)

    def after_failure(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record to go on with after the plugin failed on it."""
        return withheld(record, self.name) if self.kind == "redactor" else record


def own_copy(record: dict[str, Any]) -> dict[str, Any]:
    """A copy for a plugin: what it changes, also inside of nested values, does not reach others."""
    for value in record.values():
        kind = type(value)
        if kind is dict or kind is list:
            return {key: _own(value) for key, value in record.items()}
    # Most records hold scalars only, which nobody can change.
    return record.copy()


def _own(value: Any) -> Any:  # noqa: ANN401 - any value of a record
    kind = type(value)
    if kind is dict:
        return {key: _own(inner) for key, inner in value.items()}
    if kind is list:
        return [_own(inner) for inner in value]
    return value


def withheld(record: Mapping[str, Any], redactor: str) -> dict[str, Any]:
    """A record without any value that a failed redactor should have seen."""
    kept = {key: record[key] for key in _KEPT_WHEN_WITHHELD if key in record}
    return {**kept, "message": f"[withheld: redactor {redactor} failed]"}


def _accept_filtered(record: dict[str, Any], result: object) -> dict[str, Any] | None:
    return None if result is None else _as_dict(result, "the record or None")


def _accept_enriched(record: dict[str, Any], result: object) -> dict[str, Any]:
    if not isinstance(result, Mapping):
        raise _wrong_result(result, "a mapping of fields")
    added = {key: value for key, value in result.items() if key not in record}
    return {**record, **added} if added else record


def _accept_processed(record: dict[str, Any], result: object) -> dict[str, Any] | None:
    return None if result is None else _as_dict(result, "a mapping or None")


def _accept_redacted(record: dict[str, Any], result: object) -> dict[str, Any]:
    return _as_dict(result, "a mapping")


def _accept_nothing(record: dict[str, Any], result: object) -> dict[str, Any]:
    return record


def _as_dict(result: object, expected: str) -> dict[str, Any]:
    if type(result) is dict:
        return result
    if isinstance(result, Mapping):
        return dict(result)
    raise _wrong_result(result, expected)


def _wrong_result(result: object, expected: str) -> TypeError:
    return TypeError(f"returned `{type(result).__name__}`, expected {expected}")


_ACCEPT: Final[dict[str, Callable[[dict[str, Any], object], dict[str, Any] | None]]] = {
    "filter": _accept_filtered,
    "enricher": _accept_enriched,
    "processor": _accept_processed,
    "redactor": _accept_redacted,
}
