"""What is examined: a plugin, and everything that its author says about it."""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from fapilog._errors import PluginError
from fapilog._host_loop import described
from fapilog._kinds import METHODS, check_kind, takes_resources, usable_kinds
from fapilog._loader import load_class, make_instance
from fapilog._native import NativePart
from fapilog._native_plugin import NativePlugin, is_native
from fapilog._resources import Resources
from fapilog._use import Use

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Kind

#: The core's own limit for one record, and for a start and a stop, in seconds.
TIME_LIMIT: Final = 5.0

#: Records before memory is looked at for the first time.
WARM_UP: Final = 2000


class Violation(AssertionError):  # noqa: N818 - it is no error of the kit
    """The plugin does not do what a number of the contract asks."""


class NotChecked(Exception):  # noqa: N818 - it is no error
    """A number that cannot be checked, and why."""


class PluginFailure(Exception):  # noqa: N818 - of the plugin, not of the kit
    """The plugin failed where another number was to be checked.

    Attributes:
        number: The number that says that it must not.
    """

    def __init__(self, number: str, reason: str) -> None:
        self.number = number
        super().__init__(reason)


@dataclass(frozen=True)
class Options:
    """What an author says about a plugin; see :func:`fapilog.testing.conformance`."""

    kind: Kind | None = None
    config: object = None
    received: Callable[[Path], Sequence[Any]] | None = None
    broken_config: object = None
    secrets: Mapping[str, object] = field(default_factory=dict)
    records: Sequence[Mapping[str, Any]] = ()
    deterministic: bool = True
    warm_up: int = WARM_UP
    time_limit: float = TIME_LIMIT
    skip: Mapping[str, str] = field(default_factory=dict)


