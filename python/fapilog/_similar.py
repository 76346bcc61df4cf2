"""Names that were probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def similar(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The nearest known name as the end of a sentence, or nothing when none is near."""
    import difflib

    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean `{nearest[0]}`?" if nearest else ""
