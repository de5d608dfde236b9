"""What the middleware works on by itself and by order: ``core.get_jobs``."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.jobs import Run

_REMEMBERED: Final = 7 * DAY
_METHODS: Final = {"scrub": "pool.scrub.scrub", "smart-test": "smart.test.manual_test"}


def jobs(view: View) -> list[Row]:
    """Every job since the middleware started, at most of a week, by id."""
    boots = view.host.boots
    first = max(view.now - _REMEMBERED, float(boots[boots <= view.now].max(initial=0.0)))
    rows = [_row(view, run) for run in _runs(view, first)]
    rows += [made(view, "certificate.renew_certs", [], t, t + 2.0) for t in _midnights(first, view.now)]
    for pool in view.pools:
        for spell in pool.spells.of("scrubbing"):
            if first <= spell.start <= view.now:
                end = min(spell.end, spell.start + DAY)
                rows.append(made(view, _METHODS["scrub"], [pool.name], spell.start, end))
    return sorted(rows, key=lambda row: int(str(row["id"])))


def job_id(view: View, start: float) -> int:
    """The number of a job that began then: later ones have higher numbers."""
    return 1000 + int((start - view.world.begin + 400 * DAY) // 10)


def again(view: View, row: Row) -> Row:
    """A job that was ordered, as it is by now."""
    start, end = row["span"]
    shown = made(view, str(row["method"]), list(row["arguments"]), start, end)
    return shown | {"id": row["id"], "credentials": row["credentials"]}


def _runs(view: View, first: float) -> list[Run]:
    found = []
    for job in view.world.jobs.values():
        ordered = [
            Run(job.name, job.spec.kind, entity, host, one.start, one.start + job.spec.takes)
            for one in job.spells.of("run-job")
            for entity, host, _ in job.steps
        ]
        if job.spec.kind in _METHODS and (job.spec.kind == "scrub" or not view.newer):
            found += [
                run
                for run in [*job.runs(first, view.now + 1e-3), *ordered]
                if run.host == view.name and first <= run.start <= view.now
            ]
    return found


def _midnights(first: float, now: float) -> list[float]:
    day = int(first // DAY) + 1
    return [place * DAY for place in range(day, int(now // DAY) + 1)]


def _row(view: View, run: Run) -> Row:
    arguments: list[object] = [run.subject.partition("/")[2]] if run.kind == "scrub" else []
    return made(view, _METHODS[run.kind], arguments, run.start, run.end, run.error)


def made(view: View, method: str, arguments: list[object], start: float, end: float, error: str = "") -> Row:
    """A job as the API shows it."""
    over = end <= view.now
    percent = 100 if over and not error else int(100 * min((view.now - start) / (end - start), 1.0))
    state = ("FAILED" if error else "SUCCESS") if over else "RUNNING"
    return {
        "id": job_id(view, start),
        "message_ids": [],
        "method": method,
        "arguments": arguments,
        "transient": False,
        "description": None,
        "abortable": True,
        "logs_path": None,
        "logs_excerpt": None,
        "progress": {
            "percent": percent,
            "description": "" if over else method.rpartition(".")[2].capitalize(),
            "extra": None,
        },
        "result": None,
        "result_encoding_error": None,
        "error": f"[EFAULT] {error}" if error and over else None,
        "exception": f"Traceback (most recent call last):\nCallError: [EFAULT] {error}"
        if error and over
        else None,
        "exc_info": {"repr": f"CallError('{error}')", "type": "CallError", "errno": 14, "extra": None}
        if error and over
        else None,
        "state": state,
        "time_started": view.date(start),
        "time_finished": view.date(end) if over else None,
        "credentials": None,
    }