class Subject:
    """Makes instances of a plugin, each with a folder of its own."""

    def __init__(self, plugin: object, options: Options) -> None:
        """Find out what it is.

        Raises:
            PluginError: It cannot be loaded, or is no plugin.
            ValueError: It is of several kinds, and `kind` does not say which is meant.
        """
        self.options = options
        self.entry_point = plugin if isinstance(plugin, str) else None
        if isinstance(plugin, str):
            plugin = load_class(plugin, kind=options.kind or "processor")
        self.plugin = plugin
        self.name = self.entry_point or _name_of(plugin)
        self.native = is_native(plugin) or isinstance(plugin, NativePart)
        self.is_function = inspect.isfunction(plugin) or inspect.isbuiltin(plugin)
        if not (self.native or self.is_function or isinstance(plugin, type)):
            raise TypeError(f"`{self.name}` is an object: give its class, of which some are made")
        self.kind: Kind = options.kind or self._only_kind()
        if isinstance(plugin, NativePart):
            if plugin.kind != self.kind:
                raise ValueError(f"`{self.name}` is a {plugin.kind} of the engine")
        elif self.native:
            check_kind(self.name, NativePlugin(self.name, plugin, None), self.kind)
        else:
            check_kind(self.name, plugin, self.kind)
        #: Where every instance gets a folder of its own.
        self.folder = Path(tempfile.mkdtemp(prefix="fapilog-conformance-"))
        self._numbers = count(1)  # of instances, which several threads may make
        #: How often any instance was called.
        self.steps = 0

    def _only_kind(self) -> Kind:
        if isinstance(self.plugin, NativePart):
            return cast("Kind", self.plugin.kind)
        if self.is_function:
            raise ValueError(f'`{self.name}` is a function: say kind="processor" or another one')
        kinds = usable_kinds(self.name, self.plugin)
        if len(kinds) > 1:
            raise ValueError(f"`{self.name}` is of several kinds: say kind= one of {kinds}")
        return kinds[0]

    @property
    def method_name(self) -> str:
        """The working method of its kind."""
        return METHODS[self.kind]

    @property
    def changes_records(self) -> bool:
        """Whether records come back from it."""
        return self.kind not in ("sink", "alerter")

    @property
    def exact(self) -> bool:
        """Whether the same record must get the same answer, to the value: what an enricher adds
        may be a time or a random number."""  # noqa: D205, D209
        return self.options.deterministic and self.kind != "enricher"

    @property
    def waits(self) -> bool:
        """Whether it is made of coroutines."""
        return not self.native and not (
            self.is_function and not inspect.iscoroutinefunction(self.plugin)
        )

    def make(self, config: object = None) -> Instance:
        """A new instance; it is not started.

        Raises:
            PluginFailure: It does not accept its configuration.
        """
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        chosen: Any = self.options.config if config is None else config
        given = chosen(folder) if _is_maker(chosen) else chosen
        if isinstance(self.plugin, NativePart):
            return Instance(self, self.plugin, folder)
        if self.native:
            return Instance(self, Use(self.plugin, name=self.name, config=given), folder)
        made = self.plugin
        if isinstance(made, type):
            try:
                made = make_instance(self.name, made, given)
            except PluginError as error:
                # A plugin is made where no loop runs yet.
                number = "M24" if "no running event loop" in error.message else "M22"
                raise PluginFailure(number, error.message) from error
        return Instance(self, made, folder)

    def close(self) -> None:
        """Remove the folders."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Instance:
    """One instance of the plugin that is examined."""

    def __init__(self, subject: Subject, plugin: Any, folder: Path) -> None:  # noqa: ANN401 - any
        self.subject = subject
        self.plugin = plugin
        self.folder = folder

    async def start(self) -> None:
        """Start it, as a pipeline does.

        Raises:
            PluginFailure: It failed, or took too long.
        """
        await self._once("start")

    async def stop(self) -> None:
        """Stop it.

        Raises:
            PluginFailure: It failed, or took too long.
        """
        await self._once("stop")

    async def _once(self, name: str) -> None:
        method = getattr(self.plugin, name, None)
        if method is None or self.subject.is_function:
            return
        given = (Resources(),) if name == "start" and takes_resources(method) else ()
        try:
            await self.within(method(*given), name)
        except Exception as error:
            if isinstance(error, PluginFailure):
                raise
            raise PluginFailure("M24", f"its `{name}` failed: {described(error)}") from error

    def call(self, record: object) -> Any:  # noqa: ANN401 - an awaitable of anything
        """The working method's awaitable for a record."""
        if self.subject.is_function:
            function: Any = self.plugin
            if inspect.iscoroutinefunction(function):
                return function(self._given(record))
            return asyncio.to_thread(function, self._given(record))
        if self.batch_method == "write_encoded":
            return self.plugin.write_encoded([encoded(record)])
        return getattr(self.plugin, self.subject.method_name)(self._given(record))

    async def ask(self, record: object) -> Any:  # noqa: ANN401 - an answer of any kind
        """What it says to a record.

        Raises:
            PluginFailure: It failed, or took too long.
        """
        try:
            return await self.within(self.call(record), self.subject.method_name)
        except Exception as error:
            if isinstance(error, PluginFailure):
                raise
            raise PluginFailure("M26", f"it failed on a record: {described(error)}") from error

    @property
    def batch_method(self) -> str:
        """The method by which it takes many records at once, if it has one."""
        if self.subject.kind == "sink" and not self.subject.is_function:
            for name in ("write_encoded", "write_batch"):
                if getattr(self.plugin, name, None) is not None:
                    return name
        return ""

    async def ask_many(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Hand over many records, as a pipeline does it for its kind.

        Raises:
            PluginFailure: It failed, or took too long.
        """
        name = self.batch_method
        if not name:
            for record in records:
                await self.ask(record)
            return
        given: list[Any] = list(records)
        if name == "write_encoded":
            given = [encoded(record) for record in records]
        try:
            await self.within(getattr(self.plugin, name)(given), name)
        except Exception as error:
            if isinstance(error, PluginFailure):
                raise
            raise PluginFailure("M26", f"its `{name}` failed: {described(error)}") from error

    async def within(self, work: Any, what: str) -> Any:  # noqa: ANN401 - any awaitable
        """Wait for a call, no longer than the plugin may take.

        Raises:
            PluginFailure: It took longer, or cancelled itself.
        """
        self.subject.steps += 1
        limit = self.subject.options.time_limit
        task = asyncio.ensure_future(work)
        await asyncio.wait({task}, timeout=limit)
        if task.done():
            if task.cancelled():
                raise PluginFailure("M15", f"its `{what}` cancelled itself")
            return task.result()
        task.cancel()
        raise PluginFailure("M31", f"its `{what}` took longer than {limit:g} s")

    def _given(self, record: Any) -> object:  # noqa: ANN401 - a record
        if self.subject.kind != "alerter":
            return record
        from fapilog.plugins import Alert

        return Alert(str(record.get("message", "")), record)

    def received(self) -> list[dict[str, Any]]:
        """What arrived at the sink's destination.

        Raises:
            NotChecked: The author does not say.
        """
        received = self.subject.options.received
        if received is None:
            raise NotChecked("say what arrived: received=lambda folder: [records]")
        return [_as_record(item) for item in received(self.folder)]


def encoded(record: Any) -> bytes:  # noqa: ANN401 - a record
    """The text of a record, as a sink gets it."""
    return json.dumps(dict(record), default=str).encode(errors="replace") + b"\n"


def _as_record(item: Any) -> dict[str, Any]:  # noqa: ANN401 - what an author gives
    if isinstance(item, (str, bytes, bytearray)):
        item = json.loads(item)
    if not isinstance(item, Mapping):
        raise TypeError(f"received= gave a `{type(item).__name__}`, expected records or their JSON")
    return dict(item)


def _is_maker(config: object) -> bool:
    """Whether it makes a configuration for a folder."""
    return inspect.isfunction(config) or inspect.ismethod(config)


def _name_of(plugin: object) -> str:
    for name in (getattr(plugin, "__name__", None), getattr(plugin, "path", None)):
        if isinstance(name, str) and name:
            return Path(name).stem
    return type(plugin).__name__
