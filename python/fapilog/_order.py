"""The order of enrichers: priorities, and who must come after whom."""

from __future__ import annotations

from collections.abc import Sequence

from fapilog._errors import ConfigurationError
from fapilog._names import normalised
from fapilog._similar import similar


def in_order(parts: Sequence[tuple[str, int, Sequence[str]]]) -> list[int]:
    """Indexes of parts in the order in which they run.

    Args:
        parts: Name, priority, and the names of those that must come before, of each.

    Raises:
        ConfigurationError: ``enricher-missing`` or ``enricher-cycle``.
    """
    if not any(after for _, _, after in parts):
        return sorted(range(len(parts)), key=lambda index: parts[index][1])
    needs = [_needed(parts, index) for index in range(len(parts))]
    order: list[int] = []
    left = sorted(range(len(parts)), key=lambda index: parts[index][1])
    while left:
        ready = next((index for index in left if needs[index] <= set(order)), None)
        if ready is None:
            names = " -> ".join(_cycle(parts, needs, left))
            raise ConfigurationError("enricher-cycle", names=names)
        order.append(ready)
        left.remove(ready)
    return order


def _needed(parts: Sequence[tuple[str, int, Sequence[str]]], index: int) -> set[int]:
    name, _, after = parts[index]
    names = [normalised(part[0]) for part in parts]
    needed: set[int] = set()
    for other in after:
        found = {number for number, known in enumerate(names) if known == normalised(other)}
        if not found:
            raise ConfigurationError(
                "enricher-missing", name=name, needed=other, similar=similar(other, names)
            )
        needed |= found
    return needed


def _cycle(
    parts: Sequence[tuple[str, int, Sequence[str]]], needs: list[set[int]], left: list[int]
) -> list[str]:
    """Names along one cycle, the first again at its end: each needs the next."""
    path = [left[0]]
    while True:
        following = next(index for index in sorted(needs[path[-1]]) if index in left)
        if following in path:
            return [parts[index][0] for index in [*path[path.index(following) :], following]]
        path.append(following)
