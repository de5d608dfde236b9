"""Writes down what a real Prometheus answers over the odd series, for machines that have none.

Run from the checkout: ``python -m tests.sim.record``.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.sim.expressions import FAILING, FIXED, ODD
from tests.sim.odd_series import AT, COUNT, END, START, odd_series
from tests.sim.real_prometheus import ask, open_metrics, prometheus_with

RECORDED = Path(__file__).parent / "recorded" / "odd.json"


def main() -> None:
    """Asks every expression once."""
    text = open_metrics(odd_series(START, COUNT), START, END)
    with tempfile.TemporaryDirectory() as folder, prometheus_with(text, Path(folder)) as url:
        bodies = {
            query: ask(url, "query", query=query, time=AT / 1000)[1] for query in (*ODD, *FIXED, *FAILING)
        }
    lines = [f"{json.dumps(query)}: {json.dumps(body, ensure_ascii=False)}" for query, body in bodies.items()]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
