"""Truths and replies written by hand, for the scorers."""

from __future__ import annotations

from datetime import UTC, datetime

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Case, Cause, Diagnosis, Symptom, Verdict
from sre_assistant.domain.entities import HOUSE, Entity
from sre_assistant.domain.evidence import Evidence, Lookup
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.evals.expected import Expected, Guilty, Hidden, Innocent, Thing
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.reply import Reply
from sre_assistant.evals.results import Result

NOW = datetime(2026, 3, 1, 3, 2, tzinfo=UTC)
MEDIA = Entity(
    kind="filesystem",
    name="nas.lan:9100:/tank/media",
    labels={"instance": "nas.lan:9100", "mountpoint": "/tank/media"},
)
NAS = Entity(kind="host", name="nas.lan:9100", labels={"instance": "nas.lan:9100"})
PVE = Entity(kind="host", name="pve1.lan:9100", labels={"instance": "pve1.lan:9100"})
THE_MEDIA = Thing(id="filesystem/nas:/tank/media", names=frozenset({"nas.lan:9100:/tank/media"}))
THE_NAS = Thing(id="host/nas", names=frozenset({"nas", "nas.lan:9100"}))
THE_PVE = Thing(id="host/pve1", names=frozenset({"pve1", "pve1.lan:9100"}))
FILLING = Guilty(causes=frozenset({"filesystem-filling"}), thing=THE_MEDIA, symptoms=("DiskWillFillSoon",))
GONE = Guilty(causes=frozenset({"host-gone", "node-down"}), thing=THE_PVE)


def expected(*guilty: Guilty, innocent: tuple[Innocent, ...] = (), hidden: tuple[str, ...] = ()) -> Expected:
    return Expected(
        verdict=Verdict.EXPLAINED if guilty else Verdict.HEALTHY,
        guilty=guilty,
        innocent=innocent,
        hidden=tuple(Hidden(entry=entry) for entry in hidden),
    )


def cause(name: str, subject: Entity, score: float = 0.9) -> Cause:
    return Cause(id=name, title=f"{name} on {subject.name}", subject=subject, score=score)


def diagnosis(
    *causes: Cause,
    alert: str = "",
    verdict: Verdict | None = None,
    symptoms: tuple[Symptom, ...] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Diagnosis:
    about = (
        Alert(name=alert, labels={"alertname": alert}, starts_at=NOW, fingerprint=alert) if alert else None
    )
    return Diagnosis(
        case=Case(
            id="c-1",
            kind="alert" if about else "house",
            title=alert or "the whole house",
            alert=about,
            opened_at=NOW,
            at=NOW,
            window=Window(NOW, NOW),
        ),
        verdict=verdict or (Verdict.EXPLAINED if causes else Verdict.HEALTHY),
        summary="…",
        causes=causes,
        symptoms=symptoms,
        evidence=evidence,
    )


def symptom(statement: str, explained_by: str) -> Symptom:
    return Symptom(statement=statement, subject=HOUSE, explained_by=explained_by)


def lookup(source: str, completeness: Completeness, operation: str = "", query: str = "") -> Lookup:
    return Lookup(source=source, operation=operation, query=query, completeness=completeness)


def reply(*diagnoses: Diagnosis, answer: Verdict | None = None, coverage: tuple[Lookup, ...] = ()) -> Reply:
    """A reply whose answer agrees with its diagnoses, unless another verdict is given."""
    verdict = answer or Reply(diagnoses=diagnoses, answer=_answer(None, ())).verdict
    return Reply(diagnoses=diagnoses, answer=_answer(verdict, coverage))


def result(scenario: str = "one", *, seed: int = 1, failure: str = "", **scores: tuple[int, int]) -> Result:
    return Result(
        scenario=scenario,
        title=scenario,
        seed=seed,
        tags=("storage",),
        difficulty="easy",
        failure=failure,
        expected=Verdict.EXPLAINED,
        scores={name: Tally(*tally) for name, tally in scores.items()},
    )


def _answer(verdict: Verdict | None, coverage: tuple[Lookup, ...]) -> Answer:
    return Answer(question="?", intent="house", response="…", verdict=verdict, at=NOW, coverage=coverage)
