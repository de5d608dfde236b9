from __future__ import annotations

import re
from pathlib import Path

from sre_assistant.evals.measures import MEASURES, Tally, shares

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "evaluation.md"


def test_the_documentation_lists_every_measure_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (high|low) \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [(name, one.good, one.counts) for name, one in MEASURES.items()]


def test_shares_add_up_what_each_scenario_could_tell() -> None:
    tallies = [{"evidence": Tally(3, 4)}, {"evidence": Tally(1, 1)}, {"top1": Tally(0, 1)}]
    by_name = {one.measure: one for one in shares(tallies)}
    assert list(by_name) == list(MEASURES)
    assert (by_name["evidence"].hits, by_name["evidence"].of, by_name["evidence"].share) == (4, 5, 0.8)
    assert (by_name["top1"].share, by_name["coverage"].share) == (0.0, None)
    assert by_name["evidence"].low < 0.8 < by_name["evidence"].high
