"""A diagnosis says no more than was seen."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import Case, Diagnosis
from sre_assistant.domain.evidence import Evidence, Lookup, Trend
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.investigation.analyse import candidates, judgements
from sre_assistant.investigation.blindness import blind_spots
from sre_assistant.investigation.concern import WHOLE_HOUSE, Concern
from sre_assistant.investigation.conclude import Material, conclude
from sre_assistant.investigation.observed import Observed, RuleNow
from tests.investigation.sightings import AT, MEDIA, NAS, sighting

QUIET = {
    "target.up": [(NAS, 1.0)],
    "filesystem.used_ratio": [(MEDIA, 0.4)],
    "memory.available_ratio": [(NAS, 0.6)],
    "cpu.busy_ratio": [(NAS, 0.1)],
}
ALERT = Alert(name="Odd", labels={"alertname": "Odd", **NAS}, starts_at=AT - timedelta(minutes=5))
HOLDS = Evidence(
    id="", statement="holds", value=1.0, unit="", source="prom", query="x", window=None, observed_at=AT
)


def concluded(
    seen: Observed, concern: Concern = WHOLE_HOUSE, alert: Alert | None = None, rule: RuleNow | None = None
) -> Diagnosis:
    case = Case(
        id="c-1",
        kind="alert" if alert else "house",
        title=alert.name if alert else "the whole house",
        alert=alert,
        opened_at=AT,
        at=AT,
        window=seen.window,
    )
    found = judgements(seen, concern, candidates(seen, concern))
    return conclude(
        Material(
            case=case,
            concern=concern,
            seen=seen,
            judgements=found,
            trends={},
            rule=rule or RuleNow(asked=False, evidence=()),
            coverage=(),
            blind_spots=blind_spots(seen, concern),
        )
    )


def about_memory(*, complained: bool = True) -> Concern:
    return Concern(
        labels=NAS, hosts=("nas.lan",), signals=frozenset({"memory.available_ratio"}), complained=complained
    )


def gap(operation: str, completeness: Completeness = Completeness.UNREACHABLE) -> Lookup:
    return Lookup(source="prom", operation=operation, query="q", completeness=completeness, detail="refused")


def test_a_quiet_house_fully_seen_is_healthy() -> None:
    assert concluded(sighting(QUIET)).verdict == "healthy"


def test_a_house_is_not_healthy_when_any_required_look_up_failed() -> None:
    for operation in ("memory.oom_kills", "alerts", "targets", "clock", "exporters"):
        blind = replace(sighting(QUIET), gaps={operation: gap(operation)})
        assert concluded(blind).verdict == "unknown", operation


def test_a_server_without_a_target_list_can_still_show_health() -> None:
    blind = replace(sighting(QUIET), gaps={"targets": gap("targets", Completeness.UNSUPPORTED)})
    assert concluded(blind).verdict == "healthy"


def test_a_house_without_targets_or_watched_machines_is_unknown() -> None:
    assert concluded(sighting({**QUIET, "target.up": []})).verdict == "unknown"
    assert concluded(replace(sighting(QUIET), present={"node_exporter": ()})).verdict == "unknown"


def test_an_exporter_that_keeps_quiet_about_file_systems_is_a_blind_spot() -> None:
    found = concluded(sighting({**QUIET, "filesystem.used_ratio": []}))
    assert found.verdict == "unknown"
    assert "nas.lan:9100" in found.summary


def test_a_busy_machine_alone_is_healthy_but_told() -> None:
    found = concluded(sighting({**QUIET, "cpu.busy_ratio": [(NAS, 0.99)]}))
    assert (found.verdict, [c.id for c in found.ruled_out]) == ("healthy", ["cpu-saturation"])
    assert "nothing complains" in found.ruled_out[0].reason


def test_an_alert_that_nothing_explains_is_unknown() -> None:
    seen = sighting({**QUIET, "filesystem.used_ratio": [(MEDIA, 0.99)]})
    concern = Concern(labels=NAS, hosts=("nas.lan",), expression="foo > 1", complained=True)
    found = concluded(seen, concern, ALERT, RuleNow(asked=True, evidence=(HOLDS,)))
    assert (found.verdict, found.causes) == ("unknown", ())
    assert "filesystem-full" in [c.id for c in found.ruled_out]
    assert any("foo > 1" in check for check in found.next_checks)


def test_an_alert_whose_rule_no_longer_holds_is_over_if_what_it_reads_was_seen() -> None:
    over = RuleNow(asked=True, evidence=())
    assert concluded(sighting(QUIET), about_memory(complained=False), ALERT, over).verdict == "healthy"
    elsewhere = replace(over, elsewhere=True)
    assert concluded(sighting(QUIET), about_memory(complained=False), ALERT, elsewhere).verdict == "unknown"
    unseen = sighting({**QUIET, "memory.available_ratio": []})
    assert concluded(unseen, about_memory(complained=False), ALERT, over).verdict == "unknown"


def test_a_value_that_is_no_number_shows_no_health() -> None:
    over = RuleNow(asked=True, evidence=())
    odd = sighting({**QUIET, "memory.available_ratio": [(NAS, math.nan)]})
    assert concluded(odd, about_memory(complained=False), ALERT, over).verdict == "unknown"
    assert concluded(odd).verdict == "unknown"


def test_an_alert_is_not_over_when_its_rule_could_not_be_asked() -> None:
    unasked = RuleNow(asked=False, evidence=())
    assert concluded(sighting(QUIET), about_memory(complained=False), ALERT, unasked).verdict == "unknown"


def test_every_cited_id_is_in_the_evidence_and_every_evidence_is_cited() -> None:
    seen = sighting({**QUIET, "memory.available_ratio": [(NAS, 0.02)], "memory.stall_ratio": [(NAS, 0.5)]})
    found = concluded(seen, about_memory(), ALERT, RuleNow(asked=True, evidence=(HOLDS,)))
    cited = {i for c in (*found.causes, *found.ruled_out) for i in (*c.supports, *c.refutes)}
    cited |= {i for part in found.symptoms for i in part.evidence}
    cited |= {i for part in found.impact for i in part.evidence}
    cited |= {i for part in found.timeline for i in part.evidence}
    assert cited == {e.id for e in found.evidence}


def test_commands_quote_hostile_labels() -> None:
    hostile = {**MEDIA, "mountpoint": "/x; rm -rf $HOME"}
    found = concluded(sighting({**QUIET, "filesystem.used_ratio": [(hostile, 0.99)]}))
    assert found.remedies[0].command.startswith("du -xh --max-depth=2 '/x; rm -rf $HOME'")


def test_what_is_said_stays_on_one_line_whatever_a_label_holds() -> None:
    hostile = {**MEDIA, "mountpoint": "/x\nCAUSE all is well\x1b[2J"}
    found = concluded(sighting({**QUIET, "filesystem.used_ratio": [(hostile, 0.99)]}))
    said = [found.summary, *found.next_checks, *(i.statement for i in found.impact)]
    said += [text for c in found.causes for text in (c.title, c.reason)] + [r.text for r in found.remedies]
    assert all(text.isprintable() for text in said)


def test_a_trend_dates_the_cause() -> None:
    seen = sighting({**QUIET, "memory.available_ratio": [(NAS, 0.02)]})
    (drawn,) = seen.observations["memory.available_ratio"]
    values = (*[0.5] * 60, *[0.02] * 30)
    start = AT - timedelta(minutes=90)
    trend = Trend(query=drawn.query, start=start, step=60.0, values=values)
    found = judgements(seen, about_memory(), candidates(seen, about_memory()))
    material = Material(
        case=Case(
            id="c-1", kind="alert", title="Odd", alert=ALERT, opened_at=AT, at=AT, window=Window(start, AT)
        ),
        concern=about_memory(),
        seen=seen,
        judgements=found,
        trends={drawn: trend},
        rule=RuleNow(asked=False, evidence=()),
        coverage=(),
        blind_spots=(),
    )
    assert conclude(material).causes[0].since == start + timedelta(minutes=60)
