"""The one model of a logger's configuration, and where each of its values came from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fapilog._errors import ConfigurationError
from fapilog._levels import level_number
from fapilog._similar import similar

if TYPE_CHECKING:
    from fapilog._policy import Policy
    from fapilog._runtime import DurableOptions, Options

#: Largest bound of a queue: no memory is as large, and the engine can count so far.
_MOST: Final = 2**48

#: Smallest bound of crash-safe mode, in bytes: room for a few of the largest records.
_LEAST: Final = 16 * 1024 * 1024

DURABLE_MODES: Final = ("mmap",)

OVERFLOWS: Final = ("block", "drop_newest", "drop_oldest", "sample")

#: Lists of parts, with the kind of their parts.
PARTS: Final = {
    "sinks": "sink",
    "filters": "filter",
    "enrichers": "enricher",
    "processors": "processor",
    "redactors": "redactor",
    "alerters": "alerter",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be said about a logger, but for its name.

    Attributes:
        level: Least severe level that is logged.
        levels: The same for single loggers and those below them.
        sinks: Where records go.
        format: Text form for sinks that have none of their own.
        filters: Parts that take records out.
        enrichers: Parts that add fields.
        processors: Parts that change records.
        redactors: Parts that take secrets out.
        alerters: Parts that tell people of severe records.
        alert_level: Least severe level that they hear of.
        alert_interval: Seconds in which they hear of one message once.
        policy: Which installed plugins may run.
        overflow: What happens when the queue is full.
        block_timeout: Longest wait of one call, in seconds.
        sample_one_in: How many records one is taken of, with ``overflow="sample"``.
        protected: Levels that are never dropped for others.
        queue_records: Records that may wait in the queue.
        queue_bytes: Their bytes.
        durable: ``"mmap"`` for crash-safe mode.
        durable_folder: Where crash-safe mode keeps what was not delivered yet.
        durable_bytes: Most bytes that it keeps.
        debug_socket: Path of a local socket through which records can be looked at.
    """

    level: str | int = "INFO"
    levels: Mapping[str, str | int] = field(default_factory=dict)
    sinks: Sequence[Any] = ("stdout",)
    format: Any = "json"
    filters: Sequence[Any] = ()
    enrichers: Sequence[Any] = ()
    processors: Sequence[Any] = ()
    redactors: Sequence[Any] = ()
    alerters: Sequence[Any] = ()
    alert_level: str | int = "CRITICAL"
    alert_interval: float = 60.0
    policy: Any = None
    overflow: str = "block"
    block_timeout: float = 1.0
    sample_one_in: int = 10
    protected: Sequence[str | int] = ()
    queue_records: int = 16_384
    queue_bytes: int = 8 * 1024 * 1024
    durable: str | None = None
    durable_folder: str | os.PathLike[str] | None = None
    durable_bytes: int = 256 * 1024 * 1024
    debug_socket: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigurationError: ``bad-level`` or ``bad-option``.
        """
        from fapilog.formats import format_of

        level_number(self.level)
        self._check_levels()
        format_of(self.format)
        for option in (*PARTS, "protected"):
            _check_list(option, getattr(self, option))
        for level in self.protected:
            level_number(level)
        if self.overflow not in OVERFLOWS:
            expected = '"block", "drop_newest", "drop_oldest" or "sample"'
            raise _bad_option("overflow", self.overflow, expected)
        level_number(self.alert_level)
        seconds_from("alert_interval", self.alert_interval)
        if self.policy is not None:
            self._policy()
        seconds_from("block_timeout", self.block_timeout)
        for option in ("sample_one_in", "queue_records", "queue_bytes"):
            _at_least_one(option, getattr(self, option), 2**32 - 1 if "one" in option else _MOST)
        self._check_durable()
        _check_path("debug_socket", self.debug_socket, "the path of a socket")

    def _policy(self) -> Policy | None:
        from fapilog._policy import policy_from

        return None if self.policy is None else policy_from(self.policy)

    def _check_durable(self) -> None:
        if self.durable is not None and self.durable not in DURABLE_MODES:
            raise _bad_option("durable", self.durable, '"mmap"')
        _check_path("durable_folder", self.durable_folder, "the path of a folder")
        number = self.durable_bytes
        if not isinstance(number, int) or isinstance(number, bool) or not _LEAST <= number < _MOST:
            raise _bad_option("durable_bytes", number, f"a whole number from {_LEAST} on")

    def _durable_options(self) -> DurableOptions | None:
        if self.durable is None:
            return None
        if self.durable_folder is None:
            raise _bad_option("durable_folder", None, 'the path of a folder for durable="mmap"')
        if self.overflow == "drop_oldest" or (self.protected and self.overflow != "block"):
            expected = (
                'durable="mmap" keeps what was accepted: "block", or "drop_newest" or "sample" '
                "without protected levels"
            )
            raise _bad_option("overflow", self.overflow, expected)
        from fapilog._runtime import DurableOptions

        return DurableOptions(Path(self.durable_folder), self.durable_bytes)

    def _check_levels(self) -> None:
        if not isinstance(self.levels, Mapping):
            expected = 'levels by name: {"shop.db": "DEBUG"}'
            raise _bad_option("levels", type(self.levels).__name__, expected)
        for level in self.levels.values():
            level_number(level)

    def runtime_options(self, name: str) -> Options:
        """What a pipeline is made of.

        Raises:
            ConfigurationError: ``no-sink``, or ``bad-option`` for settings that contradict each
                other.
        """
        from fapilog._runtime import Options

        if not self.sinks:
            hint = 'name at least one: sinks=["stdout"], or sinks=["null"] to measure the rest'
            raise ConfigurationError("no-sink", hint=hint, name=name)
        stages: list[Any] = [
            (kind, part)
            for option, kind in PARTS.items()
            if kind not in ("sink", "alerter")
            for part in getattr(self, option)
        ]
        return Options(
            sinks=self.sinks,
            stages=stages,
            name=name,
            format=self.format,
            levels=dict(self.levels),
            queue_records=self.queue_records,
            queue_bytes=self.queue_bytes,
            overflow=self.overflow,
            block_seconds=float(self.block_timeout),
            sample_one_in=self.sample_one_in,
            protected=[level_number(level) for level in self.protected],
            durable=self._durable_options(),
            alerters=self.alerters,
            alert_level=level_number(self.alert_level),
            alert_interval=float(self.alert_interval),
            policy=self._policy(),
            debug_socket=None if self.debug_socket is None else Path(self.debug_socket),
        )


#: Names of the settings.
NAMES: Final = tuple(one.name for one in fields(Settings))


@dataclass(frozen=True)
class Resolved:
    """Settings with the place that each value came from.

    Attributes:
        settings: The values.
        origins: By name of the setting: ``argument``, ``variable FAPILOG_LEVEL``,
            ``file fapilog.toml``, ``preset production`` or ``default``.
    """

    settings: Settings
    origins: Mapping[str, str]


def resolve(
    arguments: Mapping[str, Any],
    *,
    preset: str | None = None,
    config: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Resolved:
    """Put together what arguments, environment, file and preset say; the first to speak counts.

    Raises:
        ConfigurationError: ``bad-setting``, ``unknown-setting``, ``bad-config-file`` and whatever
            the values themselves raise.
    """
    from fapilog._doors import from_environment, from_file
    from fapilog._presets import preset_settings

    variables = os.environ if environment is None else environment
    given = {name: value for name, value in arguments.items() if value is not None}
    sources: list[tuple[Mapping[str, Any], Mapping[str, str]]] = [
        (given, dict.fromkeys(given, "argument")),
        from_environment(variables),
    ]
    path = config if config is not None else variables.get("FAPILOG_CONFIG") or None
    in_file: Mapping[str, Any] = {}
    if path is not None:
        in_file, origins = from_file(Path(path))
        sources.append((in_file, origins))
    chosen = preset or variables.get("FAPILOG_PRESET") or in_file.get("preset")
    if chosen:
        values = preset_settings(chosen)
        sources.append((values, dict.fromkeys(values, f"preset {chosen}")))
    values, origins = {}, dict.fromkeys(NAMES, "default")
    for source, places in reversed(sources):
        for name in source:
            if name != "preset":
                values[name], origins[name] = source[name], places[name]
    return Resolved(_checked(values, origins), origins)


def _checked(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    unknown = [name for name in values if name not in NAMES]
    for name in unknown:
        raise ConfigurationError(
            "unknown-setting", name=name, origin=origins[name], similar=similar(name, NAMES)
        )
    for name, value in values.items():
        if origins[name] == "argument":
            continue
        try:
            Settings(**{name: value})
        except ConfigurationError as error:
            raise bad_setting(name, origins[name], error) from error
    return Settings(**values)


def bad_setting(name: str, origin: str, error: ConfigurationError) -> ConfigurationError:
    """The error for a value that did not come from the code."""
    return ConfigurationError(
        "bad-setting", hint=error.hint, name=name, origin=origin, reason=error.message
    )


def seconds_from(option: str, number: object) -> float:
    """A number of seconds of at least 0.

    Raises:
        ConfigurationError: ``bad-option``.
    """
    if isinstance(number, (int, float)) and not isinstance(number, bool) and 0 <= number < 1e9:
        return float(number)
    raise _bad_option(option, number, "a number of seconds of at least 0")


def _check_list(option: str, parts: object) -> None:
    if isinstance(parts, (str, bytes)) or not isinstance(parts, Sequence):
        from fapilog._sinks import shown

        found = shown(parts) if isinstance(parts, str) else type(parts).__name__
        raise _bad_option(option, found, f'a list, such as {option}=["name"]')


def _check_path(option: str, path: object, expected: str) -> None:
    if path is not None and (not isinstance(path, (str, os.PathLike)) or not str(path)):
        raise _bad_option(option, path, expected)


def _at_least_one(option: str, number: object, most: int) -> None:
    fits = isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= most
    if not fits:
        raise _bad_option(option, number, f"a whole number from 1 to {most}")


def _bad_option(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)
