"""Figures with their uncertainty."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from typing import Any, Final

#: Resamples of a bootstrap; the seed is fixed, so that a report can be reckoned again.
_RESAMPLES: Final = 2000
_SEED: Final = 1


def interval(samples: Sequence[float]) -> dict[str, Any]:
    """The median of some samples and its 95 % confidence interval, as whole numbers.

    The interval is a percentile bootstrap of the median: it asks nothing of the distribution, which
    for times has a long tail.
    """
    chance = random.Random(_SEED)  # noqa: S311 - statistics
    medians = sorted(
        statistics.median(chance.choices(samples, k=len(samples))) for _ in range(_RESAMPLES)
    )
    return {
        "median": round(statistics.median(samples)),
        "low": round(medians[round(0.025 * _RESAMPLES)]),
        "high": round(medians[round(0.975 * _RESAMPLES) - 1]),
    }


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that a share of all is not above; of samples in ascending order."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
