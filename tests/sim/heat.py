"""Rules over gauges that follow a function of minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np

from sre_assistant.sim.alerting.rules import Rules, load_rules
from sre_assistant.sim.arrays import Floats, Samples
from sre_assistant.sim.documents import Document
from sre_assistant.sim.metrics.series import Index, Labels, Matcher, Series, labels_of
from sre_assistant.sim.promql import Engine

MINUTE = 60_000
BEGIN = 1_763_251_200_000
MOMENT = datetime.fromtimestamp(BEGIN / 1000, UTC)
FILE = """
groups:
  - name: test
    interval: 30s
    rules:
      - alert: Hot
        expr: heat > 1
        for: {wait}
        labels: {{severity: warning, room: "{{{{ $labels.room }}}}-room"}}
        annotations: {{summary: "{{{{ $labels.room }}}} at {{{{ $value }}}}"}}
"""


class Heat:
    """A gauge that is scraped every 15 s."""

    def __init__(self, room: str, level: Callable[[Floats], Floats]) -> None:
        self.labels: Labels = labels_of({"__name__": "heat", "room": room})
        self._level = level

    def samples(self, start: int, end: int) -> Samples:
        """The samples in the window."""
        times = np.arange(-(-start // 15_000), end // 15_000 + 1, dtype=np.int64) * 15_000
        return Samples(times, self._level((times - BEGIN) / MINUTE))


class Shelf:
    """A storage of given series."""

    def __init__(self, *series: Series) -> None:
        self._index = Index(series)

    def select(self, matchers: Sequence[Matcher], _start: int, _end: int, /) -> list[Series]:
        """Those that match."""
        return self._index.matching(matchers)


def rules(*series: Series, wait: str = "5m", ahead: int = 0) -> Rules:
    """One rule over these series."""
    return rules_of(FILE.format(wait=wait), *series, ahead=ahead)


def rules_of(text: str, *series: Series, ahead: int = 0) -> Rules:
    """The rules of a file over these series."""
    document, since = Document(text, "test.yaml"), BEGIN - 600 * MINUTE
    return load_rules(document, Shelf(*series), Engine(), since, ahead=ahead)


def between(*spans: float) -> Callable[[Floats], Floats]:
    """7 from the first minute to the second, from the third to the fourth…, else 0."""

    def level(minutes: Floats) -> Floats:
        inside = np.zeros(len(minutes), dtype=np.bool_)
        for first, last in zip(spans[::2], spans[1::2], strict=True):
            inside |= (minutes >= first) & (minutes < last)
        return np.where(inside, 7.0, 0.0)

    return level
