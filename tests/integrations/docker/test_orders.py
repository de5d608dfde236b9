from __future__ import annotations

from typing import Any

import pytest

from sre_assistant.contracts.sources import Actuator
from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.errors import CallError, Denied, Missing, Rejected, Unreachable
from sre_assistant.domain.inventory import Receipt
from sre_assistant.integrations.docker import connect
from sre_assistant.integrations.docker.config import Config
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.wire import Request, Response, Wire
from tests.integrations.docker.answers import API, LOOP, LOOP_ID, WEB, WEB_ID, Running, running
from tests.kit.hostile import Behaviour, answering, hang_up, never

RESTART = f"/containers/{WEB_ID}/restart"


def actuator(daemon: Running) -> Actuator:
    assert daemon.integration.actuator is not None
    return daemon.integration.actuator


def posts(daemon: Running) -> list[str]:
    return [seen.target for seen in daemon.server.seen if seen.method != "GET"]


@pytest.mark.parametrize(
    ("action", "said"), [("restart", "restarted"), ("start", "started"), ("stop", "stopped")]
)
async def test_an_order_is_given_once(action: str, said: str) -> None:
    async with running(allow_changes=True) as daemon:
        reading = await actuator(daemon).act(action, "jellyfin")
        assert posts(daemon) == [f"{API}/containers/{WEB_ID}/{action}"]
    assert reading.value == Receipt(action=action, target="jellyfin", said=f"{said} jellyfin")
    assert reading.provenance.query == f"POST /containers/{WEB_ID[:12]}/{action}"


async def test_what_is_as_wanted_already_is_said() -> None:
    async with running(allow_changes=True) as daemon:
        daemon.answers({f"/containers/{WEB_ID}/start": answering("", 304)})
        reading = await actuator(daemon).act("start", "jellyfin")
    assert reading.value.said == "jellyfin was started already"


async def test_every_action_says_what_it_does_and_what_takes_it_back() -> None:
    async with running(allow_changes=True) as daemon:
        known = {one.name: one for one in actuator(daemon).actions}
    assert set(known) == {"restart", "start", "stop"}
    assert (known["start"].undo, known["stop"].undo, known["restart"].undo) == ("stop", "start", "")
    assert {one.kind for one in known.values()} == {"container"}


@pytest.mark.parametrize(
    ("action", "target", "words"),
    [
        ("kill", "jellyfin", "There is no action 'kill': give one of restart, start, stop"),
        ("../../x", "jellyfin", "There is no action"),
        ("restart", "jelly", "Nothing was done: there is no container 'jelly'. Did you mean jellyfin?"),
        ("restart", "front", "Nothing was done: 'front' is no name. Did you mean jellyfin?"),
        ("restart", "aaaa", "'aaaa' is no name"),
        ("restart", "../info", "there is no container '../info'"),
        ("restart", "", "there is no container ''"),
    ],
)
async def test_only_an_exact_name_is_acted_on(action: str, target: str, words: str) -> None:
    async with running(allow_changes=True) as daemon:
        with pytest.raises(CallError) as caught:
            await actuator(daemon).act(action, target)
        assert posts(daemon) == []
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (answering("no", 403, "text/plain"), Denied, "POST /containers/NAME/restart in the proxy"),
        (answering({"message": "is paused"}, 409), Rejected, "is paused"),
        (answering({"message": "No such container"}, 404), Missing, "No such container"),
        (answering({"message": "driver failed"}, 500), Unreachable, "driver failed$"),
        (hang_up, Unreachable, "it is unknown whether it was done$"),
    ],
)
async def test_a_refusal_is_told_and_never_tried_again(
    answer: Behaviour, kind: type[Exception], words: str
) -> None:
    async with running(allow_changes=True) as daemon:
        daemon.answers({RESTART: answer})
        with pytest.raises(kind, match=words):
            await actuator(daemon).act("restart", "jellyfin")
        assert len(posts(daemon)) == 1


async def test_an_order_without_an_answer_is_neither_done_nor_undone() -> None:
    async with running(allow_changes=True, timeout=1.0) as daemon:
        daemon.answers({RESTART: never})
        with pytest.raises(Unreachable, match=r"unknown whether it was done.*DOCKER_TIMEOUT=1"):
            await actuator(daemon).act("restart", "jellyfin")
        assert len(posts(daemon)) == 1


async def test_the_tool_finds_its_container_and_says_where_to_look() -> None:
    async with running(allow_changes=True) as daemon:
        result = await daemon.call("docker_control_container", container="front", action="restart")
        assert posts(daemon) == [f"{API}{RESTART}"]
    assert result.text == (
        "Docker says: restarted jellyfin.\nLook at it with docker_inspect_container('jellyfin')."
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"container": "jellyfin", "action": "remove"},
            "action is 'remove': give one of restart, start, stop",
        ),
        ({"container": "front", "action": "stop"}, "'front' means 2 containers"),
    ],
)
async def test_the_tool_never_picks_one_of_several(arguments: dict[str, Any], words: str) -> None:
    async with running(allow_changes=True) as daemon:
        daemon.holds(WEB, WEB | {"Id": LOOP_ID, "Names": ["/second"]}, LOOP | {"Id": "d" * 64})
        with pytest.raises(CallError, match=words):
            await daemon.call("docker_control_container", **arguments)
        assert posts(daemon) == []


class Watching:
    """A wire that keeps the requests it carries."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.sent: list[Request] = []

    @property
    def state(self) -> BreakerState:
        return self._wire.state

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        return await self._wire.send(request)

    async def aclose(self) -> None:
        await self._wire.aclose()


async def test_an_order_goes_out_as_a_change_and_the_rest_as_reads() -> None:
    async with running() as daemon:
        wire = Watching(daemon.wire)
        config = Config(url=daemon.server.url, allow_changes=True)
        changing = connect(config, wire, daemon.clock).actuator
        assert changing
        await changing.act("stop", "jellyfin")
    purposes = {(each.method, each.purpose, each.repeatable) for each in wire.sent}
    assert purposes == {("GET", "read", True), ("POST", "change", False)}


async def test_the_one_tool_that_changes_says_so() -> None:
    async with running(allow_changes=True) as daemon:
        effects = {tool.name: tool.effect for tool in daemon.integration.tools}
    assert [name for name, effect in effects.items() if effect is Effect.CHANGE] == [
        "docker_control_container"
    ]


async def test_nothing_changes_until_it_is_allowed() -> None:
    async with running() as daemon:
        assert daemon.integration.actuator is None
        assert "docker_control_container" not in {tool.name for tool in daemon.integration.tools}
