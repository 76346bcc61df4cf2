"""Running one plugin over records: what it may return, and what a failure means for its kind."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

from fapilog._conditions import compiled
from fapilog._kinds import METHODS
from fapilog._stats import Histogram, PluginStats
from fapilog._use import Cache, Use

if TYPE_CHECKING:
    import asyncio

    from fapilog._alerts import Alerts
    from fapilog.plugins._protocols import Kind

#: Kinds that may put any dict in the place of a record.
MAY_RETURN_ANY: Final = ("filter", "processor", "redactor")

#: What a record keeps when a redactor failed: nothing that an application or a plugin put in.
_KEPT_WHEN_WITHHELD: Final = ("timestamp", "level", "logger")

#: So many failures in a row, and a plugin is not asked for so many seconds. What it decides is not
#: left out for its failures: filters and redactors are asked about every record.
BREAKER_FAILURES: Final = 10
BREAKER_SECONDS: Final = 10.0
_WITHOUT_BREAKER: Final = ("filter", "redactor")

#: A plugin is unhealthy when more than this share of its last records failed, and degraded when it
#: takes longer for one.
_UNHEALTHY_SHARE: Final = 0.1
_SLOW_SECONDS: Final = 0.1

#: Records after which older ones count half as much for its health.
_RECENT: Final = 200

Records = list[dict[str, Any] | None]


class PluginRun:
    """A plugin in its place in a pipeline, with its counts."""

    #: Whether this place starts and stops the plugin: one of a pipeline does, if it has several.
    owns_plugin = True

    #: Whether it hears records beside the sinks, and counts nowhere.
    observes = False

    def __init__(
        self,
        name: str,
        kind: Kind,
        plugin: object,
        use: Use | None = None,
        make: Callable[[], object] | None = None,
    ) -> None:
        use = use or Use(plugin)
        self.name = name
        self.kind: Kind = kind
        self.timeout = use.timeout
        self.on_failure = use.on_failure
        self.when = compiled(use.when)
        self.cache = Answers(use.cache) if use.cache else None
        #: Makes the plugin anew; None for an object that somebody else made.
        self.make = make
        #: Makes alerts of records, for an alerter.
        self.alerts: Alerts | None = None
        self.enabled = True
        #: Why it is not asked any more: it blocks the event loop.
        self.blocked = ""
        self.records = 0
        self.errors = 0
        self.skipped = 0
        self.latency = Histogram()
        self._recent = self._recent_errors = 0
        self._recent_seconds = 0.0
        #: How often it failed since it last worked.
        self.failures = 0
        #: When its circuit closes again; 0 when it never was open.
        self.closed_until = 0.0
        self._accept = _ACCEPT.get(kind, _accept_nothing)
        #: A dict that it returns is the record to go on with: `accept` need not be asked.
        self.may_return_any = kind in MAY_RETURN_ANY
        self.take(plugin)

    def take(self, plugin: object) -> None:
        """Run another plugin from now on, with a clean sheet for its health."""
        import asyncio  # here, so that loggers without plugins do not pay for it

        self.plugin = plugin
        #: Held while the plugin is at work, so that it is exchanged between batches.
        self.busy: asyncio.Lock = asyncio.Lock()
        self.blocked = ""
        self._recent = self._recent_errors = self.failures = 0
        self._recent_seconds = self.closed_until = 0.0
        function = inspect.isfunction(plugin) or inspect.isbuiltin(plugin)
        self.method: Callable[[Any], Awaitable[Any]] = (
            plugin if function else getattr(plugin, METHODS[self.kind])  # type: ignore[assignment]
        )
        #: A plain function, which may block: it runs in a thread, a batch at a time.
        self.is_blocking = function and not inspect.iscoroutinefunction(plugin)
        if self.cache is not None:
            self.cache.clear()

    @property
    def is_shareable(self) -> bool:
        """Whether several pipelines may have it: a function keeps nothing."""
        return inspect.isfunction(self.plugin) or inspect.isbuiltin(self.plugin)

    @property
    def takes_texts(self) -> bool:
        """Whether it is a sink that is given texts instead of records."""
        return self.kind == "sink" and self.optional("write_encoded") is not None

    def optional(self, name: str) -> Callable[..., Any] | None:
        """An optional method of the plugin, if it has it."""
        return getattr(self.plugin, name, None)

    def stats(self) -> PluginStats:
        """The counts now."""
        health, reason = self.health()
        return PluginStats(
            self.name,
            self.kind,
            self.records,
            self.errors,
            self.skipped,
            health,
            reason,
            self.enabled,
            self.latency.snapshot(),
        )

    def health(self) -> tuple[Literal["healthy", "degraded", "unhealthy"], str]:
        """How it does, and why."""
        if self.blocked:
            return "unhealthy", self.blocked
        if self.closed_until == inf:
            return "unhealthy", "it failed, and stops at its first failure"
        if self.is_open():
            return "unhealthy", f"it failed {BREAKER_FAILURES} times in a row and is left alone"
        share = self._recent_errors / self._recent if self._recent else 0.0
        if share > _UNHEALTHY_SHARE:
            return "unhealthy", f"{share:.0%} of its last records failed"
        if self._recent_errors:
            return "degraded", f"{share:.1%} of its last records failed"
        mean = self._recent_seconds / self._recent if self._recent else 0.0
        if mean > _SLOW_SECONDS:
            return "degraded", f"it takes {1000 * mean:.0f} ms for a record"
        return "healthy", ""

    def is_open(self) -> bool:
        """Whether it failed so often that it is not asked."""
        return self.closed_until > 0 and monotonic() < self.closed_until

    def skips(self, record: dict[str, Any]) -> bool:
        """Whether it is not asked about a record."""
        return not self.enabled or (self.when is not None and not self.when(record))

    def failed(self) -> None:
        """It failed on a record."""
        self.errors += 1
        self._recent_errors += 1
        self.failures += 1
        if self.on_failure == "stop":
            self.closed_until = inf
        elif self.failures >= BREAKER_FAILURES and self.kind not in _WITHOUT_BREAKER:
            # The first record after that is the probe: one more failure opens it again.
            self.failures = BREAKER_FAILURES - 1
            self.closed_until = monotonic() + BREAKER_SECONDS

    def took(self, records: int, seconds: float) -> None:
        """It was given a batch."""
        self.latency.add(seconds)
        self._recent += records
        self._recent_seconds += seconds
        if self._recent > _RECENT:
            self._recent //= 2
            self._recent_errors //= 2
            self._recent_seconds /= 2

    def reset(self) -> None:
        """Count from zero, and forget what its health was."""
        self.records = self.errors = self.skipped = 0
        self.latency = Histogram()
        self._recent = self._recent_errors = self.failures = 0
        self._recent_seconds = self.closed_until = 0.0

    def accept(self, record: dict[str, Any], result: object) -> dict[str, Any] | None:
        """The record to go on with after the plugin returned `result`.

        Raises:
            TypeError: The plugin returned something that its kind must not return.
        """
        return self._accept(record, result)

    def after_failure(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record to go on with after the plugin failed on it."""
        return withheld(record, self.name) if self.kind == "redactor" else record


class Answers:
    """What an enricher returned, by what its answer depends on."""

    def __init__(self, options: Cache) -> None:
        self._options = options
        self._kept: OrderedDict[object, tuple[float, Mapping[str, Any]]] = OrderedDict()

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def key(self, record: dict[str, Any]) -> object:
        """What an answer about a record depends on; None when that cannot be told."""
        key = self._options.key
        try:
            made = key(record) if callable(key) else tuple(record.get(name) for name in key)
            hash(made)
        except Exception:  # noqa: BLE001 - a function of the user, or a value without a hash
            return None
        return made

    def get(self, key: object) -> Mapping[str, Any] | None:
        """The answer for a key, unless it is too old."""
        kept = self._kept.get(key)
        if kept is None or kept[0] < monotonic():
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def put(self, key: object, answer: Mapping[str, Any]) -> None:
        """Keep an answer."""
        self._kept[key] = (monotonic() + self._options.seconds, answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._options.size:
            self._kept.popitem(last=False)


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
