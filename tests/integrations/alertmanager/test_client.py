from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sre_assistant.domain.errors import Malformed, Missing, Rejected, SourceError, Unauthorised, Unreachable
from sre_assistant.domain.reading import Completeness
from tests.integrations.alertmanager.answers import DOWN, NOW, QUIET, STATUS, running
from tests.kit.hostile import Behaviour, answering, login_page


async def test_alerts_are_read_with_silenced_ones_marked() -> None:
    async with running() as am:
        reading = await am.client.alerts()
    down, quiet = reading.value
    assert (down.name, down.status, down.silenced, down.ends_at) == ("InstanceDown", "firing", False, None)
    assert down.starts_at == datetime(2026, 3, 1, 2, 10, 15, 119000, tzinfo=UTC)
    assert (down.fingerprint, down.source, down.severity) == ("ce3047a1412f8d0f", "am", "critical")
    assert down.generator_url == DOWN["generatorURL"]
    assert (quiet.name, quiet.silenced) == ("DiskFull", True)
    assert quiet.labels["mountpoint"] == 'C:\\"Größe"'
    assert reading.completeness is Completeness.COMPLETE
    assert (reading.provenance.source, reading.provenance.query) == ("am", "GET /api/v2/alerts")
    assert reading.provenance.observed_at == NOW


async def test_inhibited_is_as_quiet_as_silenced() -> None:
    inhibited = DOWN | {"status": {"state": "active", "inhibitedBy": ["x"], "silencedBy": None}}
    async with running() as am:
        am.answers(alerts=answering([inhibited]))
        assert (await am.client.alerts()).value[0].silenced


@pytest.mark.parametrize("nothing", [[], None])
async def test_no_alerts_is_empty(nothing: object) -> None:
    async with running() as am:
        am.answers(alerts=answering(nothing))
        reading = await am.client.alerts()
    assert (reading.value, reading.completeness) == ((), Completeness.EMPTY)


@pytest.mark.parametrize(
    "corner",
    [
        {"labels": {}},
        {"labels": None, "annotations": None, "receivers": None, "status": None},
        {"status": {"state": "unprocessed"}},
        {"endsAt": "0001-01-01T00:00:00.000Z"},
        {"fingerprint": ""},
        {"something": {"new": [1, 2]}},
    ],
)
async def test_odd_corners_of_an_alert_are_tolerated(corner: dict[str, object]) -> None:
    async with running() as am:
        am.answers(alerts=answering([DOWN | corner]))
        reading = await am.client.alerts()
    assert reading.completeness is Completeness.COMPLETE
    assert reading.value[0].ends_at is None
    assert len(reading.value[0].fingerprint) == 16


@pytest.mark.parametrize(
    "odd", [None, 3, "x", {}, {"labels": {"a": 1}}, {"labels": {}, "startsAt": "0001-01-01T00:00:00Z"}]
)
async def test_an_entry_that_cannot_be_read_does_not_hide_the_others(odd: object) -> None:
    async with running() as am:
        am.answers(alerts=answering([odd, DOWN]))
        reading = await am.client.alerts()
    assert [alert.name for alert in reading.value] == ["InstanceDown"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("1 of 2 entries could not be read: ")


async def test_nothing_but_unreadable_entries_is_malformed() -> None:
    async with running() as am:
        am.answers(alerts=answering([{"labels": "x"}]))
        with pytest.raises(Malformed, match="Expected `object"):
            await am.client.alerts()


async def test_more_alerts_than_are_kept_are_counted() -> None:
    async with running() as am:
        am.answers(alerts=answering([QUIET] * 10_001))
        reading = await am.client.alerts()
    assert len(reading.value) == 10_000
    assert reading.completeness is Completeness.PARTIAL
    assert "10,001 entries came" in reading.detail


async def test_groups_tell_who_is_told_of_what() -> None:
    async with running() as am:
        full, bare = (await am.client.groups()).value
    assert (full.receiver, full.labels, len(full.alerts)) == ("phone", {"severity": "critical"}, 2)
    assert (bare.receiver, bare.labels, bare.alerts) == ("", {}, ())


async def test_silences_tell_their_matchers_as_promql_does() -> None:
    async with running() as am:
        active, expired = (await am.client.silences()).value
    assert active.matchers == ('alertname="DiskFull"', 'instance!~"nas.*"', 'job!="x"', 'severity=~"a|b"')
    assert (active.state, active.created_by) == ("active", "ann")
    assert (expired.state, expired.matchers) == ("expired", ())


async def test_the_status_tells_version_and_clock_and_never_the_configuration() -> None:
    async with running() as am:
        reading, clock = await am.client.dated_status()
    assert reading.value.version_info.version == "0.25.0"
    assert clock == NOW
    assert "hunter2" not in repr(reading)


@pytest.mark.parametrize("date", ["", "yesterday"])
async def test_a_server_may_keep_its_time_to_itself(date: str) -> None:
    async with running() as am:
        am.answers(status=answering(STATUS, Date=date))
        assert (await am.client.dated_status())[1] is None


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (answering('"bad matcher format: {bad"', 400), Rejected, "bad matcher format: {bad"),
        (answering({"code": 422, "message": "silenceID in path"}, 422), Rejected, "silenceID in path"),
        (
            answering({"status": "deprecated", "error": "v1 is gone"}, 410),
            Missing,
            "HTTP 410: not there: v1 is gone",
        ),
        (answering([1], 500), Unreachable, "HTTP 500: [1]"),
        (login_page(), Unauthorised, "a login page"),
        (answering("{}"), Malformed, "Expected `array`"),
        (answering("[1,"), Malformed, "cannot be read"),
        (answering(b"[" * 50_000), Malformed, "cannot be read"),
    ],
)
async def test_every_bad_answer_is_told_by_who_must_act(
    behaviour: Behaviour, kind: type[SourceError], words: str
) -> None:
    async with running() as am:
        am.answers(alerts=behaviour)
        with pytest.raises(kind) as caught:
            await am.client.alerts()
        assert type(caught.value) is kind
        assert words in caught.value.detail
        am.answers()
        assert (await am.client.alerts()).value


async def test_a_status_that_cannot_be_read_is_malformed() -> None:
    async with running() as am:
        for odd in ('{"versionInfo": 3}', '{"versionInfo": null}', "{}", "[]"):
            am.answers(status=answering(odd))
            with pytest.raises(Malformed):
                await am.client.status()
