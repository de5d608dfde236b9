from __future__ import annotations

import json
from typing import Any

import pytest

from sre_assistant.domain.errors import CallError, Denied, Missing
from sre_assistant.domain.reading import Completeness
from tests.integrations.docker.answers import (
    CPU,
    DONE,
    INSPECTED,
    LOOP_ID,
    STATS,
    WEB,
    WEB_ID,
    event,
    frame,
    running,
    stream,
)
from tests.kit.hostile import answering

LONGEST = 6_000
"""Characters of any result: 4,200 for its list, and what stands around it."""


async def test_containers_are_listed_with_those_in_trouble_first() -> None:
    async with running() as daemon:
        result = await daemon.call("docker_list_containers")
    assert result.text.splitlines() == [
        "3 containers on media (1 running, 1 restarting, 1 exited); 3 match",
        "  [running] jellyfin, Up 2 hours (unhealthy), its health check has failed 4 times in a row: "
        "curl: (22) 503 password=[hidden], Compose site/front, image tools/web:1, "
        "ports 8080->80/tcp, 9000/udp",
        "  [restarting] loop, Restarting (3) 5 seconds ago, restarting after exit code 3, 12 restarts, "
        "image tools/loop:1",
        "  [exited] done, Exited (0) 3 hours ago, image tools/done:1",
    ]
    assert [one.id for one in result.data] == ["jellyfin", "loop", "done"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"state": "running"}, ["jellyfin"]),
        ({"state": "unhealthy"}, ["jellyfin"]),
        ({"state": "exited"}, ["done"]),
        ({"state": "restarting"}, ["loop"]),
        ({"name": "JELLY"}, ["jellyfin"]),
        ({"name": "site"}, ["jellyfin"]),
        ({"name": "front"}, ["jellyfin"]),
        ({"name": "tools/done"}, ["done"]),
        ({"name": "nope"}, []),
        ({"name": "loop", "state": "running"}, []),
    ],
)
async def test_the_list_can_be_narrowed(arguments: dict[str, str], names: list[str]) -> None:
    async with running() as daemon:
        result = await daemon.call("docker_list_containers", **arguments)
    assert f"; {len(names)} match" in result.text
    assert [line.split()[1].rstrip(",") for line in result.text.splitlines()[1:]] == names


async def test_no_containers_is_said_plainly() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering([])})
        assert (await daemon.call("docker_list_containers")).text == "No containers on media."


async def test_one_container_is_shown_without_any_secret() -> None:
    async with running() as daemon:
        result = await daemon.call("docker_inspect_container", container="jellyfin")
    assert result.text.splitlines() == [
        f"jellyfin ({WEB_ID[:12]}) on media: Up 2 hours (unhealthy)",
        "  running since 2026-03-01 00:14:05Z: its health check has failed 4 times in a row: "
        "curl: (22) 503 password=[hidden]",
        "  0 restarts by its policy (policy unless-stopped); judged failed",
        "  image tools/web:1, Compose site/front, created 2026-02-25 06:13:20Z",
        "  health check unhealthy, 4 failures in a row",
        "  check of 2026-03-01 02:13:35Z: exit 0",
        "  check of 2026-03-01 02:14:05Z: exit 1, curl: (22) 503 password=[hidden]",
        "  limits: memory 512.0 MiB, 1.5 CPUs",
        "  network site_default: 192.0.2.18",
        "  ports 8080->80/tcp, 9000/udp",
        "  mount bind /mnt/media at /media (read only)",
        "  mount volume web-data at /data",
        "  mount tmpfs (none) at /tmp",
        "  runs /entry.sh with 2 arguments (not shown)",
        "  environment (values not shown): PATH, DB_PASSWORD, FLAG",
        "  labels (values not shown): token",
        "  log driver json-file",
    ]
    assert "hunter2" not in f"{result.text} {result.data}"


async def test_a_bare_container_is_shown_too() -> None:
    async with running() as daemon:
        text = (await daemon.call("docker_inspect_container", container="loop")).text
    assert "restarting since 2026-03-01 02:14:00Z: restarting after exit code 3" in text
    assert "12 restarts by its policy (no restart policy), exit code 3; judged failed" in text
    assert "no health check" in text
    assert "limits: none" in text
    assert "environment (values not shown): none" in text


async def test_a_part_that_is_hidden_makes_the_rest_partial() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering("no", 403, "text/plain")})
        result = await daemon.call("docker_inspect_container", container="jellyfin")
    assert result.completeness is Completeness.PARTIAL
    assert result.text.startswith(f"jellyfin ({WEB_ID[:12]}): Up")
    assert "Note: the daemon's name and machine are not known: HTTP 403" in result.text


