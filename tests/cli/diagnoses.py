"""Diagnoses written by hand, for the screens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import (
    Case,
    Cause,
    Diagnosis,
    Impact,
    Moment,
    Remedy,
    Symptom,
    Verdict,
)
from sre_assistant.domain.entities import HOUSE, Entity
from sre_assistant.domain.evidence import Evidence, Lookup, Trend
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window

NOW = datetime(2026, 3, 1, 3, 2, tzinfo=UTC)
MEDIA = Entity(kind="filesystem", name="nas:9100:/tank/media")


def alert(**changed: str) -> Alert:
    labels = {"alertname": "DiskWillFillSoon", "instance": "nas:9100", "mountpoint": "/tank/media"}
    labels |= {"severity": "warning", "job": "node"} | changed
    return Alert(
        name=labels["alertname"],
        labels=labels,
        annotations={"summary": "The disk fills."},
        starts_at=datetime(2026, 3, 1, 2, 14, tzinfo=UTC),
        fingerprint="00aa11bb22cc33dd",
        source="alertmanager",
    )


def case(*, about: Alert | None = None) -> Case:
    return Case(
        id="c-7f3a91",
        kind="alert" if about else "house",
        title=about.name if about else "whole house",
        alert=about,
        opened_at=NOW,
        at=NOW,
        window=Window.before(NOW, timedelta(hours=3)),
    )


def evidence(number: int, statement: str, *, trend: tuple[float | None, ...] = ()) -> Evidence:
    return Evidence(
        id=f"e{number}",
        statement=statement,
        value=0.96,
        unit="ratio",
        source="prometheus",
        query=f"query_{number}",
        window=None,
        observed_at=NOW,
        trend=Trend(query=f"query_{number}", start=NOW - timedelta(hours=2), step=600.0, values=trend)
        if trend
        else None,
    )


def lookup(operation: str, completeness: Completeness, detail: str = "") -> Lookup:
    return Lookup(
        source="prometheus", operation=operation, query=operation, completeness=completeness, detail=detail
    )


def explained() -> Diagnosis:
    rising = (0.71, 0.71, 0.72, 0.71, None, 0.74, 0.78, 0.82, 0.86, 0.90, 0.93, 0.95, 0.96)
    return Diagnosis(
        case=case(about=alert()),
        verdict=Verdict.EXPLAINED,
        summary="Free space on /tank/media before 04:20.",
        causes=(
            Cause(
                id="filesystem-filling",
                title="/tank/media on nas fills at 41 GiB an hour and is full at about 04:20",
                subject=MEDIA,
                score=0.94,
                since=datetime(2026, 3, 1, 1, 2, tzinfo=UTC),
                supports=("e1", "e2"),
                refutes=("e3",),
                missing=("which process writes: no process exporter",),
            ),
            Cause(id="disk-saturated", title="the disk is busy", subject=MEDIA, score=0.31),
        ),
        ruled_out=(
            Cause(
                id="cpu-saturation",
                title="CPU on nas at 91 %",
                subject=Entity(kind="host", name="nas"),
                score=0.1,
                refutes=("e4",),
            ),
        ),
        symptoms=(Symptom(statement="the network is slow", subject=HOUSE, evidence=("e4",)),),
        timeline=(
            Moment(
                at=datetime(2026, 3, 1, 1, 2, tzinfo=UTC), what="/tank/media begins to grow", evidence=("e1",)
            ),
            Moment(at=datetime(2026, 3, 1, 2, 14, tzinfo=UTC), what="DiskWillFillSoon fires"),
        ),
        impact=(Impact(subject=MEDIA, statement="everything that writes to /tank/media"),),
        coverage=(
            lookup("filesystem.used", Completeness.COMPLETE),
            lookup("filesystem.inodes", Completeness.EMPTY),
            lookup("targets", Completeness.DENIED, "the token may not read targets"),
            lookup("rules", Completeness.DENIED, "the token may not read targets"),
        ),
        evidence=(
            evidence(1, "96 % of /tank/media is used", trend=rising),
            evidence(2, "it grows by 41 GiB an hour"),
            evidence(3, "it was as full a week ago"),
            evidence(4, "CPU is as busy every Sunday at this hour"),
        ),
        remedies=(
            Remedy(
                cause="filesystem-filling", text="see what grows:", command="du -xh --max-depth=1 /tank/media"
            ),
            Remedy(cause="filesystem-filling", text="delete what is not needed (yours to decide)"),
        ),
        next_checks=("which backup job runs at this hour",),
    )


def healthy() -> Diagnosis:
    return Diagnosis(
        case=case(),
        verdict=Verdict.HEALTHY,
        summary="Nothing is wrong: 4 hosts, no alert, no abnormal trend.",
        coverage=(lookup("targets", Completeness.COMPLETE), lookup("rules", Completeness.COMPLETE)),
    )


def unknown() -> Diagnosis:
    return Diagnosis(
        case=case(),
        verdict=Verdict.UNKNOWN,
        summary="Too little can be seen to say anything.",
        coverage=(lookup("targets", Completeness.UNREACHABLE, "connection refused"),),
        next_checks=("sre doctor prometheus",),
    )
