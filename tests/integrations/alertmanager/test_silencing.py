from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest

from sre_assistant.contracts.tool import Effect, Tool
from sre_assistant.domain.errors import (
    CallError,
    ConfigError,
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.integrations.alertmanager import connect
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from sre_assistant.sim.homelab import Homelab
from tests.integrations.alertmanager.answers import ACTIVE, DOWN, MADE, NOW, QUIET, Running, running
from tests.kit.hostile import Behaviour, Seen, answering

CREATE, EXPIRE = "alertmanager_create_silence", "alertmanager_expire_silence"
WANTED = {"matchers": 'alertname="DiskFull", instance!~"nas.*"', "comment": " new disk on its way "}
ID = str(ACTIVE["id"])


@asynccontextmanager
async def changing(**settings: Any) -> AsyncIterator[Running]:
    async with running(allow_changes=True, **settings) as am:
        am.answers(**willing())
        yield am


def willing(**others: Behaviour) -> dict[str, Behaviour]:
    made = answering({"silenceID": MADE})
    return {"silences": made, f"silence__{ID}": answering(ACTIVE), **others}


def sent(am: Running, method: str) -> list[Seen]:
    return [seen for seen in am.server.seen if seen.method == method]


async def test_nothing_can_be_changed_until_it_is_allowed() -> None:
    async with running() as am:
        assert {tool.effect for tool in am.integration.tools} == {Effect.READ}
    async with changing() as am:
        found = {tool.name for tool in am.integration.tools if tool.effect is Effect.CHANGE}
    assert found == {CREATE, EXPIRE}


async def test_a_silence_is_made_as_it_was_asked_for() -> None:
    async with changing() as am:
        result = await am.call(CREATE, **WANTED)
        (posted,) = sent(am, "POST")
    assert posted.path == "/api/v2/silences"
    assert json.loads(posted.body) == {
        "matchers": [
            {"name": "alertname", "value": "DiskFull", "isRegex": False, "isEqual": True},
            {"name": "instance", "value": "nas.*", "isRegex": True, "isEqual": False},
        ],
        "startsAt": "2026-03-01T02:14:05.000Z",
        "endsAt": "2026-03-01T04:14:05.000Z",
        "createdBy": "sre-assistant",
        "comment": "new disk on its way",
    }
    assert result.provenance.query == "POST /api/v2/silences"
    assert result.provenance.link == f"{am.server.url}/#/silences/{MADE}"


async def test_it_is_told_what_is_held_back_from_now_on() -> None:
    async with changing() as am:
        am.answers(**willing(alerts=answering([DOWN, DOWN | {"fingerprint": "x"}, QUIET])))
        result = await am.call(CREATE, **WANTED, duration="1d12h", created_by="ann")
        asked = [seen.target for seen in am.server.seen if "filter" in seen.target]
    assert result.text.splitlines()[:3] == [
        f"Silence made: {MADE} until 2026-03-02 14:14:05Z (1 d 12 h)",
        '  {alertname="DiskFull",instance!~"nas.*"}',
        "WARNING: nothing that is active now is told of any more. "
        "It holds back 2 of 2 active alerts now; 1 more match and were quiet before:",
    ]
    assert result.text.splitlines()[3].startswith("  InstanceDown since 2026-03-01 02:10:15Z {instance=")
    assert asked == ["/api/v2/alerts?filter=alertname%3D%22DiskFull%22&filter=instance%21~%22nas.%2A%22"]


async def test_the_only_alert_may_be_silenced_without_a_warning() -> None:
    async with changing() as am:
        am.answers(**willing(alerts=answering([DOWN])))
        text = (await am.call(CREATE, **WANTED)).text
    assert "It holds back 1 of 1 active alerts now:" in text
    assert "WARNING" not in text


async def test_it_is_told_when_nothing_active_is_meant() -> None:
    async with changing() as am:
        am.answers(**willing(alerts=answering([])))
        text = (await am.call(CREATE, **WANTED)).text
    assert text.endswith("It holds back none of 0 active alerts now.")


async def test_what_is_held_back_is_counted_before_anything_is_changed() -> None:
    async with changing() as am:
        await am.call(CREATE, **WANTED)
        assert [seen.method for seen in am.server.seen] == ["GET", "GET", "POST"]
        am.answers(**willing(alerts=answering('"error parsing regexp"', 400)))
        with pytest.raises(Rejected, match="error parsing regexp"):
            await am.call(CREATE, matchers='alertname=~"a("', comment="x")
        assert len(sent(am, "POST")) == 1


async def test_a_silence_begins_and_ends_by_the_clock_of_alertmanager() -> None:
    theirs = NOW + timedelta(days=200)
    async with changing() as am:
        am.answers(**willing(alerts=answering([DOWN], Date=format_datetime(theirs, usegmt=True))))
        await am.call(CREATE, **WANTED)
        posted = json.loads(sent(am, "POST")[0].body)
    assert (posted["startsAt"], posted["endsAt"]) == ("2026-09-17T02:14:05.000Z", "2026-09-17T04:14:05.000Z")


async def test_many_alerts_that_are_held_back_are_kept_behind_the_text() -> None:
    async with changing() as am:
        am.answers(**willing(alerts=answering([DOWN] * 300)))
        result = await am.call(CREATE, **WANTED)
    assert len(result.text) < 4_000
    assert "It holds back 300 of 300 active alerts now:" in result.text
    assert isinstance(result.data, list)
    assert len(result.data) == 300


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"matchers": ""}, "would match whatever there is"),
        ({"matchers": 'alertname=~".*"'}, "would match whatever there is"),
        ({"matchers": "everything"}, "'everything' is no matcher"),
        ({"duration": "0s"}, "duration '0s' is 0 s: give 1m to 30d"),
        ({"duration": "59s"}, "give 1m to 30d"),
        ({"duration": "30d1s"}, "duration '30d1s' is 30 d: give 1m to 30d"),
        ({"duration": "for ever"}, "'for ever' is no duration"),
        ({"comment": " \n "}, "comment has 3 characters: give 1 to 1,000, not only spaces"),
        ({"comment": "x" * 1_001}, "comment has 1,001 characters"),
        ({"created_by": ""}, "created_by has 0 characters"),
        ({"created_by": "x" * 101}, "created_by has 101 characters"),
    ],
)
async def test_a_silence_that_is_not_sensible_is_not_asked_for(arguments: dict[str, str], words: str) -> None:
    async with changing() as am:
        with pytest.raises(CallError) as caught:
            await am.call(CREATE, **(WANTED | arguments))
    assert words in str(caught.value)
    assert am.server.seen == []


