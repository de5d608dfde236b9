from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.errors import CallError, Denied, SourceError, Unreachable
from sre_assistant.domain.reading import Completeness
from sre_assistant.integrations.disks import compose
from sre_assistant.kit.clock import FixedClock
from tests.integrations.disks.answers import (
    NOW,
    OLD_STATUS,
    SMARTCTL,
    STATUS,
    Inventory,
    Level,
    Metrics,
    always,
    ask,
    disk,
    house,
    resource,
    since,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WWN_A, WWN_B, WWN_C = "5000c500f7425581", "5000c500f7425582", "5000c500f7425583"
TANK = resource("sda", "tank", serial="ZFL00001", wwn=WWN_A, model="ST2000DM008")
COLD = resource("sdb", "cold", serial="VAG12345", wwn=f"0x{WWN_B}")
SPARE = resource("sdc", "cold", serial="ZFL00003")
SSD = resource("nvme0n1", "fast", serial="S466NX0K", type="SSD")
NAS = Inventory((TANK, COLD, SSD))
SPUN_UP = since(timedelta(minutes=100), 2, 0)
"""Since an hour and 40 minutes; in standby before."""


QUIET = always(0)


def two(first: Level = SPUN_UP, second: Level = QUIET) -> Metrics:
    return Metrics({STATUS: [disk(WWN_A, first), disk("VAG12345", second)]})


async def test_disks_are_told_with_name_state_last_change_and_statistics() -> None:
    result = await ask(two(), NAS)
    assert result.text.splitlines() == [
        "2 hard disks at 2026-03-01 12:00:00Z: 1 spun up, 1 in standby; "
        "statistics over 1 d, one point each 1 min",
        "  [spun up (active or idle)] nas sda (ZFL00001, ST2000DM008) in tank: last spun up "
        "2026-03-01 10:20:00Z (to 1 min), 1 change, active 7.0 %, standby 93 %",
        "  [in standby (standby)] nas sdb (VAG12345) in cold: neither spun up nor down in the last 7 d, "
        "as far as is known, 0 changes, standby 100 %",
    ]
    assert result.completeness is Completeness.COMPLETE
    assert (result.provenance.source, result.provenance.query) == ("prom", STATUS)
    assert result.provenance.window
    assert result.provenance.window.span == DAY
    assert result.data is None


def test_there_is_a_tool_where_there_are_metrics_and_an_inventory() -> None:
    clock = FixedClock(NOW)
    (tool,) = compose(house([Metrics()], [Inventory()]), clock)
    assert (tool.name, tool.effect) == ("hdd_power_status", Effect.READ)
    assert len(json.dumps(tool.schema, separators=(",", ":"))) <= 380
    assert compose(house([Metrics()], []), clock) == ()
    assert compose(house([], [Inventory()]), clock) == ()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (-2, "[ERROR (error)]"),
        (-1, "[unknown (unknown)]"),
        (0, "[in standby (standby)]"),
        (1, "[spun up (idle)]"),
        (2, "[spun up (active or idle)]"),
        (3, "[spun up (idle_a)]"),
        (4, "[spun up (idle_b)]"),
        (5, "[spun up (idle_c)]"),
        (6, "[spun up (active)]"),
        (7, "[in standby (sleep)]"),
        (8, "[unknown (code 8)]"),
        (0.5, "[unknown (code 0.5)]"),
        (float("nan"), "[unknown (code nan)]"),
    ],
)
async def test_ten_codes_come_down_to_four_states(code: float, shown: str) -> None:
    text = (await ask(two(always(code)), NAS)).text
    assert f"  {shown} nas sda" in text


async def test_what_needs_a_look_comes_first() -> None:
    text = (await ask(two(always(6), always(-2)), NAS)).text
    assert [line.split("]")[0] for line in text.splitlines()[1:]] == [
        "  [ERROR (error)",
        "  [spun up (active)",
    ]


# ---- the last change


@pytest.mark.parametrize(
    ("ago", "duration", "precision"),
    [
        (timedelta(minutes=30), "24h", "15 s"),
        (timedelta(minutes=30), "1h", "15 s"),
        (3 * HOUR, "1h", "1 min"),
        (10 * HOUR, "1h", "1 min"),
        (10 * HOUR, "24h", "1 min"),
        (3 * DAY, "1h", "5 min"),
        (3 * DAY, "24h", "5 min"),
        (3 * DAY, "30d", "5 min"),
        (20 * DAY, "30d", "30 min"),
    ],
)
async def test_the_last_change_is_found_as_finely_as_can_be(
    ago: timedelta, duration: str, precision: str
) -> None:
    text = (await ask(two(since(ago, 6, 0), since(ago, 6, 0)), NAS, duration=duration)).text
    assert text.count(f"last spun up {(NOW - ago):%Y-%m-%d %H:%M:%SZ} (to {precision})") == 2


