from __future__ import annotations

import asyncio
import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from anyio import to_thread
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.misbehaviour import Mode
from sre_assistant.sim.scenario import Scenario, checked
from sre_assistant.sim.servers.truenas import Keys, TrueNas
from sre_assistant.sim.serving import Served
from tests.sim.wire import Answered

TROUBLE = """
name: trouble
title: A dead disk, a dying one, and a stopped service
start: 2026-11-15T00:30:00Z
adds:
  containers:
    nas:
      photos: {image: "x/photos:2.1", memory: 100MiB, ports: {2283/tcp: 30041}}
      '"; drop': {image: "x/spite:1", memory: 10MiB}
timeline:
  - {fault: lose-disk, at: "00:40", host: nas, device: sdc}
  - {fault: fail-disk, at: "00:35", host: nas, device: sdb}
  - {fault: crash-loop, at: "00:40", container: "nas:photos"}
  - fault: stop-share
    at: "00:50"
    share: media
    cured_by: ["restart share/media", "start share/media"]
"""


def story(text: str = TROUBLE) -> Scenario:
    return checked(Document(text, "story.yaml"))


def told(*faults: str, **more: str) -> Scenario:
    lines = ["name: told", "title: A story", "start: 2026-11-15T00:30:00Z"]
    lines += [f"{name}: {value}" for name, value in more.items()]
    return story("\n".join([*lines, "timeline:", *(f"  - {{{fault}}}" for fault in faults)]))