@pytest.mark.parametrize("duration", ["1m", "30d"])
async def test_the_shortest_and_the_longest_silence_can_be_made(duration: str) -> None:
    async with changing() as am:
        assert MADE in (await am.call(CREATE, **WANTED, duration=duration)).text


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (answering('"silence invalid: x"', 400), Rejected, "silence invalid: x"),
        (answering({"code": 612, "message": "matchers in body"}, 422), Rejected, "matchers in body"),
        (answering("no", 401, "text/plain"), Unauthorised, "HTTP 401"),
        (answering("no", 403, "text/plain"), Denied, "HTTP 403"),
        (answering("no", 500, "text/plain"), Unreachable, "whether it was done is not known: see"),
        (answering({"id": "x"}), Malformed, "silenceID"),
    ],
)
async def test_a_silence_that_is_not_made_is_a_failure(
    behaviour: Behaviour, kind: type[SourceError], words: str
) -> None:
    async with changing() as am:
        am.answers(**willing(silences=behaviour))
        with pytest.raises(kind) as caught:
            await am.call(CREATE, **WANTED)
        assert len(sent(am, "POST")) == 1
    assert type(caught.value) is kind
    assert words in caught.value.detail


async def test_a_silence_is_ended_and_told() -> None:
    async with changing() as am:
        result = await am.call(EXPIRE, id=ID.upper())
        (deleted,) = sent(am, "DELETE")
    assert deleted.path == f"/api/v2/silence/{ID}"
    assert result.text.splitlines() == [
        f"Silence ended: {ID}",
        '  {alertname="DiskFull",instance!~"nas.*",job!="x",severity=~"a|b"} until '
        "2026-03-01T10:31:05.000Z by ann: new disk on its way password=[hidden]",
    ]


async def test_a_silence_that_has_ended_is_left_as_it_is() -> None:
    over = answering(ACTIVE | {"status": {"state": "expired"}})
    async with changing() as am:
        am.answers(**willing(**{f"silence__{ID}": over}))
        result = await am.call(EXPIRE, id=ID)
        assert sent(am, "DELETE") == []
    assert result.text.startswith(f"Nothing was changed, it had ended before: {ID}")


async def test_a_silence_nobody_knows_is_missing() -> None:
    async with changing() as am:
        with pytest.raises(Missing, match="alertmanager_list_silences shows which silences there are"):
            await am.call(EXPIRE, id=MADE)
        assert sent(am, "DELETE") == []


