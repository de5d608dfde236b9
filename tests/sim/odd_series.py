"""Series with everything that makes evaluators stumble: resets, gaps, NaN, infinities, ties, histograms."""

from __future__ import annotations

import numpy as np

from sre_assistant.sim.arrays import Floats, Samples
from sre_assistant.sim.metrics.series import NAME, Labels, labels_of

STEP = 15_000
START = 1763200800_000
COUNT = 480
END = START + COUNT * STEP
AT = START + 6_000_000


class Made:
    """A series on a 15 s grid from its values; steps where ``kept`` is false are missing."""

    def __init__(
        self, name: str, labels: dict[str, str], start: int, values: Floats, kept: object = True
    ) -> None:
        self.labels: Labels = labels_of({NAME: name, **labels})
        keep = np.broadcast_to(np.asarray(kept, dtype=np.bool_), values.shape)
        times = start + 1_234 + np.arange(len(values), dtype=np.int64) * STEP
        self._data = Samples(times[keep], values[keep])

    def samples(self, start: int, end: int) -> Samples:
        """Those in the window."""
        inside = (self._data.times >= start) & (self._data.times <= end)
        return Samples(self._data.times[inside], self._data.values[inside])


def odd_series(start: int, count: int) -> list[Made]:
    """A small zoo, ``count`` steps long."""
    n = np.arange(count, dtype=np.float64)
    noise = np.random.default_rng(5).normal(size=count)
    zoo = []
    for place, zone in enumerate(("north", "south", "east")):
        grown = np.cumsum(np.abs(noise) * (place + 1) * 7)
        reset = np.mod(grown, 400.0 + 100 * place)
        zoo += [
            Made("odd_requests_total", {"zone": zone, "code": "200"}, start, np.floor(reset)),
            Made("odd_requests_total", {"zone": zone, "code": "500"}, start, np.floor(grown / 9)),
            Made(
                "odd_temperature",
                {"zone": zone},
                start,
                np.round(20 + place * 3 + 5 * np.sin(n / 40) + noise, 2),
            ),
            Made("odd_level", {"zone": zone}, start, np.floor(n / (30 + place)) % 4),
            Made("odd_gaps", {"zone": zone}, start, n * (place + 1), (n // (25 + 5 * place)) % 2 == 0),
        ]
    zoo += [
        Made("odd_tie", {"name": name}, start, np.floor(n / 50) % 3 + (place % 2))
        for place, name in enumerate("abcdefg")
    ]
    zoo += [
        Made("odd_flat", {}, start, np.full(count, 42.5)),
        Made("odd_one", {"zone": "north", "extra": "yes"}, start, np.full(count, 2.0)),
        Made("odd_one", {"zone": "south"}, start, np.full(count, 3.0)),
        Made("odd_nan", {"kind": "some"}, start, np.where(n % 7 == 0, np.nan, n)),
        Made("odd_nan", {"kind": "all"}, start, np.full(count, np.nan)),
        Made("odd_nan", {"kind": "none"}, start, n),
        Made("odd_inf", {"kind": "some"}, start, np.where(n % 11 == 0, np.inf, n)),
        Made("odd_inf", {"kind": "minus"}, start, np.where(n % 13 == 0, -np.inf, n)),
        Made("odd_negative", {}, start, -n * 1.5 + noise),
        Made("odd_small", {}, start, 1e-9 * (n + 1)),
        Made("odd_big", {}, start, 2e12 + n * 1e6),
        Made("odd_sparse", {}, start, n, n % 9 == 0),
        Made("odd_text", {"path": 'a"b\\c', "word": "größe"}, start, n % 5),
        Made("odd_stamp", {}, start, start / 1000 - n * 86400 * 3),
    ]
    for place, le in enumerate(("0.1", "0.5", "1", "2.5", "+Inf")):
        for zone, speed in (("north", 3.0), ("south", 1.0)):
            share = (place + 1) / 5 if zone == "north" else ((place + 1) / 5) ** 2
            zoo.append(
                Made("odd_seconds_bucket", {"zone": zone, "le": le}, start, np.floor(n * speed * share))
            )
    return zoo