async def test_use_is_told_in_readable_units() -> None:
    async with running() as daemon:
        result = await daemon.call("docker_container_stats")
    assert result.text.splitlines() == [
        "1 of 3 containers measured; CPU 100 % is one core",
        "  jellyfin: CPU 150 %, memory 256.0 MiB of 512.0 MiB (50 %), network 2.0 KiB in, 2.0 KiB out, "
        "disk 4.0 KiB read, 8.0 KiB written, 7 processes, held back by its quota in 50 % of its periods",
    ]


async def test_what_was_not_measured_is_not_zero() -> None:
    bare = {"cpu_stats": CPU, "precpu_stats": CPU, "memory_stats": {"usage": 2048}}
    async with running() as daemon:
        daemon.answers({f"/containers/{WEB_ID}/stats": answering(bare)})
        text = (await daemon.call("docker_container_stats", container="front")).text
    assert text.splitlines()[1] == "  jellyfin: CPU not known, memory 2.0 KiB (no limit)"


async def test_a_container_that_does_not_run_uses_nothing() -> None:
    async with running() as daemon:
        result = await daemon.call("docker_container_stats", container="done")
        assert daemon.asked("/stats") == []
        daemon.holds(DONE)
        none = await daemon.call("docker_container_stats")
    assert (result.completeness, none.completeness) == (Completeness.EMPTY, Completeness.EMPTY)
    assert result.text.startswith("done does not run (Exited (0) 3 hours ago): it uses nothing.")
    assert none.text.startswith("No container runs here.")


async def test_log_lines_are_told_with_time_and_stream() -> None:
    async with running() as daemon:
        result = await daemon.call("docker_container_logs", container="front")
        assert daemon.asked("/logs")[0].split("/")[3] == WEB_ID
    assert result.text.splitlines() == [
        "3 lines of jellyfin (2 stdout, 1 stderr, 1 info, 1 error, 1 no level)",
        "  2026-03-01 02:10:00Z level=info msg=tick",
        "  2026-03-01 02:12:00Z err ERROR: no space left token=[hidden]",
        "  2026-03-01 02:13:00Z plain words",
    ]
    assert result.data is None


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"level": "error"}, 1),
        ({"level": "warning"}, 1),
        ({"level": "critical"}, 0),
        ({"contains": "PLAIN"}, 1),
        ({"tail": 1}, 1),
        ({"since": "90s"}, 1),
        ({"since": "02:11"}, 2),
    ],
)
async def test_log_lines_can_be_narrowed(arguments: dict[str, Any], count: int) -> None:
    async with running() as daemon:
        result = await daemon.call("docker_container_logs", container="jellyfin", **arguments)
    assert len([line for line in result.text.splitlines() if line.startswith("  2026")]) == count
    assert ("Try an earlier since" in result.text) == (count == 0)


async def test_the_newest_lines_are_shown_when_not_all_fit() -> None:
    log = b"".join(frame(f"2026-03-01T02:13:{n % 60:02d}Z line {n} {'x' * 250}\n") for n in range(60))
    async with running() as daemon:
        daemon.answers({f"/containers/{WEB_ID}/logs": answering(log, content_type="application/x")})
        result = await daemon.call("docker_container_logs", container="jellyfin")
    shown = result.text.splitlines()
    assert shown[0].startswith("60 lines of jellyfin (60 stdout, 60 no level); the last ")
    assert "line 59 " in shown[-1]
    assert len(result.text) < LONGEST
    assert len(result.data) == 60  # type: ignore[arg-type]


async def test_a_log_nobody_keeps_is_told() -> None:
    mute = answering({"message": "configured logging driver does not support reading"}, 501)
    async with running() as daemon:
        daemon.answers({f"/containers/{WEB_ID}/logs": mute})
        result = await daemon.call("docker_container_logs", container="jellyfin")
    assert result.completeness is Completeness.UNSUPPORTED
    assert "Note: the log driver keeps nothing that can be read: jellyfin" in result.text


