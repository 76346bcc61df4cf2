# The extension module; private. Written by hand, held against the module by stubtest.
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypedDict, final, type_check_only

from typing_extensions import Self

__all__ = [
    "KNOWN_PATTERNS",
    "LoggerCore",
    "Pipeline",
    "Waiter",
    "__version__",
    "check_range",
    "leave",
    "pattern_fault",
    "say",
]

KNOWN_PATTERNS: Final[tuple[str, ...]]
__version__: Final[str]

_Record: TypeAlias = dict[str, Any]
_Records: TypeAlias = list[_Record | None]
_StageSpec: TypeAlias = (
    tuple[str, str, str] | tuple[Callable[[_Records], _Records], Callable[[], None]]
)

@type_check_only
class _Counts(TypedDict):
    submitted: int
    delivered: int
    filtered: int
    dropped: dict[str, int]
    queued: int

def check_range(
    requires_dist: list[str], core_version: str, markers: dict[str, str]
) -> tuple[str, str, str]: ...
def leave() -> None: ...
def pattern_fault(pattern: str, /) -> str | None: ...
def say(message: str, /) -> None: ...

@final
class Waiter:
    def __new__(cls) -> Self: ...
    def done(self, future: object, /) -> None: ...
    def wait(self, timeout: float) -> bool: ...

@final
class Pipeline:
    def __new__(
        cls,
        *,
        sinks: list[dict[str, Any]],
        stages: list[_StageSpec],
        formats: list[tuple[str, str]],
        queue_records: int,
        queue_bytes: int,
        overflow: str,
        block_seconds: float,
        sample_one_in: int,
        protected: list[int],
        capture_thread: bool,
    ) -> Self: ...
    def flush(self, timeout: float) -> bool: ...
    def close(self, timeout: float) -> tuple[int, bool, list[str]]: ...
    def counts(self) -> _Counts: ...
    def sinks(self) -> list[dict[str, Any]]: ...
    def stages(self) -> list[dict[str, Any]]: ...
    def forget_after_fork(self) -> None: ...
    def on_fork(self, revive: Callable[[], object]) -> None: ...
    def revive(self, other: Pipeline) -> None: ...
    def report(self, key: str, message: str) -> None: ...

class LoggerCore:
    def __new__(
        cls,
        pipeline: Pipeline,
        name: str,
        level: int,
        parent: LoggerCore | None = None,
        fields: dict[str, Any] | None = None,
    ) -> Self: ...
    @property
    def name(self) -> str: ...
    @property
    def level(self) -> int: ...
    def trace(self, message: object, /, **fields: object) -> None: ...
    def debug(self, message: object, /, **fields: object) -> None: ...
    def info(self, message: object, /, **fields: object) -> None: ...
    def warning(self, message: object, /, **fields: object) -> None: ...
    def error(self, message: object, /, **fields: object) -> None: ...
    def critical(self, message: object, /, **fields: object) -> None: ...
    def exception(self, message: object, /, **fields: object) -> None: ...