class CallFailed(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.code = error["code"]
        self.error = error

    @property
    def reason(self) -> str:
        return str(self.error["data"]["reason"])


class Nas:
    """A JSON-RPC client, as plain as can be."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.news: list[dict[str, Any]] = []

    def send(self, method: str, *params: object) -> int:
        number = next(self.numbers)
        self.socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        return number

    def answer(self) -> dict[str, Any]:
        while True:
            message = dict(json.loads(self.socket.recv(timeout=10)))
            if "method" not in message:
                return message
            self.news.append(message)

    def __call__(self, method: str, *params: object) -> Any:
        number = self.send(method, *params)
        answer = self.answer()
        assert answer["id"] == number
        if "error" in answer:
            raise CallFailed(answer["error"])
        return answer["result"]

    def said(self, message: object) -> dict[str, Any]:
        self.socket.send(message if isinstance(message, str) else json.dumps(message))
        return self.answer()


def keys(homelab: Homelab) -> Keys:
    return Keys(homelab.live.credentials["truenas"])


def address(homelab: Homelab, path: str = "/api/current") -> str:
    return homelab.doors["truenas"].url.replace("http", "ws") + path


@contextmanager
def stranger(homelab: Homelab, path: str = "/api/current") -> Iterator[Nas]:
    with connect(address(homelab, path)) as socket:
        yield Nas(socket)


@contextmanager
def nas(homelab: Homelab, *, operator: bool = False) -> Iterator[Nas]:
    with stranger(homelab) as client:
        key = keys(homelab).operator if operator else keys(homelab).reader
        assert client("auth.login_with_api_key", key) is True
        yield client


def rest(
    homelab: Homelab, path: str, method: str = "GET", body: object = None, key: str | None = None
) -> Answered:
    headers = {"Authorization": f"Bearer {key or keys(homelab).reader}"} if key != "" else {}
    data = None if body is None else json.dumps(body).encode()
    url = f"{homelab.doors['truenas'].url}/api/v2.0/{path}"
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answered(answer.status, answer.headers["Content-Type"], answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.headers["Content-Type"], error.read().decode())


@pytest.fixture(scope="module")
def lab() -> Iterator[Homelab]:
    with Homelab(story(), at="01:10") as homelab:
        yield homelab


@pytest.fixture(scope="module")
def calm() -> Iterator[Homelab]:
    with Homelab("healthy", at="+2h") as homelab:
        yield homelab


# Logging in


def test_a_stranger_may_ping_and_nothing_else(lab: Homelab) -> None:
    with stranger(lab) as client:
        assert client("core.ping") == "pong"
        with pytest.raises(CallFailed) as refused:
            client("pool.query")
    assert refused.value.error == {
        "code": -32001,
        "message": "Method call error",
        "data": {
            "error": 207,
            "errname": "ENOTAUTHENTICATED",
            "reason": "[ENOTAUTHENTICATED] Not authenticated",
            "trace": {
                "class": "CallError",
                "frames": [],
                "formatted": "Traceback (most recent call last):\n"
                "CallError: [ENOTAUTHENTICATED] Not authenticated",
                "repr": "CallError('[ENOTAUTHENTICATED] Not authenticated')",
            },
            "extra": None,
        },
    }


def test_a_wrong_key_is_false_and_not_an_error(lab: Homelab) -> None:
    with stranger(lab) as client:
        assert client("auth.login_with_api_key", "1-bad") is False
        with pytest.raises(CallFailed, match="Field required"):
            client("auth.login_with_api_key")


def test_login_by_mechanism_names_the_user_and_the_role(lab: Homelab) -> None:
    with stranger(lab) as client:
        login = {"mechanism": "API_KEY_PLAIN", "username": "sre", "api_key": keys(lab).reader}
        found = client("auth.login_ex", login)
        assert (found["response_type"], found["authenticator"]) == ("SUCCESS", "LEVEL_1")
        assert found["user_info"]["privilege"]["roles"] == {"$set": ["READONLY_ADMIN"]}
        assert client("auth.me")["pw_name"] == "sre"
        for wrong in ({"username": "root"}, {"api_key": "x"}, {"mechanism": "PASSWORD_PLAIN"}):
            assert client("auth.login_ex", login | wrong) == {"response_type": "AUTH_ERR"}
        assert client("auth.logout") is True
        with pytest.raises(CallFailed, match="ENOTAUTHENTICATED"):
            client("system.info")


def test_a_reader_may_not_change_anything(lab: Homelab) -> None:
    with nas(lab) as client:
        for method, params in (
            ("service.restart", ["nfs"]),
            ("pool.snapshot.delete", ["tank@x"]),
            ("alert.dismiss", ["x"]),
            ("pool.scrub.scrub", ["tank"]),
        ):
            with pytest.raises(CallFailed) as refused:
                client(method, *params)
            assert refused.value.reason == "[EACCES] Not authorized"


# The protocol


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ({"id": 9, "method": "core.ping"}, -32600, "Missing 'jsonrpc' member"),
        ({"jsonrpc": "1.0", "id": 9, "method": "core.ping"}, -32600, "must be exactly '2.0'"),
        ({"jsonrpc": "2.0", "id": 9}, -32600, "Missing 'method' member"),
        ({"jsonrpc": "2.0", "id": 9, "method": 4}, -32600, "'method' member must be of type string"),
        ({"jsonrpc": "2.0", "id": 9, "method": "core.ping", "params": {}}, -32600, "'params' member"),
        ({"jsonrpc": "2.0", "id": 9, "method": "nothing.here"}, -32601, "Method does not exist"),
    ],
)
def test_what_is_no_request_gets_the_right_code(
    lab: Homelab, message: dict[str, Any], code: int, text: str
) -> None:
    with stranger(lab) as client:
        answer = client.said(message)
    assert (answer["error"]["code"], answer["id"]) == (code, 9)
    assert text in answer["error"]["message"]


def test_text_that_is_no_json_is_told_so_and_the_connection_lives(lab: Homelab) -> None:
    with stranger(lab) as client:
        assert client.said('{"jsonrpc": ')["error"]["code"] == -32700
        assert client.said("[1, 2]")["error"]["code"] == -32700
        assert client("core.ping") == "pong"


def test_wrong_arguments_are_named(lab: Homelab) -> None:
    with nas(lab) as client:
        with pytest.raises(CallFailed) as wrong:
            client("pool.query", "x")
        assert wrong.value.code == -32602
        assert wrong.value.error["data"]["extra"] == [["filters", "Input should be a valid list", 22]]
        assert wrong.value.reason == "[EINVAL] filters: Input should be a valid list\n"
        for arguments, text in (
            (([], []), "options"),
            (([], {"colour": 1}), "options.colour: Extra inputs are not permitted"),
            (([], {"limit": "x"}), "options.limit: Input should be a valid integer"),
            (([], {}, 3), "Too many arguments"),
            (([["name", "is", "tank"]],), "Invalid operation: is"),
            (([["name"]],), "Invalid filter"),
            (([["size", "^", "1"]],), "startswith"),
        ):
            with pytest.raises(CallFailed, match=text):
                client("pool.query", *arguments)


def test_too_much_text_ends_the_connection(lab: Homelab) -> None:
    with stranger(lab) as client:
        client.socket.send("x" * 9000)
        with pytest.raises(ConnectionClosed) as closed:
            client.socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
        1007,
        "Anonymous connection max message length is 8 kB",
    )
    with nas(lab) as client:
        client.socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            client.socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_more_than_twenty_calls_at_once_are_refused() -> None:
    live = Homelab("healthy").live
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    scope = {
        "type": "websocket",
        "path": "/api/current",
        "headers": [],
        "query_string": b"",
        "subprotocols": [],
    }

    def ask(number: int, method: str, *params: object) -> None:
        text = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        heard.put_nowait({"type": "websocket.receive", "text": text})

    async def answers(count: int) -> list[dict[str, Any]]:
        return [json.loads((await said.get())["text"]) for _ in range(count)]

    heard.put_nowait({"type": "websocket.connect"})
    talk = asyncio.create_task(TrueNas(live).app()(scope, heard.get, said.put))
    assert (await said.get())["type"] == "websocket.accept"
    ask(0, "auth.login_with_api_key", Keys(live.credentials["truenas"]).reader)
    assert (await answers(1))[0]["result"] is True
    threads = to_thread.current_default_thread_limiter()
    held = [object() for _ in range(int(threads.total_tokens))]
    for one in held:
        await threads.acquire_on_behalf_of(one)  # so that no call can end
    for number in range(1, 31):
        ask(number, "pool.query")
    refused = await answers(10)
    for one in held:
        threads.release_on_behalf_of(one)
    done = await answers(20)
    heard.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await talk
    assert {(one["id"], one["error"]["code"]) for one in refused} == {(n, -32000) for n in range(21, 31)}
    assert refused[0]["error"]["message"] == "Maximum number of concurrent calls (20) has exceeded"
    assert {one["id"] for one in done if "result" in one} == set(range(1, 21))


def test_each_release_has_its_own_path_and_those_before(lab: Homelab) -> None:
    for path in ("/api/v25.10.0", "/api/v25.04.2"):
        with stranger(lab, path) as client:
            assert client("core.ping") == "pong"
    with pytest.raises(InvalidHandshake), stranger(lab, "/api/v26.0.0"):
        pass


# Queries


@pytest.mark.parametrize(
    ("filters", "options", "names"),
    [
        ([], {}, ["cifs", "ftp", "iscsitarget", "nfs", "nvmet", "snmp", "ssh", "ups"]),
        ([["state", "=", "RUNNING"]], {}, ["cifs", "ssh", "ups"]),
        ([["service", "in", ["nfs", "ssh"]]], {}, ["nfs", "ssh"]),
        ([["service", "nin", ["nfs", "ssh", "ups", "ftp", "snmp"]]], {}, ["cifs", "iscsitarget", "nvmet"]),
        ([["service", "^", "s"]], {}, ["snmp", "ssh"]),
        ([["service", "$", "p"]], {}, ["ftp", "snmp"]),
        ([["service", "~", "(n|s).*s$"]], {}, ["nfs"]),
        ([["id", ">", 9], ["id", "<=", 13]], {}, ["ssh", "ups"]),
        ([["OR", [["id", "=", 1], [["state", "=", "RUNNING"], ["id", "<", 9]]]]], {}, ["cifs", "ftp"]),
        ([["nothing", "=", 1]], {}, []),
        ([], {"order_by": ["-service"], "limit": 2}, ["ups", "ssh"]),
        ([], {"order_by": ["service"], "offset": 6}, ["ssh", "ups"]),
        ([], {"order_by": ["state", "-service"], "limit": 1}, ["ups"]),
    ],
)  # fmt: skip
def test_a_query_filters_and_orders(
    lab: Homelab, filters: list[Any], options: dict[str, Any], names: list[str]
) -> None:
    with nas(lab) as client:
        found = [one["service"] for one in client("service.query", filters, options)]
    assert found == names if "order_by" in options else sorted(found) == names


def test_a_query_counts_selects_and_gets_one(lab: Homelab) -> None:
    with nas(lab) as client:
        assert client("disk.query", [], {"count": True}) == 2
        [one] = client("pool.query", [], {"select": ["name", ["scan.state", "last.scan"], "nothing"]})
        assert one == {"name": "tank", "last": {"scan": "FINISHED"}}
        assert client("service.query", [["service", "=", "ssh"]], {"get": True})["state"] == "RUNNING"
        with pytest.raises(CallFailed, match="MatchNotFound"):
            client("service.query", [["service", "=", "x"]], {"get": True})
        assert client("pool.get_instance", 1)["name"] == "tank"
        with pytest.raises(CallFailed) as missing:
            client("pool.get_instance", 99)
    assert missing.value.reason == "[ENOENT] Pool 99 does not exist"
    assert missing.value.error["data"]["trace"]["class"] == "InstanceNotFound"


# What it tells


def test_a_dead_disk_degrades_the_pool(lab: Homelab) -> None:
    with nas(lab) as client:
        [pool] = client("pool.query")
        names = {one["name"] for one in client("disk.query")}
        alerts = {one["klass"]: one for one in client("alert.list")}
    assert (pool["status"], pool["healthy"], pool["status_code"]) == ("DEGRADED", False, "FAULTED_DEV_R")
    [mirror] = pool["topology"]["data"]
    failing, dead = mirror["children"]
    assert (mirror["type"], mirror["status"], failing["disk"], dead["status"]) == (
        "MIRROR",
        "DEGRADED",
        "sdb",
        "UNAVAIL",
    )
    assert (
        failing["stats"]["read_errors"]
        == lab.world.pools["tank"].errors(lab.world.drives["disk/nas:sdb"], lab.live.now)[0]
    )
    assert dead["unavail_disk"]["name"] == "sdc"
    assert names == {"sda", "sdb"}
    status = alerts["VolumeStatus"]
    assert status["level"] == "CRITICAL"
    assert status["formatted"].startswith("Pool tank state is DEGRADED: One or more devices")
    assert dead["unavail_disk"]["serial"] in status["formatted"]
    assert status["datetime"] == {"$date": 1794702900000}  # with the first read errors, 00:35
    assert "uncorrectable errors reported for sdb" in alerts["SMARTUncorrectedErrors"]["formatted"]


def test_a_healthy_nas_complains_of_nothing(calm: Homelab) -> None:
    with nas(calm) as client:
        assert client("alert.list") == []
        [pool] = client("pool.query")
        boot = client("boot.get_state")
    assert (pool["status"], pool["healthy"], pool["warning"], pool["status_code"]) == (
        "ONLINE",
        True,
        False,
        "OK",
    )
    assert (boot["name"], boot["topology"]["data"][0]["type"]) == ("boot-pool", "DISK")


def test_a_pool_without_its_only_disk_is_suspended() -> None:
    scenario = told("fault: lose-disk, at: '00:40', host: nas, device: sda")
    with Homelab(scenario, at="00:45") as lab, nas(lab) as client:
        assert client("boot.get_state")["status"] == "SUSPENDED"
        [alert] = client("alert.list")
    assert alert["args"]["volume"] == "boot-pool"


def test_a_disk_that_came_back_is_resilvered() -> None:
    scenario = told("fault: lose-disk, at: '00:40', host: nas, device: sdc, lasts: 10m")
    with Homelab(scenario, at="01:50") as lab, nas(lab) as client:
        [pool] = client("pool.query")
    assert (pool["status"], pool["scan"]["function"], pool["scan"]["state"]) == (
        "ONLINE",
        "RESILVER",
        "SCANNING",
    )
    assert pool["scan"]["percentage"] == 25.0


def test_sizes_are_those_of_the_world(lab: Homelab) -> None:
    now = np.array([lab.live.now])
    pool = lab.world.pools["tank"]
    with nas(lab) as client:
        [row] = client("pool.query")
        datasets = {one["id"]: one for one in client("pool.dataset.query")}
        report = client("reporting.get_data", [{"name": "cpu"}], {})[0]
        load = client("system.info")["loadavg"]
    assert (row["size"], row["allocated"]) == (int(pool.spec.size), int(pool.allocated(now)[0]))
    assert row["free"] == row["size"] - row["allocated"]
    media = datasets["tank/media"]
    assert media["used"]["parsed"] == pool.filesystems["/tank/media"].used(now)[0]
    assert media["refquota"]["parsed"] == 2 << 40
    assert media["mountpoint"] == "/tank/media"
    assert {one["id"] for one in datasets["tank"]["children"]} == {"tank/media", "tank/backup"}
    assert report["legend"] == ["time", "cpu"]
    assert len(report["data"]) == 61
    assert report["aggregations"]["max"]["cpu"] <= 100
    assert load[0] == _scraped(lab, "node_load1")


def _scraped(lab: Homelab, metric: str) -> float:
    """What node_exporter of the NAS shows now."""
    target = next(one for one in lab.world.targets if one.instance == "nas.lan:9100")
    family = next(one for one in target.families if one.name == metric)
    return float(family.points[0].level(np.array([lab.live.now]))[0])


def test_a_full_dataset_is_complained_of() -> None:
    with Homelab("backup-fills-nas", at="shows") as lab, nas(lab, operator=True) as client:
        found = {one["klass"]: one for one in client("alert.list")}
        [pool] = client("pool.query")
        running = client("core.get_jobs", [["state", "=", "RUNNING"]])
    assert (
        "tank/media" in found["QuotaWarning"]["formatted"]
        or "tank/media" in found["QuotaCritical"]["formatted"]
    )
    assert (pool["scan"]["function"], pool["scan"]["state"]) == ("SCRUB", "SCANNING")
    assert [(one["method"], one["arguments"]) for one in running] == [("pool.scrub.scrub", ["tank"])]


def test_the_weekly_scrub_is_a_job_and_the_last_scan(calm: Homelab) -> None:
    with nas(calm, operator=True) as client:
        [pool] = client("pool.query")
        [task] = client("pool.scrub.query")
        jobs = client("core.get_jobs", [["method", "=", "pool.scrub.scrub"]])
    assert pool["scan"]["state"] == "FINISHED"
    assert (task["schedule"]["hour"], task["schedule"]["dow"]) == ("05", "7")
    assert [one["state"] for one in jobs] == ["SUCCESS"]
    assert jobs[0]["time_finished"] == pool["scan"]["end_time"]


def test_disks_have_temperatures_of_the_world(lab: Homelab) -> None:
    with nas(lab) as client:
        found = client("disk.temperatures")
        assert client("disk.temperatures", ["sdc", "sdb"]) == {"sdc": None, "sdb": found["sdb"]}
        span = client("disk.temperature_agg", ["sdb"], 2)["sdb"]
        with pytest.raises(CallFailed, match="days"):
            client("disk.temperature_agg", ["sdb"], "x")
    drive = lab.world.drives["disk/nas:sdb"]
    assert found["sdb"] == drive.temperature(np.array([lab.live.now]))[0]
    assert span["min"] <= span["avg"] <= span["max"]


def test_apps_are_the_containers_on_the_nas(lab: Homelab) -> None:
    with nas(lab) as client:
        found = {one["name"]: one for one in client("app.query")}
    assert (found["photos"]["state"], found["photos"]["human_version"]) == ("CRASHED", "2.1_1.0.0")
    assert found["photos"]["portals"] == {"Web UI": "http://0.0.0.0:30041/"}
    assert found['"; drop']["state"] == "RUNNING"


def test_shares_tell_who_mounts_them(calm: Homelab) -> None:
    with nas(calm) as client:
        shares = client("sharing.nfs.query")
        assert [one["name"] for one in client("sharing.smb.query")] == ["family"]
        assert client("smb.status") == []
        assert client("nfs.client_count") == 5
    assert {one["path"] for one in shares} == {"/tank/media", "/tank/backup"}
    assert ["192.0.2.31"] in [one["hosts"] for one in shares]


def test_snapshots_follow_their_task(calm: Homelab) -> None:
    with nas(calm) as client:
        [task] = client("pool.snapshottask.query")
        found = client("pool.snapshot.query", [["dataset", "=", "tank/media"]], {"order_by": ["-id"]})
    assert (task["dataset"], task["state"]["state"], task["lifetime_unit"]) == ("tank", "FINISHED", "WEEK")
    assert len(found) == 14
    assert found[0]["id"].startswith("tank/media@auto-20")
    assert (
        found[0]["properties"]["creation"]["parsed"]["$date"]
        > found[1]["properties"]["creation"]["parsed"]["$date"]
    )


# What is done


def test_restarting_the_service_cures_a_stopped_share() -> None:
    with Homelab(story(), at="01:10") as lab, nas(lab, operator=True) as client:

        def state() -> str:
            return str(client("service.query", [["service", "=", "nfs"]], {"get": True})["state"])

        assert state() == "STOPPED"
        assert lab.world.spells["mount/media:media"].at(lab.live.now, "stale") is not None
        with pytest.raises(CallFailed, match="Invalid choice: nosuch"):
            client("service.restart", "nosuch")
        number = client("service.control", "RESTART", "nfs")
        lab.clock.advance(timedelta(minutes=1))
        assert lab.world.spells["mount/media:media"].at(lab.live.now, "stale") is None
        assert state() == "RUNNING"
        [job] = client("core.get_jobs", [["id", "=", number]])
    assert (job["method"], job["state"], job["arguments"]) == (
        "service.control",
        "SUCCESS",
        ["RESTART", "nfs"],
    )


def test_a_snapshot_is_deleted_once() -> None:
    with Homelab("healthy", at="+2h") as lab, nas(lab, operator=True) as client:
        first = client("pool.snapshot.query")[0]["id"]
        assert client("pool.snapshot.delete", first) is True
        assert first not in [one["id"] for one in client("pool.snapshot.query")]
        with pytest.raises(CallFailed, match="not found"):
            client("pool.snapshot.delete", first)
        assert [deed.words for deed in lab.live.deeds] == [f"delete snapshot/{first}"]


def test_a_scrub_by_order_is_a_job_that_runs() -> None:
    with Homelab("healthy", at="+2h") as lab, nas(lab, operator=True) as client:
        number = client("pool.scrub.scrub", "tank", "START")
        lab.clock.advance(timedelta(minutes=30))
        [job] = client("core.get_jobs", [["id", "=", number]])
        assert (job["method"], job["state"], job["progress"]["percent"]) == (
            "pool.scrub.scrub",
            "RUNNING",
            16,
        )
        with pytest.raises(CallFailed, match="currently scrubbing"):
            client("pool.scrub.scrub", "tank")
        with pytest.raises(CallFailed, match="Pool nosuch not found"):
            client("pool.scrub.scrub", "nosuch")


def test_jobs_of_others_are_shown_to_full_administrators_alone(calm: Homelab) -> None:
    with nas(calm) as reader, nas(calm, operator=True) as operator:
        assert reader("core.get_jobs") == []
        assert len(operator("core.get_jobs")) > 1
    with Homelab("healthy", at="+2h") as lab, nas(lab, operator=True) as operator, nas(lab) as reader:
        number = operator("service.control", "RESTART", "nfs")
        [job] = operator("core.get_jobs", [["id", "=", number]])
        assert reader("core.get_jobs") == []
    assert job["credentials"] == {"type": "API_KEY", "data": {"username": "operator"}}


def test_what_changes_something_is_in_the_audit_log() -> None:
    with Homelab("healthy", at="+2h") as lab, nas(lab, operator=True) as operator, nas(lab) as reader:
        assert reader("audit.query", {}) == []
        operator("service.control", "RESTART", "nfs")
        with pytest.raises(CallFailed, match="Invalid choice"):
            operator("service.control", "STOP", "nosuch")
        operator("pool.query")
        [good, bad] = reader("audit.query", {"query-options": {"order_by": ["-success"]}})
        assert reader("audit.query", {"query-filters": [["event", "=", "AUTHENTICATION"]]}) == []
        assert rest(lab, "audit/query", "POST", {"services": ["SMB"]}).json == []
        with pytest.raises(CallFailed, match="valid dictionary"):
            reader("audit.query", [])
    assert (good["username"], good["success"], bad["success"]) == ("operator", True, False)
    assert good["event_data"]["method"] == "service.control"
    assert good["event_data"]["description"] == "Control RESTART nfs"
    assert good["message_timestamp"] * 1000 == good["timestamp"]["$date"]


@pytest.mark.parametrize(
    ("mode", "status"), [("401", 401), ("404", 404), ("502", 502), ("html", 200), ("not-json", 200)]
)
def test_a_front_that_fails_answers_the_handshake_in_plain_http(
    calm: Homelab, mode: Mode, status: int
) -> None:
    calm.doors["truenas"].fail(mode)
    with pytest.raises(InvalidStatus) as refused, stranger(calm):
        pass
    calm.doors["truenas"].recover()
    assert refused.value.response.status_code == status
    with stranger(calm) as client:
        assert client("core.ping") == "pong"


@pytest.mark.parametrize("mode", ["half", "refuse"])
def test_a_front_that_breaks_off_says_no_word(calm: Homelab, mode: Mode) -> None:
    calm.doors["truenas"].fail(mode)
    with pytest.raises((InvalidHandshake, ConnectionRefusedError)) as broken, stranger(calm):
        pass
    calm.doors["truenas"].recover()
    assert not isinstance(broken.value, InvalidStatus)


def test_an_order_can_fail_or_its_answer_be_lost(capfd: pytest.CaptureFixture[str]) -> None:
    mishaps = '{"restart share/media": fail, "delete snapshot/tank@auto-2026-11-14_00-00": lost}'
    scenario = told("fault: stop-share, at: '00:40', share: media", mishaps=mishaps)
    with Homelab(scenario, at="00:50") as lab, nas(lab, operator=True) as client:
        with pytest.raises(CallFailed, match="input/output error"):
            client("service.restart", "nfs")
        client.send("pool.snapshot.delete", "tank@auto-2026-11-14_00-00")
        with pytest.raises(ConnectionClosed):
            client.socket.recv(timeout=10)
        assert [deed.act for deed in lab.live.deeds] == ["delete"]
    assert capfd.readouterr() == ("", "")


def test_an_alert_can_be_dismissed_and_restored() -> None:
    with Homelab(story(), at="01:10") as lab, nas(lab, operator=True) as client:
        uuid = client("alert.list")[0]["uuid"]
        assert client("alert.dismiss", uuid) is None
        assert {one["uuid"] for one in client("alert.list") if one["dismissed"]} == {uuid}
        client("alert.restore", uuid)
        assert not any(one["dismissed"] for one in client("alert.list"))
        with pytest.raises(CallFailed, match="does not exist"):
            client("alert.dismiss", "nosuch")


def test_subscribers_hear_of_new_alerts() -> None:
    with Homelab(story(), at="00:32") as lab, nas(lab) as client:
        ident = client("core.subscribe", "alert.list")
        with pytest.raises(CallFailed, match="is not known"):
            client("core.subscribe", "nothing.here")
        lab.clock.advance(timedelta(minutes=10))
        added = json.loads(client.socket.recv(timeout=10))
        assert (added["method"], added["params"]["msg"], added["params"]["collection"]) == (
            "collection_update",
            "added",
            "alert.list",
        )
        assert added["params"]["fields"]["klass"] == "VolumeStatus"
        assert client("core.unsubscribe", ident) is None
        lab.clock.advance(timedelta(hours=1))
        client.news.clear()
        assert client("core.ping") == "pong"
        assert client.news == []


# In the way


@pytest.mark.parametrize(
    ("privilege", "refused", "allowed"),
    [
        ("POOL_READ", "pool.query", "pool.dataset.query"),
        ("pool.dataset", "pool.dataset.query", "pool.query"),
        ("alert.list", "alert.list", "disk.query"),
        ("SNAPSHOT_READ", "pool.snapshot.query", "pool.query"),
    ],
)
def test_a_key_can_lack_a_role(privilege: str, refused: str, allowed: str) -> None:
    with Homelab(
        told(f"fault: deny, at: '00:30', system: truenas, privilege: {privilege}"), at="00:40"
    ) as lab:
        with nas(lab) as client:
            client(allowed)
            with pytest.raises(CallFailed) as denied:
                client(refused)
        assert denied.value.error["data"]["errname"] == "EACCES"
        if refused == "pool.query":
            assert rest(lab, "pool").status == 403


def test_a_key_can_be_revoked_in_the_middle() -> None:
    scenario = told("fault: deny, at: '00:50', system: truenas, privilege: API_KEY")
    with Homelab(scenario, at="00:40") as lab, nas(lab, operator=True) as client:
        assert client("pool.query")
        lab.clock.advance(timedelta(minutes=20))
        with pytest.raises(CallFailed, match="ENOTAUTHENTICATED"):
            client("pool.query")
        assert client("auth.login_with_api_key", keys(lab).operator) is False
        assert rest(lab, "pool").status == 401


def test_an_operator_can_be_made_a_reader() -> None:
    scenario = told("fault: deny, at: '00:30', system: truenas, privilege: FULL_ADMIN")
    with Homelab(scenario, at="00:40") as lab, nas(lab, operator=True) as client:
        assert client("pool.query")
        with pytest.raises(CallFailed, match="Not authorized"):
            client("service.restart", "nfs")


def test_the_nas_is_gone_with_its_machine() -> None:
    with Homelab(told("fault: lose-host, at: '00:40', host: nas"), at="00:35") as lab:
        with nas(lab) as client:
            lab.clock.advance(timedelta(minutes=10))
            with pytest.raises((ConnectionClosed, OSError)):
                client("pool.query")
        with pytest.raises((InvalidHandshake, OSError, EOFError)), stranger(lab):
            pass
        with pytest.raises(OSError):  # noqa: PT011  refused or cut off
            rest(lab, "pool")


async def test_a_key_that_comes_over_a_plain_connection_may_be_revoked() -> None:
    live = Homelab("healthy").live
    served = Served(TrueNas(live, revokes_plain=True).app())
    await served.start()
    key = Keys(live.credentials["truenas"]).reader

    def ask() -> list[object]:
        with connect(served.url.replace("http", "ws") + "/api/current") as socket:
            client = Nas(socket)
            login = {"mechanism": "API_KEY_PLAIN", "username": "sre", "api_key": key}
            return [client("auth.login_with_api_key", key), client("auth.login_ex", login)]

    assert await asyncio.to_thread(ask) == [False, {"response_type": "EXPIRED"}]
    await served.stop()


# Releases and the older API


@pytest.mark.parametrize(
    ("version", "has", "lacks", "status"),
    [
        ("25.04", ("zfs.snapshot.query", "smart.test.results"), ("pool.snapshot.query",), 200),
        ("25.10", ("pool.snapshot.query", "update.status", "service.control"), ("smart.test.results",), 200),
        ("26.0", ("pool.snapshot.query", "service.control"), ("service.restart", "zfs.snapshot.query"), 404),
    ],
)  # fmt: skip
async def test_a_release_has_its_methods(
    version: str, has: tuple[str, ...], lacks: tuple[str, ...], status: int
) -> None:
    live = Homelab("healthy").live
    served = Served(TrueNas(live, version).app())
    await served.start()
    key = Keys(live.credentials["truenas"]).operator

    def ask() -> tuple[set[str], str, int]:
        with connect(served.url.replace("http", "ws") + "/api/current") as socket:
            client = Nas(socket)
            client("auth.login_with_api_key", key)
            known, release = set(client("core.get_methods")), client("system.version")
            for name in lacks:
                with pytest.raises(CallFailed, match="Method does not exist"):
                    client(name)
        request = urllib.request.Request(
            f"{served.url}/api/v2.0/pool", headers={"Authorization": f"Bearer {key}"}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return known, release, answer.status
        except urllib.error.HTTPError as error:
            with error:
                return known, release, error.code

    known, release, found = await asyncio.to_thread(ask)
    await served.stop()
    assert set(has) <= known
    assert not set(lacks) & known
    assert release.startswith(f"TrueNAS-{version}")
    assert found == status


def test_rest_tells_the_same_as_json_rpc(lab: Homelab) -> None:
    with nas(lab) as client:
        for path, method in (
            ("pool", "pool.query"),
            ("pool/dataset", "pool.dataset.query"),
            ("sharing/nfs", "sharing.nfs.query"),
            ("sharing/smb", "sharing.smb.query"),
            ("pool/snapshottask", "pool.snapshottask.query"),
            ("replication", "replication.query"),
            ("system/info", "system.info"),
            ("core/get_jobs", "core.get_jobs"),
            ("disk", "disk.query"),
            ("app", "app.query"),
            ("zfs/snapshot", "pool.snapshot.query"),
            ("core/ping", "core.ping"),
        ):
            answer = rest(lab, path)
            assert answer.status == 200, path
            assert answer.json == client(method), path
    assert rest(lab, "smb/status", "POST", {}).json == []
    assert set(rest(lab, "disk/temperatures", "POST", {"names": []}).json) == {"sda", "sdb"}


def test_rest_refuses_as_it_does(lab: Homelab) -> None:
    bad = rest(lab, "pool", key="1-bad")
    assert (bad.status, bad.text) == (401, "Invalid API key")
    assert rest(lab, "pool", key="").status == 401
    missing = rest(lab, "pool/id/99")
    assert (missing.status, missing.json) == (404, {"message": ""})
    assert rest(lab, "nothing/here").status == 404
    assert rest(lab, "service/restart", "POST", {"service": "nfs"}).status == 403
    operator = keys(lab).operator
    wrong = rest(lab, "service/restart", "POST", {"service": "nosuch"}, operator)
    assert (wrong.status, wrong.json) == (
        422,
        {"service": [{"message": "Invalid choice: nosuch", "errno": 22}]},
    )
    gone = rest(lab, "pool/snapshot/id/tank%40nosuch", "DELETE", key=operator)
    assert (gone.status, gone.json) == (422, {"message": "Snapshot tank@nosuch not found", "errno": 2})
    assert rest(lab, "pool?limit=x").status == 422


def test_rest_takes_unknown_parameters_for_fields(lab: Homelab) -> None:
    assert rest(lab, "zfs/snapshot?limit=2").json != []
    assert rest(lab, "zfs/snapshot?query-filters=%5B%5D&query-options=%7B%7D").json == []
    assert [one["service"] for one in rest(lab, "service?state=RUNNING&sort=-service&limit=2").json] == [
        "ups",
        "ssh",
    ]
    assert [one["service"] for one in rest(lab, "service?service__in=nfs,ftp").json] == ["ftp", "nfs"]
    assert rest(lab, "service?count=true").json == 8
    assert rest(lab, "pool/dataset/id/tank%2Fmedia").json["name"] == "tank/media"


def test_calls_of_the_old_api_are_complained_of() -> None:
    with Homelab("healthy", at="+2h") as lab:
        assert rest(lab, "core/ping").json == "pong"
        with nas(lab) as client:
            [alert] = client("alert.list")
    assert (alert["klass"], alert["args"]["count"]) == ("RESTAPIUsage", 1)


def test_the_same_seed_gives_the_same_bytes() -> None:
    methods = ("pool.query", "pool.dataset.query", "alert.list", "disk.query", "core.get_jobs", "system.info")
    bodies = []
    for seed in (5, 5, 6):
        with Homelab(story(), seed, at="01:10") as lab, nas(lab) as client:
            bodies.append([json.dumps(client(name)) for name in methods])
    assert bodies[0] == bodies[1]
    assert bodies[0] != bodies[2]
