from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.contracts.sources import LogSource
from sre_assistant.domain.errors import Denied, Malformed, Unreachable
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.docker.frames import read_log
from tests.integrations.docker.answers import DONE_ID, LOG, LOOP_ID, NOW, WEB, WEB_ID, Running, frame, running
from tests.kit.hostile import Behaviour, answering

HOUR = Window.before(NOW, timedelta(hours=1))
MUTE = answering({"message": "configured logging driver does not support reading"}, 501)
NO_LINES = answering(b"", content_type="application/vnd.docker.raw-stream")


def stamped(second: int, text: str) -> str:
    return f"2026-03-01T02:00:{second:02d}.5Z {text}\n"


def raw(*texts: bytes) -> Behaviour:
    return answering(b"".join(texts), content_type="application/vnd.docker.raw-stream")


async def lines(
    daemon: Running, window: Window = HOUR, limit: int = 100, **wanted: Any
) -> Reading[tuple[LogLine, ...]]:
    source = daemon.integration.logs
    assert isinstance(source, LogSource)
    return await source.lines(LogFilter(**wanted), window, limit)


def alone(daemon: Running, log: Behaviour) -> None:
    """Only one container, with this log."""
    daemon.holds(WEB)
    others = daemon.server.behaviour

    async def behave(seen: Any, writer: Any) -> bool:
        return await (log if seen.path.endswith("/logs") else others)(seen, writer)

    daemon.server.behaviour = behave


class TestTheFormsOfALog:
    def test_frames_tell_the_stream(self) -> None:
        first, second, third = read_log(LOG)
        assert [one.stream for one in (first, second, third)] == ["stdout", "stderr", "stdout"]
        assert first.text == "level=info msg=tick"
        assert first.at == datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
        assert second.at == datetime(2026, 3, 1, 2, 12, 0, 500_000, tzinfo=UTC)

    def test_a_terminal_has_no_frames(self) -> None:
        found = read_log(b"2026-03-01T02:00:00Z hello \x1b[31mred\x1b[0m\r\n2026-03-01T02:00:01Z \r\n")
        assert [(one.stream, one.text) for one in found] == [("", "hello \x1b[31mred\x1b[0m"), ("", "")]

    def test_a_long_line_comes_in_several_frames(self) -> None:
        pieces = (
            frame("2026-03-01T02:00:00.1Z " + "x" * 16_384),
            frame("2026-03-01T02:00:00.2Z other\n", 2),
            frame("2026-03-01T02:00:00.3Z " + "y" * 10 + "\n"),
            frame("2026-03-01T02:00:00.4Z cut short"),
        )
        assert [(one.stream, one.text) for one in read_log(b"".join(pieces))] == [
            ("stdout", "x" * 16_384 + "y" * 10),
            ("stderr", "other"),
            ("stdout", "cut short"),
        ]

    def test_the_streams_are_put_in_order(self) -> None:
        log = frame(stamped(5, "late"), 1) + frame(stamped(2, "early"), 2)
        assert [one.text for one in read_log(log)] == ["early", "late"]

    def test_a_line_without_a_time_is_as_old_as_the_one_before(self) -> None:
        found = read_log(frame(stamped(1, "Traceback:") + "  File x\n"))
        assert [(one.at.second, one.text) for one in found] == [(1, "Traceback:"), (1, "  File x")]

    @pytest.mark.parametrize(
        "body",
        [
            LOG[:-1],
            LOG[:5],
            b"\x01\x00\x00\x00\x00\x00\x00\x01",
            b"\x01\x09\x00\x00" + LOG[4:],
            LOG + b"\x07\x00\x00\x00\x00\x00\x00\x00",
            b"pong",
            b"<html>sign in</html>",
            frame("no time\n"),
            b"9999-99-99T99:99:99Z x\n",
        ],
    )
    def test_what_is_no_log_is_refused(self, body: bytes) -> None:
        with pytest.raises(ValueError, match="log"):
            read_log(body)

    def test_nothing_is_no_line(self) -> None:
        assert read_log(b"") == ()

    def test_broken_text_is_kept_as_far_as_it_goes(self) -> None:
        assert read_log(b"2026-03-01T02:00:00Z \xff ok\n")[0].text == "\ufffd ok"

    @given(st.lists(st.tuples(st.sampled_from((1, 2)), st.text(st.characters(codec="utf-8")))))
    def test_framed_lines_come_back_whole(self, written: list[tuple[int, str]]) -> None:
        texts = [(number, text.replace("\n", " ").rstrip("\r")) for number, text in written]
        log = b"".join(frame(f"2026-03-01T02:00:00Z {text}\n", number) for number, text in texts)
        assert [one.text for one in read_log(log)] == [text for _, text in texts]

    @given(st.binary())
    def test_whatever_comes_is_lines_or_an_error(self, body: bytes) -> None:
        try:
            read_log(body)
        except ValueError:
            return


