"""Hypotheses against evidence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Completeness
from sre_assistant.investigation.analyse import Judgement, candidates, judgements
from sre_assistant.investigation.concern import WHOLE_HOUSE, Concern
from sre_assistant.investigation.observed import Observed
from tests.investigation.sightings import MEDIA, NAS, Row, sighting, target

REFUSED = 'Get "http://nas.lan:9100/metrics": dial tcp 192.0.2.7:9100: connect: connection refused'
NO_ROUTE = 'Get "http://nas.lan:9100/metrics": dial tcp 192.0.2.7:9100: connect: no route to host'
LATE = 'Get "http://nas.lan:9100/metrics": context deadline exceeded'
HTML = 'expected a valid start token, got "<" ("INVALID") while parsing: "<"'
STATUS = "server returned HTTP status 503 Service Unavailable"
NODE_EXPORTER = {"instance": "nas.lan:9100", "job": "node"}
NEIGHBOUR = {"instance": "nas.lan:9633", "job": "smartctl"}


def about(*signals: str, trend: bool = False, complained: bool = True, **labels: str) -> Concern:
    labels = {"instance": "nas.lan:9100", **labels}
    return Concern(
        labels=labels, hosts=("nas.lan",), signals=frozenset(signals), trend=trend, complained=complained
    )


def judged(seen: Observed, concern: Concern) -> tuple[Judgement, ...]:
    return judgements(seen, concern, candidates(seen, concern))


def named(seen: Observed, concern: Concern) -> list[str]:
    """The causes that would be named, the likeliest first."""
    return [j.candidate.hypothesis.id for j in judged(seen, concern) if j.about_this and j.established]


def test_a_full_file_system_is_found_by_its_level() -> None:
    seen = sighting({"filesystem.used_ratio": [(MEDIA, 0.995)]})
    (first, *_) = judged(seen, about("filesystem.used_ratio", mountpoint="/tank/media"))
    assert first.candidate.hypothesis.id == "filesystem-full"
    assert first.candidate.subject.name == "nas.lan:9100:/tank/media"
    assert first.score > 0.9


def test_another_file_system_is_not_blamed() -> None:
    seen = sighting({"filesystem.used_ratio": [(MEDIA, 0.99)]})
    assert named(seen, about("filesystem.used_ratio", mountpoint="/")) == []


def test_an_owners_own_limit_counts_below_the_usual_one() -> None:
    seen = sighting({"filesystem.used_ratio": [(MEDIA, 0.72)]})
    assert named(seen, about("filesystem.used_ratio")) == ["filesystem-full"]
    assert named(seen, about("filesystem.used_ratio", complained=False)) == []


def filling(used: float, *, still: float = 1.0) -> dict[str, list[Row]]:
    return {
        "filesystem.used_ratio": [(MEDIA, used)],
        "filesystem.time_to_full": [(MEDIA, 7200.0)],
        "filesystem.free_consumed_ratio": [(MEDIA, 0.4)],
        "filesystem.growth_kept": [(MEDIA, still)],
    }


@pytest.mark.parametrize("trend", [True, False])
def test_steady_growth_is_filling_whatever_the_alert_looks_at(trend: bool) -> None:
    found = named(
        sighting(filling(0.6)), about("filesystem.used_ratio", "filesystem.time_to_full", trend=trend)
    )
    assert found[0] == "filesystem-filling"


def test_growth_that_stopped_is_not_filling() -> None:
    found = named(sighting(filling(0.85, still=0.0)), about("filesystem.used_ratio"))
    assert found == ["filesystem-full"]


def test_a_file_system_already_full_is_not_filling() -> None:
    assert named(sighting(filling(0.99)), about("filesystem.used_ratio"))[0] == "filesystem-full"


def test_the_loudest_signal_is_innocent_when_the_alert_is_about_another() -> None:
    seen = sighting({**filling(0.6), "cpu.busy_ratio": [(NAS, 0.99)], "cpu.load_per_core": [(NAS, 9.0)]})
    every = judged(seen, about("filesystem.time_to_full", trend=True))
    assert every[0].candidate.hypothesis.id == "filesystem-filling"
    assert [j for j in every if j.candidate.hypothesis.id == "cpu-saturation" and j.about_this] == []


@pytest.mark.parametrize(
    ("error", "neighbour", "expected"),
    [
        (REFUSED, None, "exporter-gone"),
        (REFUSED, 1.0, "exporter-gone"),
        (NO_ROUTE, None, "host-gone"),
        (NO_ROUTE, 0.0, "host-gone"),
        (LATE, 0.0, "host-gone"),
        (LATE, 1.0, "scrape-failing"),
        (HTML, 1.0, "scrape-failing"),
        (STATUS, None, "scrape-failing"),
        ("", 1.0, "exporter-gone"),
    ],
)
def test_what_is_down_is_told_by_how_it_fails(error: str, neighbour: float | None, expected: str) -> None:
    ups: list[Row] = [(NODE_EXPORTER, 0.0)]
    targets = [target("node", "nas.lan:9100", error or "something new")]
    if neighbour is not None:
        ups.append((NEIGHBOUR, neighbour))
        targets.append(target("smartctl", "nas.lan:9633", "" if neighbour else NO_ROUTE))
    found = named(sighting({"target.up": ups}, targets), about("target.up", job="node"))
    assert found[0] == expected


def test_a_machine_that_refuses_on_another_port_is_not_gone() -> None:
    ups: list[Row] = [(NODE_EXPORTER, 0.0), (NEIGHBOUR, 0.0)]
    targets = [target("node", "nas.lan:9100", LATE), target("smartctl", "nas.lan:9633", REFUSED)]
    found = named(sighting({"target.up": ups}, targets), about("target.up", job="node"))
    assert found[0] == "scrape-failing"
    assert "host-gone" not in found


def test_a_prober_that_answers_does_not_show_that_the_probed_machine_lives() -> None:
    probe = {"instance": "http://nas.lan:8096/", "job": "probes"}
    targets = [
        target("node", "nas.lan:9100", LATE),
        target("probes", "http://nas.lan:8096/", scrape_url="http://prom.lan:9115/probe?target=x"),
    ]
    seen = sighting({"target.up": [(NODE_EXPORTER, 0.0), (probe, 1.0)]}, targets)
    assert named(seen, about("target.up", job="node"))[0] == "host-gone"


def test_a_failing_probe_of_a_machine_that_is_gone_is_its_symptom() -> None:
    probe = {"instance": "http://nas.lan:8096/", "job": "probes"}
    seen = sighting(
        {"target.up": [(NODE_EXPORTER, 0.0), (probe, 1.0)], "probe.success": [(probe, 0.0)]},
        [target("node", "nas.lan:9100", NO_ROUTE)],
    )
    concern = Concern(labels=probe, hosts=("nas.lan",), signals=frozenset({"probe.success"}), complained=True)
    assert named(seen, concern)[:2] == ["host-gone", "probe-failure"]


def test_a_busy_house_nobody_complains_of_has_causes_that_do_not_stand_alone() -> None:
    seen = sighting({"cpu.busy_ratio": [(NAS, 0.99)]})
    (only,) = judged(seen, WHOLE_HOUSE)
    assert not only.candidate.hypothesis.alone


def test_what_could_not_be_seen_is_told_and_costs_a_little() -> None:
    seen = sighting({"memory.available_ratio": [(NAS, 0.04)], "memory.stall_ratio": []})
    (whole,) = judged(seen, about("memory.available_ratio"))
    gaps = {"memory.stall_ratio": _gap("memory.stall_ratio")}
    (blind,) = judged(replace(seen, gaps=gaps), about("memory.available_ratio"))
    assert blind.score < whole.score
    assert "timed out" in blind.missing[0]


def _gap(operation: str) -> Lookup:
    return Lookup(
        source="prometheus",
        operation=operation,
        query="q",
        completeness=Completeness.UNREACHABLE,
        detail="timed out",
    )


def test_a_value_that_is_no_number_proves_nothing() -> None:
    seen = sighting({"memory.available_ratio": [(NAS, math.nan)], "clock.offset": [(NAS, math.inf)]})
    assert candidates(seen, about("clock.offset", "memory.available_ratio")) == ()


def test_equal_scores_keep_their_order() -> None:
    rows: list[Row] = [({**NAS, "mountpoint": m}, 0.99) for m in ("/b", "/a", "/c")]
    seen, reverse = sighting({"filesystem.used_ratio": rows}), sighting({"filesystem.used_ratio": rows[::-1]})
    names = [[j.candidate.subject.name for j in judged(s, WHOLE_HOUSE)] for s in (seen, reverse)]
    assert names[0] == names[1]


def test_a_full_file_system_is_not_blamed_for_a_page_that_fails_beside_it() -> None:
    probe = {"instance": "http://nas.lan:8096/", "job": "probes"}
    seen = sighting(
        {
            "filesystem.used_ratio": [(MEDIA, 0.999)],
            "probe.success": [(probe, 0.0)],
            "target.up": [(probe, 1.0)],
        }
    )
    concern = Concern(labels=probe, hosts=("nas.lan",), signals=frozenset({"probe.success"}), complained=True)
    assert named(seen, concern) == ["probe-failure"]