async def test_statistics_over_less_than_was_asked_say_since_when() -> None:
    new = disk(WWN_A, lambda ago: 0 if ago <= 10 * DAY else None)
    text = (await ask(Metrics({STATUS: [new]}), NAS, duration="30d")).text
    assert "standby 100 %, known since 2026-02-19 12:00:00Z" in text


async def test_only_as_much_is_asked_as_is_needed() -> None:
    found, quiet = two(since(timedelta(minutes=5), 0, 6), since(timedelta(minutes=5), 0, 6)), two(always(0))
    await ask(found, NAS)
    await ask(quiet, NAS)
    assert [span for span, _ in found.ranges] == [DAY, HOUR]
    assert [span for span, _ in quiet.ranges] == [DAY, HOUR, 7 * DAY]


async def test_a_quiet_pool_is_looked_into_as_deep_as_if_it_were_alone() -> None:
    busy_and_quiet = two(since(timedelta(minutes=5), 6, 0), since(5 * DAY, 0, 6))
    result = await ask(busy_and_quiet, NAS, pool="cold")
    assert "last spun down 2026-02-24 12:00:00Z (to 5 min)" in result.text
    assert result.text.startswith("1 hard disk of pool 'cold' at 2026-03-01 12:00:00Z: 1 in standby;")


async def test_errors_between_are_no_changes() -> None:
    def flapping(ago: timedelta) -> float:
        return -1 if (ago // timedelta(minutes=10)) % 2 else 0

    text = (await ask(two(flapping), NAS)).text
    assert "0 changes, standby 50 %, unknown 50 %" in text


@pytest.mark.parametrize("duration", ["5m", "1h", "24h", "7d", "30d", "365d"])
async def test_a_long_span_never_asks_for_more_points_than_are_given(duration: str) -> None:
    metrics = two(always(0))
    result = await ask(metrics, NAS, duration=duration)
    assert result.completeness is Completeness.COMPLETE
    assert "standby 100 %" in result.text
    assert max(span / step for span, step in metrics.ranges) < 2_100


@pytest.mark.parametrize("duration", ["4m", "366d", "0s", "x", "", "-1h"])
async def test_a_span_that_is_none_is_the_callers_mistake(duration: str) -> None:
    metrics = two()
    with pytest.raises(CallError):
        await ask(metrics, NAS, duration=duration)
    assert metrics.ranges == []


# ---- which disk is which


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        ({"device_id": f"/dev/disk/by-id/wwn-0x{WWN_A}"}, TANK),
        ({"device_id": f"/dev/disk/by-id/scsi-3{WWN_A}"}, TANK),
        ({"device_id": f"/dev/disk/by-id/WWN-0X{WWN_A.upper()}-part1"}, TANK),
        ({"device_id": "/dev/disk/by-id/ata-ST2000DM008-2FR102_ZFL00001"}, TANK),
        ({"device_id": "/dev/disk/by-id/ata-ST2000DM008-2FR102_ZFL00001-part2"}, TANK),
        ({"device": "sda", "serial_number": "zfl00001"}, TANK),
        ({"device_id": "/dev/sda"}, None),
        ({"device_id": "/dev/disk/by-id/ata-ST2000DM008-2FR102_ZFL0000"}, None),
        ({"device": "sda", "serial": "sda"}, None),
    ],
)
async def test_a_series_is_joined_by_serial_number_or_world_wide_name(
    labels: dict[str, str], known: object
) -> None:
    text = (await ask(Metrics({STATUS: [({"type": "hdd", **labels}, always(0))]}), NAS)).text
    assert ("nas sda (ZFL00001" in text.splitlines()[1]) is (known is TANK)


async def test_a_disk_that_two_systems_know_has_both_names() -> None:
    there = resource("pve1//dev/sdx", "", serial="ZFL00001")
    pve = Inventory((there,), name="pve")
    text = (await ask(two(), [NAS, pve])).text
    assert "nas sda (ZFL00001, ST2000DM008) = nas pve1//dev/sdx (ZFL00001) in tank" in text


async def test_two_disks_that_fit_are_both_named_as_a_doubt() -> None:
    twin = resource("sdz", "cold", serial="ZFL00001")
    text = (await ask(two(), Inventory((TANK, twin)))).text
    assert "one of nas sda (ZFL00001, ST2000DM008) = nas sdz (ZFL00001) in cold or tank:" in text


async def test_a_disk_that_nobody_knows_is_shown_by_its_id() -> None:
    result = await ask(Metrics({STATUS: [disk(WWN_C, always(0), pool="backup")]}), NAS)
    assert f"  [in standby (standby)] /dev/disk/by-id/wwn-0x{WWN_C} (nas.lan:9635) in backup: " in result.text
    assert "Note: 1 of the disks match none in the inventory and are shown by their id" in result.text
    assert result.completeness is Completeness.COMPLETE