async def test_lines_tell_where_they_come_from() -> None:
    async with running() as daemon:
        alone(daemon, raw(LOG))
        reading = await lines(daemon)
    first, second, _ = reading.value
    assert (first.host, first.service, first.container, first.level) == ("media", "front", "jellyfin", "info")
    assert first.labels == {"stream": "stdout", "project": "site", "id": WEB_ID[:12]}
    assert (second.text, second.level) == ("ERROR: no space left token=hunter2", "error")
    assert reading.completeness is Completeness.COMPLETE
    assert reading.provenance.window == HOUR


async def test_all_containers_are_asked_for_the_window() -> None:
    async with running() as daemon:
        reading = await lines(daemon)
        asked = daemon.asked("/logs")
    assert {target.split("/")[3] for target in asked} == {WEB_ID, LOOP_ID, DONE_ID}
    assert all("since=1772327645.000000" in target and "timestamps=1" in target for target in asked)
    assert all("tail=101" in target and "until=" not in target for target in asked)
    assert len(reading.value) == 9
    assert [one.at for one in reading.value] == sorted(one.at for one in reading.value)


async def test_a_window_in_the_past_is_read_whole() -> None:
    window = Window(NOW - timedelta(minutes=3), NOW - timedelta(seconds=90))
    async with running() as daemon:
        alone(daemon, raw(LOG))
        reading = await lines(daemon, window)
        (target,) = daemon.asked("/logs")
    assert [one.at.minute for one in reading.value] == [12]
    assert "until=1772331155.000000999" in target
    assert "tail" not in target


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        ({"levels": ("error", "critical")}, ["ERROR: no space left token=hunter2"]),
        ({"containing": ("NO SPACE", "nothing")}, ["ERROR: no space left token=hunter2"]),
        ({"containing": ("plain",)}, ["plain words"]),
        ({"levels": ("debug",)}, []),
        ({"levels": ("info",), "containing": ("plain",)}, []),
        ({"containing": (".*",)}, []),
    ],
)
async def test_lines_are_picked_by_what_they_say(wanted: dict[str, Any], texts: list[str]) -> None:
    async with running() as daemon:
        alone(daemon, raw(LOG))
        reading = await lines(daemon, **wanted)
        assert "tail=5001" in daemon.asked("/logs")[0]
    assert [one.text for one in reading.value] == texts
    assert reading.completeness is (Completeness.COMPLETE if texts else Completeness.EMPTY)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"container": "loop"}, {LOOP_ID}),
        ({"container": LOOP_ID[:12]}, {LOOP_ID}),
        ({"service": "front"}, {WEB_ID}),
        ({"host": "MEDIA"}, {WEB_ID, LOOP_ID, DONE_ID}),
        ({"container": "jellyfin", "service": "front", "host": "media"}, {WEB_ID}),
        ({"container": "jelly"}, set()),
        ({"service": "site"}, set()),
        ({"container": "loop", "service": "front"}, set()),
        ({"host": "apps"}, set()),
    ],
)
async def test_only_the_containers_meant_are_asked(wanted: dict[str, Any], ids: set[str]) -> None:
    async with running() as daemon:
        reading = await lines(daemon, **wanted)
        assert {target.split("/")[3] for target in daemon.asked("/logs")} == ids
    assert reading.completeness is (Completeness.COMPLETE if ids else Completeness.EMPTY)
    assert bool(reading.detail) != bool(ids)


