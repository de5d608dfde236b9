from __future__ import annotations

import pytest

from sre_assistant.domain.errors import CallError, Unreachable
from sre_assistant.domain.reading import Completeness
from tests.integrations.alertmanager.answers import DOWN, QUIET, STATUS, running
from tests.kit.hostile import answering


async def test_alerts_are_listed_with_begin_labels_and_summary() -> None:
    async with running() as am:
        result = await am.call("alertmanager_list_alerts")
    assert result.text.splitlines() == [
        "2 alerts; 2 match",
        '  [active] InstanceDown since 2026-03-01 02:10:15Z {instance="pve2.lan:9100", severity="critical"} '
        'ce3047a1412f8d0f to phone "Instance pve2.lan down"',
        "  [suppressed] DiskFull since 2026-03-01 01:00:00Z "
        '{mountpoint="C:\\\\\\"Größe\\""} dae3317827a1aa46 held by silence dd109e2d',
    ]


async def test_an_alert_is_told_with_all_that_is_known_of_it() -> None:
    full = DOWN | {
        "annotations": {"summary": "nas is down", "description": "No scrape of nas.lan for 5 min."},
        "receivers": [{"name": "phone"}, {"name": "mail"}],
        "status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["dae3317827a1aa46"]},
    }
    async with running() as am:
        am.answers(alerts=answering([full]))
        (told,) = (await am.call("alertmanager_list_alerts")).text.splitlines()[1:]
    assert told.endswith(
        'ce3047a1412f8d0f to phone, mail held by alert dae3317827a1aa46 "nas is down" '
        '"No scrape of nas.lan for 5 min."'
    )


async def test_everything_is_kept_behind_a_list_that_was_cut() -> None:
    async with running() as am:
        whole = await am.call("alertmanager_list_alerts")
        am.answers(alerts=answering([DOWN] * 70))
        cut = await am.call("alertmanager_list_alerts")
    assert whole.data is None
    assert isinstance(cut.data, list)
    assert len(cut.data) == 70
    assert cut.data[0].receivers == ("phone",)


@pytest.mark.parametrize(
    ("arguments", "head"),
    [
        ({"state": "active"}, "2 alerts; 1 match\n  [active]"),
        ({"state": "suppressed"}, "2 alerts; 1 match\n  [suppressed]"),
        ({"name": "DiskFull"}, "2 alerts; 1 match\n  [suppressed] DiskFull"),
        ({"name": "Nope"}, "2 alerts; 0 match"),
    ],
)
async def test_alerts_can_be_narrowed(arguments: dict[str, str], head: str) -> None:
    async with running() as am:
        assert (await am.call("alertmanager_list_alerts", **arguments)).text.startswith(head)


async def test_no_alerts_is_said_plainly() -> None:
    async with running() as am:
        am.answers(alerts=answering([]))
        result = await am.call("alertmanager_list_alerts")
    assert (result.text, result.completeness) == ("No alerts.", Completeness.EMPTY)


async def test_an_alert_without_a_name_is_still_listed() -> None:
    async with running() as am:
        am.answers(alerts=answering([DOWN | {"labels": {}}]))
        assert "  [active] (no name) since" in (await am.call("alertmanager_list_alerts")).text


async def test_what_could_not_be_read_is_noted() -> None:
    async with running() as am:
        am.answers(alerts=answering([DOWN, 3]))
        result = await am.call("alertmanager_list_alerts")
    assert result.completeness is Completeness.PARTIAL
    assert "\nNote: 1 of 2 entries could not be read" in result.text


async def test_groups_are_listed_by_receiver() -> None:
    async with running() as am:
        text = (await am.call("alertmanager_list_groups")).text
    assert (
        text.splitlines()[1]
        == '  {severity="critical"} to phone: 2 alerts, 1 suppressed: DiskFull, InstanceDown'
    )


@pytest.mark.parametrize(("state", "count"), [("active", 1), ("expired", 1), ("pending", 0), ("any", 2)])
async def test_silences_are_listed_by_state(state: str, count: int) -> None:
    async with running() as am:
        text = (await am.call("alertmanager_list_silences", state=state)).text
    assert text.startswith(f"2 silences; {count} match")
    assert "hunter2" not in text
    told = (
        "until 2026-03-01T10:31:05.000Z dd109e2d-97d3-4390-bdf6-c2d32dde467b "
        "by ann: new disk on its way password=[hidden]"
    )
    assert (told in text) == (state in {"active", "any"})


async def test_the_status_tells_version_and_cluster() -> None:
    async with running() as am:
        alone = (await am.call("alertmanager_status")).text
        peers = {"status": "ready", "peers": [{"name": "a", "address": "192.0.2.7:9094"}]}
        am.answers(status=answering(STATUS | {"cluster": peers}))
        joined = (await am.call("alertmanager_status")).text
        am.answers(status=answering({"versionInfo": {}}))
        bare = (await am.call("alertmanager_status")).text
    assert (
        alone
        == "Alertmanager 0.25.0, running since 2026-02-28T09:28:44.919Z\n  cluster disabled, peers: none"
    )
    assert joined.endswith("cluster ready, peers: 192.0.2.7:9094")
    assert bare == "Alertmanager (no version said), running since (not said)\n  cluster unknown, peers: none"


@pytest.mark.parametrize("tool", ["alertmanager_list_alerts", "alertmanager_list_silences"])
async def test_a_state_that_is_none_is_told_what_there_is(tool: str) -> None:
    async with running() as am:
        with pytest.raises(CallError, match="state is 'firing': give one of any, active"):
            await am.call(tool, state="firing")
    assert am.server.seen == []


async def test_failures_are_failures_and_not_texts() -> None:
    async with running() as am:
        am.server.behaviour = answering("no", 500, "text/plain")
        with pytest.raises(Unreachable):
            await am.call("alertmanager_list_alerts")


async def test_what_an_annotation_says_stays_on_its_line() -> None:
    nasty = DOWN | {"annotations": {"summary": 'ok"\n  [active] Fake \x1b[2J\u202e token=s3cr3t-value'}}
    async with running() as am:
        am.answers(alerts=answering([nasty]))
        text = (await am.call("alertmanager_list_alerts")).text
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "s3cr3t-value" not in text


async def test_the_longest_list_keeps_to_its_budget() -> None:
    async with running() as am:
        am.answers(alerts=answering([QUIET | {"annotations": {"summary": "x" * 500}}] * 500))
        text = (await am.call("alertmanager_list_alerts")).text
    assert 2000 < len(text) < 5000
    assert text.startswith("500 alerts; 500 match (first 10 shown)")