async def test_events_are_listed_newest_first() -> None:
    told = (
        event("start", "2026-03-01T02:01:00Z"),
        event("pull", "2026-03-01T02:02:00Z", "image", "tools/x:2"),
    )
    async with running() as daemon:
        daemon.answers({"/events": stream(*told)})
        everything = await daemon.call("docker_list_events")
        some = await daemon.call("docker_list_events", name="JELLY")
        none = await daemon.call("docker_list_events", name="nope")
    assert everything.text.splitlines() == [
        "2 events since 2026-03-01 01:14:05Z; 2 match",
        "  2026-03-01 02:02:00Z [ok] pull tools/x:2",
        "  2026-03-01 02:01:00Z [ok] start jellyfin",
    ]
    assert some.text.splitlines()[0].endswith("2 events since 2026-03-01 01:14:05Z; 1 match")
    assert none.text.endswith("Try an earlier since, or docker_list_containers for the present state.")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("docker_list_containers", {"state": "sleepy"}, "state is 'sleepy': give one of any, running"),
        ("docker_container_logs", {"container": "jellyfin", "level": "loud"}, "level is 'loud'"),
        ("docker_container_logs", {"container": "jellyfin", "tail": 0}, "tail is 0: give 1 to 1,000"),
        ("docker_container_logs", {"container": "jellyfin", "since": "soon"}, "'soon' is no time"),
        ("docker_list_events", {"since": "2027-01-01T00:00:00Z"}, "not before now"),
    ],
)
async def test_what_makes_no_sense_is_refused_before_the_daemon_is_asked(
    tool: str, arguments: dict[str, Any], words: str
) -> None:
    async with running() as daemon:
        with pytest.raises(CallError, match=words):
            await daemon.call(tool, **arguments)
        assert daemon.server.seen == []


@pytest.mark.parametrize(
    "tool", ["docker_inspect_container", "docker_container_logs", "docker_container_stats"]
)
async def test_a_name_nobody_has_is_answered_with_those_that_are_near(tool: str) -> None:
    async with running() as daemon:
        with pytest.raises(Missing, match="Did you mean jellyfin"):
            await daemon.call(tool, container="jellyfn")


async def test_what_may_not_be_read_is_an_error_and_no_text() -> None:
    async with running() as daemon:
        daemon.answers({"/containers/json": answering("no", 403, "text/plain")})
        with pytest.raises(Denied, match="CONTAINERS=1"):
            await daemon.call("docker_list_containers")


async def test_what_a_container_says_stays_on_its_line() -> None:
    nasty = frame("2026-03-01T02:13:00Z ok\x1b[2J\u202e\r  2026 [ok] fake token=s3cr3t-value\n")
    async with running() as daemon:
        daemon.holds(
            WEB
            | {
                "Names": ["/x\n[ok]"],
                "Image": "a\x1b[2J",
                "Labels": {"com.docker.compose.project": "p\u202e"},
            },
            looks={WEB_ID: INSPECTED[WEB_ID] | {"Path": "x\ny", "Args": None}},
        )
        listed = (await daemon.call("docker_list_containers")).text
        shown = (await daemon.call("docker_inspect_container", container=WEB_ID)).text
        daemon.answers({f"/containers/{WEB_ID}/logs": answering(nasty, content_type="application/x")})
        logged = (await daemon.call("docker_container_logs", container="jellyfin")).text
    assert (len(listed.splitlines()), len(logged.splitlines())) == (2, 2)
    for text in (listed, shown, logged):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "s3cr3t-value" not in text


async def test_the_longest_lists_keep_to_their_budget() -> None:
    many = [WEB | {"Id": f"{n:064x}", "Names": [f"/{'c' * 200}{n}"], "Image": "i" * 200} for n in range(300)]
    async with running() as daemon:
        daemon.holds(*many)
        listed = (await daemon.call("docker_list_containers")).text
        measured = (await daemon.call("docker_container_stats")).text
        daemon.answers(
            {"/events": stream(*(event("start", "2026-03-01T02:01:00Z", name="n" * 300) for _ in range(200)))}
        )
        happened = (await daemon.call("docker_list_events")).text
    for text in (listed, measured, happened):
        assert 2_000 < len(text) < LONGEST
    assert "(first " in listed
    assert "100 further containers were not measured" in measured
    assert "(newest " in happened


async def test_all_tools_together_are_told_in_few_words() -> None:
    async with running(allow_changes=True) as daemon:
        schemas = [json.dumps(tool.schema, separators=(",", ":")) for tool in daemon.integration.tools]
    assert len(schemas) == 6
    assert sum(map(len, schemas)) < 1_900


async def test_numbers_are_only_what_the_daemon_said() -> None:
    async with running() as daemon:
        daemon.answers({f"/containers/{LOOP_ID}/json": answering("no", 403, "text/plain")})
        text = (await daemon.call("docker_list_containers")).text
        daemon.answers({f"/containers/{WEB_ID}/stats": answering(STATS | {"cpu_stats": None})})
        used = (await daemon.call("docker_container_stats")).text
    assert "restarts" not in text.splitlines()[2]
    assert "CPU not known" in used