async def test_a_disk_keeps_its_past_when_its_letter_changes() -> None:
    before = disk(WWN_A, lambda ago: 0 if ago > 2 * HOUR else None, device="/dev/sdb")
    after = disk(WWN_A, lambda ago: 6 if ago <= 2 * HOUR else None, device="/dev/sda")
    text = (await ask(Metrics({STATUS: [before, after]}), NAS)).text
    assert text.startswith("1 hard disk at")
    assert "last spun up 2026-03-01 10:00:00Z (to 1 min), 1 change" in text


async def test_a_disk_that_tells_nothing_any_more_is_not_forgotten() -> None:
    gone = disk(WWN_A, lambda ago: 0 if ago >= 3 * HOUR else None)
    text = (await ask(Metrics({STATUS: [gone, disk("VAG12345", always(0))]}), NAS)).text
    assert text.splitlines()[1].startswith("  [no value now] nas sda")
    assert text.splitlines()[1].endswith("last value 2026-03-01 09:00:00Z")
    alone = await ask(Metrics({STATUS: [gone]}), NAS)
    assert alone.text.startswith("1 hard disk at 2026-03-01 12:00:00Z: 1 no value now")


async def test_a_hard_disk_of_the_inventory_that_tells_nothing_is_named() -> None:
    text = (await ask(two(), Inventory((TANK, COLD, SPARE, SSD)))).text
    assert text.endswith("Note: without a power state: nas sdc (ZFL00003)")


# ---- pools


@pytest.mark.parametrize(("pool", "disk_shown"), [("tank", "nas sda"), ("cold", "nas sdb")])
async def test_a_pool_is_what_the_inventory_says(pool: str, disk_shown: str) -> None:
    lines = (await ask(two(), NAS, pool=pool)).text.splitlines()
    assert len(lines) == 2
    assert disk_shown in lines[1]


async def test_a_pool_is_what_the_exporter_says_where_no_inventory_does() -> None:
    metrics = Metrics({STATUS: [disk(WWN_A, always(0), pool="own"), disk(WWN_B, always(0), pool="none")]})
    assert (await ask(metrics, Inventory(), pool="own")).text.startswith("1 hard disk of pool 'own'")


async def test_a_pool_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(CallError, match=r"pool is 'tnk': disks are in cold, fast, tank\. Leave it out"):
        await ask(two(), NAS, pool="tnk")


async def test_a_pool_without_hard_disks_says_so() -> None:
    result = await ask(two(), NAS, pool="fast")
    assert result.text.startswith("No hard disk of pool 'fast' tells its power state.")
    assert result.completeness is Completeness.EMPTY


async def test_a_pool_cannot_be_looked_up_where_the_inventory_is_denied() -> None:
    denied = Inventory(completeness=Completeness.DENIED, detail="the key lacks READONLY_ADMIN")
    with pytest.raises(
        CallError, match=r"no connected system tells of pools .* \(nas: the key lacks READONLY"
    ):
        await ask(two(), denied, pool="tank")


# ---- what is missing


async def test_an_inventory_that_is_denied_leaves_ids_and_says_so() -> None:
    denied = Inventory(completeness=Completeness.DENIED, detail="the key lacks READONLY_ADMIN")
    failed = Inventory(fails=Denied("pve", "GET /disks", "HTTP 403: not permitted"), name="pve")
    result = await ask(two(), [denied, failed])
    assert f"/dev/disk/by-id/wwn-0x{WWN_A}" in result.text
    assert result.completeness is Completeness.PARTIAL
    assert "nas: the key lacks READONLY_ADMIN; pve told of no disks: HTTP 403: not permitted" in result.detail


async def test_an_inventory_that_is_not_needed_does_not_make_it_partial() -> None:
    failed = Inventory(fails=Denied("docker", "GET /info", "HTTP 403"), name="docker")
    assert (await ask(two(), [NAS, failed])).completeness is Completeness.COMPLETE


async def test_without_the_metric_the_exporter_is_named() -> None:
    result = await ask(Metrics(), NAS)
    assert result.text.startswith(
        "No hard disk tells its power state. Next: see that disk_status_exporter or smartctl_exporter runs"
    )
    assert result.completeness is Completeness.EMPTY
    assert "Note: without a power state: nas sda" in result.text


def failing(kind: str) -> Metrics:
    error = Unreachable("prom", "GET /api/v1/query", "HTTP 503")
    metrics = two()
    metrics.fails = lambda asked: error if asked == kind else None
    return metrics


