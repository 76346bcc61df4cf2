"""How a pipeline uses a plugin: its name, place, conditions, time limit and cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from fapilog._conditions import Predicate, When
from fapilog._errors import ConfigurationError

#: What a failure means beside that it is counted.
OnFailure: TypeAlias = Literal["say", "count", "stop"]

#: Place of a part that says nothing about it; lower runs first.
PRIORITY: Final = 100

#: Longest time limit that a plugin may be given, in seconds.
_LONGEST: Final = 300.0

#: Most values that a cache may hold.
_MOST_CACHED: Final = 1_000_000

#: Where a decorated object keeps how it is to be used.
ATTRIBUTE: Final = "__fapilog_use__"


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Keeps what an enricher returned.

    Attributes:
        key: The fields of a record that its answer depends on; or a function of the record that
            gives a hashable key.
        seconds: How long an answer is kept.
        size: How many answers are kept; the one that was used least recently goes first.
    """

    key: Sequence[str] | Callable[[dict[str, Any]], object]
    seconds: float = 300.0
    size: int = 1000

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        if not callable(self.key) and (
            isinstance(self.key, str)
            or not self.key
            or not all(isinstance(name, str) for name in self.key)
        ):
            raise _bad_option("key", self.key, 'names of fields, such as key=["user_id"]')
        if not _is_number(self.seconds) or self.seconds <= 0:
            raise _bad_option("seconds", self.seconds, "a number of seconds above 0")
        if not isinstance(self.size, int) or not 1 <= self.size <= _MOST_CACHED:
            raise _bad_option("size", self.size, f"a whole number from 1 to {_MOST_CACHED}")


@dataclass(frozen=True)
class Use:
    """A plugin with all that is to be said about its place in a pipeline.

    Attributes:
        plugin: The plugin: the name of an installed or registered one, an object or a function.
        name: Its name in this pipeline; as usual its own.
        priority: Enrichers with a lower number run first; those with the same one as they are
            listed.
        after: Names of enrichers that must have run before this one, whatever the priorities say.
        when: Conditions for being asked at all. Not for redactors and sinks, which see everything.
        timeout: Longest time for one record, in seconds, at most 300; 5 for a batch without
            progress when it is not given.
        cache: Keeps answers of an enricher.
        on_failure: What a failure of an enricher or processor means beside that the record goes on:
            ``"say"`` counts it and says it in the diagnostics, at most every ten seconds;
            ``"count"`` only counts it; ``"stop"`` says it, and the plugin is asked no more until it
            is exchanged or its counts are reset.
        config: Configuration of an installed plugin (its ``Config``, or a mapping of its fields),
            or of one in a library.
    """

    plugin: Any
    name: str | None = None
    priority: int = PRIORITY
    after: Sequence[str] = ()
    when: When | Predicate | None = None
    timeout: float | None = None
    cache: Cache | None = None
    config: Any = None
    on_failure: OnFailure = "say"

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        # A class, a name and a library are made by the pipeline, an object is made already.
        native = hasattr(self.plugin, "__fapilog_plugin__")
        made = not isinstance(self.plugin, (str, type)) and not native
        if self.config is not None and made:
            raise _bad_option("config", type(self.config).__name__, "nothing: of an object")
        if isinstance(self.plugin, Use):
            raise _bad_option("plugin", "Use(…)", "a plugin")
        if self.name is not None and (not isinstance(self.name, str) or not self.name.strip()):
            raise _bad_option("name", repr(self.name), "a name")
        if not isinstance(self.priority, int) or isinstance(self.priority, bool):
            raise _bad_option("priority", self.priority, "a whole number")
        if isinstance(self.after, str) or not all(isinstance(name, str) for name in self.after):
            raise _bad_option("after", self.after, 'a list of names, such as after=["geo"]')
        if self.when is not None and not isinstance(self.when, When) and not callable(self.when):
            raise _bad_option("when", self.when, "When(…) or a function of a record")
        if self.timeout is not None and not (
            _is_number(self.timeout) and 0 < self.timeout <= _LONGEST
        ):
            raise _bad_option("timeout", self.timeout, f"seconds above 0, at most {_LONGEST:g}")
        if self.cache is not None and not isinstance(self.cache, Cache):
            raise _bad_option("cache", self.cache, 'Cache(key=["field"])')
        if self.on_failure not in get_args(OnFailure):
            raise _bad_option("on_failure", self.on_failure, '"say", "count" or "stop"')

    def check_for(self, kind: str) -> None:
        """Check that everything said has an effect for a kind.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        if kind != "enricher":
            for option, unset in (("priority", PRIORITY), ("after", ()), ("cache", None)):
                if getattr(self, option) != unset:
                    raise _bad_option(option, getattr(self, option), f"nothing: of a {kind}")
        if self.on_failure != "say" and kind not in ("enricher", "processor"):
            raise _bad_option("on_failure", self.on_failure, f"nothing: of a {kind}")
        if self.when is not None and kind in ("redactor", "sink", "alerter"):
            raise _bad_option("when", self.when, f"nothing: a {kind} sees every record")


def use_of(part: object) -> Use:
    """How a part is to be used: what is said here, or where it was decorated."""
    if isinstance(part, Use):
        return part
    known = getattr(part, ATTRIBUTE, None)
    return known if isinstance(known, Use) and known.plugin is part else Use(part)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _bad_option(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)
