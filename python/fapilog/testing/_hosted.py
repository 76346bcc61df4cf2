"""A plugin at work in an event loop as its pipeline has one, without a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from fapilog._host_loop import HostLoop
from fapilog.testing._conformance.subject import Instance, Options, PluginFailure, Subject

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from typing_extensions import Self

    from fapilog.plugins import Kind

_LIMIT: Final = 5.0


class HostedPlugin:
    """A started plugin that can be asked about single records.

    Args:
        plugin: An object, or a function with its `kind`.
        kind: Its kind; needed for a function, and for what is of more than one.
        limit: Longest time for one call, in seconds.

    Examples:
        >>> from fapilog.testing import HostedPlugin, make_record
        >>> class Tag:
        ...     async def enrich(self, record):
        ...         return {"tag": record["message"][:3]}
        >>> with HostedPlugin(Tag()) as tag:
        ...     tag.ask(make_record("paid"))
        {'tag': 'pai'}
    """

    def __init__(self, plugin: object, *, kind: Kind | None = None, limit: float = _LIMIT) -> None:
        shape = plugin if hasattr(plugin, "__code__") else type(plugin)
        subject = Subject(shape, Options(kind=kind, time_limit=limit))
        subject.close()
        self._instance = Instance(subject, plugin, subject.folder)
        self._limit = limit
        self._stopped = False
        #: What the host said of the plugin's tasks, as diagnostics would.
        self.diagnostics: list[str] = []
        self._loop = HostLoop(lambda _, text: self.diagnostics.append(text))
        self._loop.start()
        try:
            self._run(self._instance.start())
        except BaseException:
            self._loop.stop(limit)
            raise

    def ask(self, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what its kind returns
        """What it says to a record; an alerter is given an alert of it.

        Raises:
            BaseException: Whatever it raised; TimeoutError after its time limit.
        """
        return self._run(self._instance.ask(record))

    def ask_all(self, records: Iterable[Mapping[str, Any]]) -> list[Any]:
        """What it says to each of some records."""
        return [self.ask(record) for record in records]

    def write_batch(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Hand records to a sink at once, if it takes them so, else one after the other."""
        self._run(self._instance.ask_many(list(records)))

    def stop(self) -> None:
        """Stop it and end the loop; a second time nothing happens."""
        if self._stopped:
            return
        self._stopped = True
        try:
            self._run(self._instance.stop())
        finally:
            self._loop.stop(self._limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - of any call
        try:
            return self._loop.call(work, 2 * self._limit)
        except PluginFailure as failure:
            if failure.__cause__ is not None:
                raise failure.__cause__ from None
            raise TimeoutError(str(failure)) from None
