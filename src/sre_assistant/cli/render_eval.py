"""A report of the exam on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.domain.diagnosis import Verdict
from sre_assistant.evals.comparison import Change, Comparison
from sre_assistant.evals.measures import MEASURES, Share, Tally
from sre_assistant.evals.report import Cost, Evaluation, Group, Spread
from sre_assistant.evals.results import Result

_WIDEST_NAME = 29
_COLUMNS = (
    ("top1", "TOP1"),
    ("top3", "TOP3"),
    ("subject", "SUBJ"),
    ("false_blame", "BLAME"),
    ("false_all_clear", "CLEAR"),
    ("false_alarm", "ALARM"),
    ("coverage", "COVER"),
    ("symptoms", "SYMPT"),
    ("evidence", "FIGURES"),
)
_GROUPED = ("top1", "top3", "subject", "verdict", "false_blame")
_MOST_CHANGES = 20
_MOST_NOTED = 3


def evaluation_page(report: Evaluation, *, width: int = WIDEST) -> Page:
    """The whole report.

    Args:
        report: what is shown.
        width: columns to use, at most 100.
    """
    page = Page(width)
    _scenarios(page, report.results)
    _measures(page, report.groups[0])
    _groups(page, report.groups[1:])
    _costs(page, report)
    if report.against is not None:
        _against(page, report.against)
    _floors(page, report)
    page.blank()
    page.row("", said(summary(report), "bold"), indent=0)
    return page


def summary(report: Evaluation) -> str:
    """The one line that matters."""
    every = report.groups[0]
    by_name = {share.measure: share for share in every.shares}
    parts = [f"{_counted(every.scenarios, 'scenario')} in {report.seconds:.0f} s"]
    parts += [f"{every.failures} without an answer"] if every.failures else []
    parts += [
        f"{label} {share.share:.2f}"
        for name, label in (("top1", "top-1"), ("top3", "top-3"), ("subject", "subject"))
        if (share := by_name[name]).share is not None
    ]
    parts += [
        _counted(by_name[name].hits, label)
        for name, label in (
            ("false_blame", "false blame"),
            ("false_all_clear", "false all-clear"),
            ("false_alarm", "false alarm"),
        )
    ]
    missed = sum(not floor.met for floor in report.floors)
    return " · ".join([*parts, f"{missed} of {len(report.floors)} floors missed"])


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _scenarios(page: Page, results: Sequence[Result]) -> None:
    heads = "".join(head.rjust(max(len(head), 4) + 1) for _, head in _COLUMNS)
    names = [one.scenario if one.seed == 1 else f"{one.scenario}#{one.seed}" for one in results]
    column = min(_WIDEST_NAME, max(map(len, names)))
    page.row("", Text(f"{'SCENARIO':{column}} {'SAID':9}{heads}   TIME", "dim"), indent=0)
    for name, one in zip(names, results, strict=True):
        marks = [_mark(one.scores.get(measure), measure, head) for measure, head in _COLUMNS]
        seconds = f"{one.efforts[0].seconds:5.2f} s" if one.efforts else ""
        page.row(
            "",
            Text.assemble(
                _cut(name, column), " ",
                ("no answer" if one.failure else str(one.verdict)).ljust(9), *marks, f" {seconds}",
            ),
            indent=0,
        )  # fmt: skip
        for note in _notes(one):
            page.row("", said(note, "yellow"), indent=2)


def _cut(name: str, column: int) -> Text:
    """A name in just so many columns."""
    text = said(name)
    text.truncate(column, overflow="ellipsis", pad=True)
    return text


def _mark(tally: Tally | None, measure: str, head: str) -> Text:
    width = max(len(head), 4) + 1
    if tally is None:
        return Text("·".rjust(width), "dim")
    high = MEASURES[measure].good == "high"
    right = tally.hits == (tally.of if high else 0)
    text = ("✓" if right else "✗") if tally.of == 1 else f"{tally.hits}/{tally.of}"
    return Text(text.rjust(width), "green" if right else "bold red")


def _notes(one: Result) -> list[str]:
    """What is wrong with a result, in words."""
    if one.failure:
        return [one.failure]
    missing = [f"{it.cause} on {it.subject}" for it in one.found if it.rank is None]
    astray = [f"{it.cause}, but not on {it.subject}" for it in one.found if it.rank and not it.right_subject]
    false = [f"{it.cause} on {it.subject}" for it in one.blamed if not it.true]
    notes = [
        *_told("did not name ", missing if one.expected is Verdict.EXPLAINED else []),
        *_told("named ", astray),
        *_told("not in the truth: ", false),
        *_told("not shown as hidden: ", one.unseen),
        *_told("not traced back to its cause: ", one.missed_symptoms),
    ]
    if {one.verdict, one.answer} != {one.expected}:
        notes.append(f"expected {one.expected}; diagnosed {one.verdict}, answered {one.answer}")
    if one.figures is not None and one.figures.wrong:
        notes.append(next(note for note in one.figures.notes if note.startswith("wrong")))
    agreement = one.scores.get("agreement")
    if agreement is not None and not agreement.hits:
        notes.append("the command line concludes something else")
    return notes


def _told(label: str, things: Sequence[str]) -> list[str]:
    """One line for several things; none for none."""
    shown = ", ".join(things[:_MOST_NOTED])
    more = len(things) - _MOST_NOTED
    return [f"{label}{shown}{f' and {more} more' if more > 0 else ''}"] if things else []


def _measures(page: Page, group: Group) -> None:
    page.blank()
    page.row("", Text(f"{'MEASURE':18}{'GOOD':6}{'SHARE':>6}   95 % INTERVAL   CASES", "dim"), indent=0)
    for share in group.shares:
        measure = MEASURES[share.measure]
        reached = "     –" if share.share is None else f"{share.share:6.3f}"
        between = f"{share.low:.3f} – {share.high:.3f}" if share.of else " " * 13
        line = f"{share.measure:18}{measure.good:6}{reached}   {between}   {share.hits}/{share.of}"
        page.row("", Text(line), indent=0)


def _groups(page: Page, groups: Sequence[Group]) -> None:
    for by in ("tag", "difficulty"):
        these = [group for group in groups if group.by == by]
        if not these:
            continue
        page.blank()
        heads = "".join(name.replace("_", " ").upper().rjust(16) for name in _GROUPED)
        page.row("", Text(f"{by.upper():13}{'N':>3}{heads}", "dim"), indent=0)
        for group in these:
            by_name = {share.measure: share for share in group.shares}
            cells = "".join(_cell(by_name[name]).rjust(16) for name in _GROUPED)
            page.row("", Text(f"{group.name:13}{group.scenarios:3}{cells}"), indent=0)


def _cell(share: Share) -> str:
    if share.share is None:
        return "·"
    low, high = (f"{value:.2f}".removeprefix("0") for value in (share.low, share.high))
    return f"{share.share:.2f} ({low}–{high})"


def _costs(page: Page, report: Evaluation) -> None:
    if not report.costs:
        return
    page.blank()
    heads = "".join(head.rjust(19) for head in ("SECONDS", "CPU SECONDS", "REQUESTS", "LOOK-UPS"))
    page.row("", Text(f"{'median/p95/most':18}{heads}", "dim"), indent=0)
    for cost in report.costs:
        page.row("", Text(_cost(cost)), indent=0)


def _cost(cost: Cost) -> str:
    def cell(spread: Spread | None, digits: int) -> str:
        if spread is None:
            return "–".rjust(19)
        return "/".join(f"{value:.{digits}f}" for value in (spread.median, spread.p95, spread.most)).rjust(19)

    cells = (cell(cost.seconds, 2), cell(cost.cpu_seconds, 2), cell(cost.requests, 0), cell(cost.lookups, 0))
    return f"{cost.question:18}{''.join(cells)}"


def _against(page: Page, against: Comparison) -> None:
    page.blank()
    title = f"AGAINST the run of {against.began_at:%Y-%m-%d %H:%M} UTC (sre {against.version})"
    page.row("", said(title, "dim"), indent=0)
    for shift in against.shifts:
        if shift.before != shift.now:
            line = f"{shift.measure:18}{shift.before:6.3f} → {shift.now:5.3f}   over {shift.of}"
            page.row("", Text(line), indent=0)
    _changes(page, "better", "green", against.better)
    _changes(page, "worse", "bold red", against.worse)
    if not (against.better or against.worse):
        page.row("", Text("nothing changed in the scenarios that both have"), indent=0)
    for label, names in (("new", against.new), ("gone", against.gone)):
        if names:
            page.row(label, said(", ".join(names)))


def _changes(page: Page, label: str, style: str, changes: Sequence[Change]) -> None:
    for change in changes[:_MOST_CHANGES]:
        text = (
            f"{change.scenario} (seed {change.seed}): {change.measure} {change.before:.2f} → {change.now:.2f}"
        )
        page.row(label, said(text, style))
    if len(changes) > _MOST_CHANGES:
        page.row(label, Text(f"and {len(changes) - _MOST_CHANGES} more: --json"))


def _floors(page: Page, report: Evaluation) -> None:
    missed = [floor for floor in report.floors if not floor.met]
    if missed:
        page.blank()
    page.lines.extend(_floor_lines((floor.measure, floor.bound, floor.share) for floor in missed))


def _floor_lines(missed: Iterable[tuple[str, float, float | None]]) -> Iterable[Text]:
    for name, bound, share in missed:
        reached = "nothing of the kind was seen" if share is None else f"reached {share:.3f}"
        kind = "at least" if MEASURES[name].good == "high" else "at most"
        yield Text(f"floor missed: {name} {reached}, {kind} {bound:g} is wanted", "bold red")
