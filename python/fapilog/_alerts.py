"""Which records become alerts: each message once in a while."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Alert

#: Messages that are remembered; the one that came least recently is forgotten first.
_MOST_TITLES: Final = 1000

#: Longest title, in characters.
_LONGEST_TITLE: Final = 200


class Alerts:
    """Makes alerts of records, for one alerter."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        #: When each message was told last, and how often it came since.
        self._told: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def alert_for(self, record: dict[str, Any]) -> Alert | None:
        """The alert about a record; None when its message was told a moment ago."""
        from fapilog.plugins._protocols import Alert

        title = str(record.get("message", ""))[:_LONGEST_TITLE].replace("\n", " ")
        key = f"{record.get('logger')} {title}"
        told, suppressed = self._told.pop(key, (0.0, 0))
        now = monotonic()
        if told and now - told < self._interval:
            self._told[key] = (told, suppressed + 1)
            return None
        self._told[key] = (now, 0)
        if len(self._told) > _MOST_TITLES:
            self._told.popitem(last=False)
        return Alert(title=title, record=record, suppressed=suppressed)