async def test_an_end_that_nobody_confirms_is_told_as_such() -> None:
    async def behave(seen: Seen, writer: Any) -> bool:
        busy = answering("busy", 503, "text/plain")
        return await (busy if seen.method == "DELETE" else answering(ACTIVE))(seen, writer)

    async with changing() as am:
        am.answers(**willing(**{f"silence__{ID}": behave}))
        with pytest.raises(Unreachable, match="whether it was done is not known"):
            await am.call(EXPIRE, id=ID)
        assert len(sent(am, "DELETE")) == 1


@pytest.mark.parametrize(
    "id_", ["", "1", "../status", f"{ID}/../x", f"{ID} ", f"{{{ID}}}", ID.replace("-", ""), f"{ID}\n"]
)
async def test_only_a_uuid_is_asked_for(id_: str) -> None:
    async with changing() as am:
        if id_.strip() == ID:
            assert (await am.call(EXPIRE, id=id_)).text.startswith("Silence ended")
        else:
            with pytest.raises(CallError, match="is no UUID: take one from alertmanager_list_silences"):
                await am.call(EXPIRE, id=id_)
            assert am.server.seen == []


async def test_changes_are_made_with_the_credential_for_changes() -> None:
    tokens = {"bearer_token": Secret("for-reading-0"), "change_bearer_token": Secret("for-changes-1")}
    async with changing(**tokens) as am:
        await am.call(CREATE, **WANTED)
        await am.call(EXPIRE, id=ID)
        said = {(seen.method, seen.headers["authorization"]) for seen in am.server.seen}
    assert said == {
        ("GET", "Bearer for-reading-0"),
        ("POST", "Bearer for-changes-1"),
        ("DELETE", "Bearer for-changes-1"),
    }


async def test_the_credential_for_reading_changes_where_it_is_the_only_one() -> None:
    async with changing(username="ann", password=Secret("s3cr3t-w0rd")) as am:
        await am.call(CREATE, **WANTED)
        assert len({seen.headers["authorization"] for seen in am.server.seen}) == 1
    async with changing(
        username="ann", password=Secret("s3cr3t-w0rd"), change_bearer_token=Secret("for-changes-1")
    ) as am:
        await am.call(CREATE, **WANTED)
        assert [seen.headers["authorization"].split()[0] for seen in am.server.seen] == [
            "Basic",
            "Basic",
            "Bearer",
        ]


async def test_the_credential_for_changes_is_never_shown() -> None:
    async with changing(change_bearer_token=Secret("for-changes-1")) as am:
        am.answers(**willing(silences=answering("you are for-changes-1", 403, "text/plain")))
        with pytest.raises(Denied) as caught:
            await am.call(CREATE, **WANTED)
        shown = f"{caught.value} {am.integration!r} {await am.integration.checkup()}"
    assert "for-changes-1" not in shown


def test_a_credential_no_header_can_carry_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^ALERTMANAGER_CHANGE_BEARER_TOKEN holds white space"):
        Config(url="http://x.lan", change_bearer_token=Secret("a\nb"))


async def test_whether_silences_can_be_made_is_part_of_the_check_up() -> None:
    async with changing() as am:
        am.answers()
        allowed = [f for f in (await am.integration.checkup()).findings if f.check == "setting"]
    async with running(change_bearer_token=Secret("for-changes-1")) as am:
        forgotten = [f for f in (await am.integration.checkup()).findings if f.check == "setting"]
    assert [f.level for f in allowed] == ["ok"]
    assert [(f.level, f.fix) for f in forgotten] == [("warning", "ALERTMANAGER_ALLOW_CHANGES=true")]


async def test_an_alert_of_a_simulated_house_is_silenced_and_told_of_again() -> None:
    with Homelab("backup-fills-nas", at="shows") as homelab:
        config = Config(url=homelab.alertmanager_url, allow_changes=True)
        wire = LiveWire("am", config, SystemClock(), Random(1))
        tools = {tool.name: tool for tool in connect(config, wire, SystemClock(), "am").tools}
        made = await tools[CREATE].called({"matchers": 'alertname="HostHighCpuLoad"', "comment": "scrub"})
        listed = await tools["alertmanager_list_silences"].called({})
        id_ = listed.text.partition("Z ")[2].split()[0]
        held = await active(tools)
        await tools[EXPIRE].called({"id": id_})
        again = await active(tools)
        await wire.aclose()
    assert "It holds back 1 of 2 active alerts now:\n  HostHighCpuLoad since 2026-11-15" in made.text
    assert f"Silence made: {id_} until 2026-11-15" in made.text
    assert (held, again) == ("2 alerts; 1 match", "2 alerts; 2 match")


async def active(tools: dict[str, Tool]) -> str:
    return (await tools["alertmanager_list_alerts"].called({"state": "active"})).text.partition("\n")[0]