async def test_metrics_that_cannot_be_asked_are_a_failure() -> None:
    with pytest.raises(SourceError, match="HTTP 503"):
        await ask(failing("instant"), NAS)


async def test_statistics_that_cannot_be_read_are_missed_aloud() -> None:
    result = await ask(failing("range"), NAS)
    assert "[spun up (active or idle)] nas sda" in result.text
    assert result.text.count("no statistics") == 2
    assert result.completeness is Completeness.PARTIAL
    assert "states over 1 d could not be read: prom: HTTP 503" in result.detail


async def test_one_of_two_metric_sources_that_fails_makes_it_partial() -> None:
    other = failing("instant")
    other.name = "second"
    result = await ask([two(), other], NAS)
    assert result.text.startswith("2 hard disks at")
    assert result.completeness is Completeness.PARTIAL
    assert "power states could not be read" in result.detail


async def test_nothing_found_while_a_source_fails_is_not_empty() -> None:
    other = failing("instant")
    other.name = "second"
    result = await ask([Metrics(), other], NAS)
    assert result.completeness is Completeness.PARTIAL


async def test_an_answer_that_was_cut_is_said() -> None:
    metrics = two()
    metrics.detail = "the first 50,000 series were kept"
    result = await ask(metrics, NAS)
    assert result.completeness is Completeness.PARTIAL
    assert "power states of prom: the first 50,000 series were kept" in result.detail


# ---- other exporters


SERIAL = {"device": "sda", "instance": "nas.lan:9633", "serial_number": "ZFL00001"}


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (0, "spun up (active)"),
        (1, "in standby (standby)"),
        (2, "in standby (sleep)"),
        (3, "spun up (self-test)"),
        (4, "spun up (offline data collection)"),
        (5, "spun up (SCT command)"),
        (6, "unknown (code 6)"),
    ],
)
async def test_smartctl_exporter_has_codes_of_its_own(code: int, shown: str) -> None:
    result = await ask(Metrics({SMARTCTL: [(SERIAL, always(code))]}), NAS)
    assert f"[{shown}] nas sda (ZFL00001, ST2000DM008) in tank" in result.text
    assert result.provenance.query == SMARTCTL


async def test_a_disk_of_two_exporters_is_told_once_and_a_contradiction_said() -> None:
    both = Metrics({STATUS: [disk(WWN_A, always(0))], SMARTCTL: [(SERIAL, always(1))]})
    agreed = await ask(both, NAS)
    assert agreed.text.startswith("1 hard disk at")
    assert agreed.completeness is Completeness.COMPLETE
    against = Metrics({STATUS: [disk(WWN_A, always(0))], SMARTCTL: [(SERIAL, always(0))]})
    result = await ask(against, NAS)
    assert result.completeness is Completeness.PARTIAL
    assert result.detail.startswith("ZFL00001 is told of twice, as standby and as active")
    other = Metrics({STATUS: [disk("VAG12345", always(0))], SMARTCTL: [(SERIAL, always(0))]})
    assert (await ask(other, NAS)).text.startswith("2 hard disks at")


async def test_early_releases_of_the_exporter_are_understood() -> None:
    labels = {"device": "/dev/sda", "instance": "nas.lan:9635", "type": "hdd", "pool": "tank"}
    text = (await ask(Metrics({OLD_STATUS: [(labels, always(1))]}), NAS)).text
    assert "[spun up (idle)] nas.lan:9635 /dev/sda in tank" in text


# ---- bounds


async def test_names_from_outside_stay_on_their_line() -> None:
    nasty = {"device_id": "x\n  [ERROR] fake \x1b[2J\u202e", "type": "hdd", "pool": "token=s3cr3t-value"}
    text = (await ask(Metrics({STATUS: [(nasty, always(0))]}), NAS)).text
    assert len([line for line in text.splitlines() if "fake" in line]) == 1
    for hidden in ("\x1b", "\u202e", "s3cr3t-value"):
        assert hidden not in text


async def test_many_disks_keep_to_their_budget_and_are_all_in_the_data() -> None:
    many = Metrics({STATUS: [disk(f"SERIAL{number:05}", always(0)) for number in range(300)]})
    result = await ask(many, NAS, duration="5m")
    assert 2_000 < len(result.text) < 5_000
    assert "300 in standby (first " in result.text
    assert isinstance(result.data, list)
    assert len(result.data) == 300


async def test_more_series_than_a_house_has_disks_are_cut_and_said() -> None:
    many = Metrics({STATUS: [disk(f"SERIAL{number:05}", always(0)) for number in range(700)]})
    result = await ask(many, NAS, duration="5m")
    assert result.text.startswith("500 hard disks at")
    assert result.completeness is Completeness.PARTIAL
    assert "only 500 of 700 series were looked at" in result.detail
