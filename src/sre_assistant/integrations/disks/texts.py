"""What the tool shows of hard disks: a line for each, untrusted names kept on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.integrations.disks.course import step_for
from sre_assistant.integrations.disks.forms import FORMS
from sre_assistant.integrations.disks.identity import Known, is_ambiguous
from sre_assistant.integrations.disks.survey import Disk, Survey
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_span, format_value

_LONGEST_LINE: Final = 400
_LONGEST_NAME: Final = 80
_MOST_NAMED: Final = 10
_WORDS: Final = {
    None: "no value now",
    "error": "ERROR",
    "unknown": "unknown",
    "active": "spun up",
    "standby": "in standby",
}
_ORDER: Final = tuple(_WORDS)


def urgency(disk: Disk) -> tuple[int, str]:
    """Sorts what tells nothing or an error first, then what spins."""
    return (_ORDER.index(disk.state), _named(disk))


def head(survey: Survey, disks: Sequence[Disk], span: timedelta, lines: int, pool: str | None) -> str:
    """How many disks there are in which state, and what the statistics are about."""
    whose = f" of pool {bounded(pool, 60)!r}" if pool else ""
    if not disks:
        return f"No hard disk{whose} tells its power state. Next: {_HINT}"
    counts = Counter(_WORDS[disk.state] for disk in disks)
    said = ", ".join(f"{count} {word}" for word, count in counts.items())
    first = f" (first {lines} shown)" if lines < len(disks) else ""
    many = f"{len(disks)} hard disk{'' if len(disks) == 1 else 's'}"
    over = f"statistics over {format_span(span)}, one point each {format_span(step_for(span))}"
    return f"{many}{whose} at {_date(survey.at)}: {said}{first}; {over}"


def disk(each: Disk, survey: Survey, span: timedelta) -> str:
    """One disk."""
    now = _WORDS[each.state]
    if each.value is not None:
        now += f" ({each.voice.form.word(each.value)})"
    text = f"[{now}] {_named(each)}{_place(each)}: {', '.join(_story(each, survey, span))}"
    return f"  {bounded(redact(text), _LONGEST_LINE)}"


def notes(survey: Survey) -> list[str]:
    """What else is to be known of the whole."""
    said = []
    unfound = [disk for disk in survey.disks if not disk.known]
    if unfound:
        said.append(f"{len(unfound)} of the disks match none in the inventory and are shown by their id")
    if unwatched := survey.unwatched():
        named = ", ".join(_known(each) for each in unwatched[:_MOST_NAMED])
        more = f" and {len(unwatched) - _MOST_NAMED} more" if len(unwatched) > _MOST_NAMED else ""
        said.append(bounded(f"without a power state: {named}{more}", 500))
    return said


def table(disks: Sequence[Disk]) -> list[dict[str, object]]:
    """Everything of each disk."""
    return [
        {
            "id": each.name,
            "disks": [f"{known.system}:{known.resource.id}" for known in each.known],
            "pools": sorted(each.pools),
            "state": each.state,
            "word": None if each.value is None else each.voice.form.word(each.value),
            "changes": each.course.changes if each.course else None,
            "shares": each.course.shares if each.course else None,
            "last_change": each.last.at if each.last else None,
        }
        for each in disks
    ]


def _named(disk: Disk) -> str:
    if not disk.known:
        place = f"{disk.labels.get('instance', '')} {disk.labels.get('device', '')}".strip()
        return bounded(f"{disk.name} ({place})" if place and place != disk.name else disk.name, 120)
    names = " = ".join(_known(each) for each in disk.known[:_MOST_NAMED])
    return f"one of {names}" if is_ambiguous(disk.known) else names


def _known(each: Known) -> str:
    about = [text for text in (each.resource.labels.get("serial"), each.resource.labels.get("model")) if text]
    host = each.resource.host or each.system
    own = each.resource.id if each.resource.id.startswith(f"{host}/") else f"{host} {each.resource.id}"
    return bounded(f"{own} ({', '.join(about)})" if about else own, _LONGEST_NAME)


def _place(disk: Disk) -> str:
    pools = sorted(disk.pools)
    return f" in {' or '.join(bounded(pool, 60) for pool in pools)}" if pools else ""


def _story(disk: Disk, survey: Survey, span: timedelta) -> Iterator[str]:
    if disk.last:
        became = "spun up" if disk.last.became == "active" else "spun down"
        yield f"last {became} {_date(disk.last.at)} (to {format_span(disk.precision)})"
    elif survey.searched:
        yield f"neither spun up nor down in the last {format_span(survey.searched)}, as far as is known"
    if disk.course is None:
        yield "no statistics"
        return
    changes = disk.course.changes
    yield f"{changes} change{'' if changes == 1 else 's'}"
    yield from (
        f"{state} {format_value(share, 'ratio')}" for state, share in sorted(disk.course.shares.items())
    )
    if disk.course.first > survey.at - span + max(span / 20, 2 * step_for(span)):
        yield f"known since {_date(disk.course.first)}"
    if disk.state is None:
        yield f"last value {_date(disk.course.seen)}"


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


_EXPORTERS: Final = " or ".join(dict.fromkeys(form.exporter for form in FORMS))
_HINT: Final = (
    f"see that {_EXPORTERS} runs on the machines with the disks and is scraped: "
    "prometheus_search_metrics disk_power_state."
)