async def test_the_newest_lines_are_kept() -> None:
    async with running() as daemon:
        alone(daemon, raw(*(frame(stamped(n, f"line {n}")) for n in range(40))))
        reading = await lines(daemon, limit=3)
    assert [one.text for one in reading.value] == ["line 37", "line 38", "line 39"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "there are more lines than the newest 3"


async def test_the_newest_lines_of_all_containers_together_are_kept() -> None:
    early = raw(*(frame(stamped(n, f"early {n}")) for n in range(20)))
    late = raw(*(frame(stamped(n, f"late {n}")) for n in range(30, 50)))
    async with running() as daemon:
        daemon.answers(
            {
                f"/containers/{WEB_ID}/logs": late,
                f"/containers/{LOOP_ID}/logs": early,
                f"/containers/{DONE_ID}/logs": NO_LINES,
            }
        )
        reading = await lines(daemon, limit=22)
    texts = [one.text for one in reading.value]
    assert texts == ["early 18", "early 19", *(f"late {n}" for n in range(30, 50))]


async def test_a_search_in_the_past_looks_at_every_line() -> None:
    many = b"".join(frame(stamped(n // 100, f"line {n}")) for n in range(5_900))
    past = Window(HOUR.start, NOW - timedelta(minutes=5))
    async with running() as daemon:
        alone(daemon, raw(many))
        reading = await lines(daemon, past, containing=("line 0",))
    assert ([one.text for one in reading.value], reading.completeness) == (["line 0"], Completeness.COMPLETE)


async def test_exactly_as_many_lines_as_wanted_are_complete() -> None:
    async with running() as daemon:
        alone(daemon, raw(LOG))
        reading = await lines(daemon, limit=3)
    assert (len(reading.value), reading.completeness) == (3, Completeness.COMPLETE)


async def test_a_search_that_does_not_reach_back_says_so() -> None:
    many = b"".join(frame(stamped(n % 60, f"line {n}")) for n in range(5_001))
    async with running() as daemon:
        alone(daemon, raw(many))
        reading = await lines(daemon, containing=("line 7",), limit=5_000)
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "only the newest lines were looked through of jellyfin"


async def test_namespaces_are_not_known_here() -> None:
    async with running() as daemon:
        reading = await lines(daemon, namespace="media")
        assert daemon.asked("/logs") == []
    assert (reading.value, reading.completeness) == ((), Completeness.UNSUPPORTED)


async def test_a_host_that_cannot_be_told_is_not_ignored() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering("no", 403, "text/plain")})
        reading = await lines(daemon, host="media")
        assert (reading.completeness, daemon.asked("/logs")) == (Completeness.UNSUPPORTED, [])
        assert "INFO=1" in reading.detail
        assert len((await lines(daemon)).value) == 9


async def test_a_log_that_nobody_keeps_is_unsupported() -> None:
    async with running() as daemon:
        alone(daemon, MUTE)
        reading = await lines(daemon)
    assert (reading.value, reading.completeness) == ((), Completeness.UNSUPPORTED)
    assert reading.detail == "the log driver keeps nothing that can be read: jellyfin"


async def test_one_mute_log_among_others_is_partial() -> None:
    async with running() as daemon:
        daemon.answers({f"/containers/{LOOP_ID}/logs": MUTE})
        reading = await lines(daemon)
    assert (len(reading.value), reading.completeness) == (6, Completeness.PARTIAL)
    assert reading.detail == "the log driver keeps nothing that can be read: loop"


async def test_one_log_that_fails_does_not_hide_the_others() -> None:
    async with running() as daemon:
        daemon.answers({f"/containers/{LOOP_ID}/logs": raw(LOG[:-1])})
        reading = await lines(daemon)
    assert (len(reading.value), reading.completeness) == (6, Completeness.PARTIAL)
    assert reading.detail.startswith("loop: the answer cannot be read: the log is cut off")


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        (answering("no", 403, "text/plain"), Denied),
        (answering("no", 500, "text/plain"), Unreachable),
        (answering("<html>", 200, "text/html"), Malformed),
    ],
)
async def test_logs_that_all_fail_are_an_error(log: Behaviour, kind: type[Exception]) -> None:
    async with running() as daemon:
        alone(daemon, log)
        with pytest.raises(kind):
            await lines(daemon)


async def test_a_silent_container_is_empty() -> None:
    async with running() as daemon:
        alone(daemon, NO_LINES)
        reading = await lines(daemon)
    assert (reading.value, reading.completeness) == ((), Completeness.EMPTY)


async def test_of_very_many_containers_those_that_run_are_asked() -> None:
    stopped = [WEB | {"Id": f"{n:064x}", "Names": [f"/c{n}"], "State": "exited"} for n in range(60)]
    async with running() as daemon:
        daemon.holds(*stopped, WEB)
        reading = await lines(daemon)
        asked = daemon.asked("/logs")
    assert len(asked) == 48
    assert any(WEB_ID in target for target in asked)
    assert reading.completeness is Completeness.PARTIAL
    assert "13 further containers were not asked" in reading.detail
