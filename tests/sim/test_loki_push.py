"""What Loki takes, and what it makes of it; and how it is followed."""

# ruff: noqa: E501  refusals are quoted as they come

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.sim.loki_house import NOW, SECOND, Home, listening, ns, result
from tests.sim.wire import get, send


@pytest.fixture
def fresh() -> Iterator[Home]:
    """A Loki without lines, to push to."""
    with listening() as made:
        yield made


def push(home: Home, *lines: tuple[str, str], labels: dict[str, str] | None = None) -> tuple[int, str]:
    """Pushes lines as JSON; each with its time."""
    body = {
        "streams": [{"stream": labels or {"app": "web", "host": "pve1"}, "values": [list(x) for x in lines]}]
    }
    answer = send("POST", f"{home.api}/push", body)
    return answer.status, answer.text


def test_pushed_lines_get_a_service_and_a_level(fresh: Home) -> None:
    assert push(fresh, (ns(2), "level=error disk gone"), (ns(1), "all is well")) == (204, "")
    assert result(fresh, query='{service_name="web"}') == [
        {
            "stream": {"app": "web", "detected_level": "error", "host": "pve1", "service_name": "web"},
            "values": [[ns(2), "level=error disk gone"]],
        },
        {
            "stream": {"app": "web", "detected_level": "unknown", "host": "pve1", "service_name": "web"},
            "values": [[ns(1), "all is well"]],
        },
    ]
    assert result(fresh, query='{app="web"} | detected_level="error"')[0]["values"][0][1].endswith("gone")
    assert "lines_received_total" in get(f"{fresh.url}/metrics").text


def test_structured_metadata_is_kept_and_the_same_line_only_once(fresh: Home) -> None:
    body = {
        "streams": [{"stream": {"job": "x"}, "values": [[ns(), "err", {"trace_id": "t1", "level": "error"}]]}]
    }
    for _ in range(2):
        assert send("POST", f"{fresh.api}/push", body).status == 204
    fresh.clock.advance(timedelta(seconds=1))
    [row] = result(fresh, query='{job="x"}')
    assert row["stream"] == {
        "detected_level": "error",
        "job": "x",
        "level": "error",
        "service_name": "x",
        "trace_id": "t1",
    }
    assert len(row["values"]) == 1


def posted(home: Home, body: bytes, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{home.api}/push", body, named, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_gzip_is_unpacked(fresh: Home) -> None:
    body = {"streams": [{"stream": {"app": "z"}, "values": [[ns(1), "packed"]]}]}
    packed = gzip.compress(json.dumps(body).encode())
    assert posted(fresh, packed, Content_Type="application/json", Content_Encoding="gzip") == (204, "")
    assert result(fresh, query='{app="z"}')[0]["values"] == [[ns(1), "packed"]]


def varint(value: int) -> bytes:
    found = b""
    while value >= 0x80:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def test_snappy_and_protobuf_are_unpacked(fresh: Home) -> None:
    entry = field(1, field(1, NOW - 1) + field(2, 5)) + field(2, b"aaaaaaaaaaaa") + field(3, field(1, b"pod") + field(2, b"p1"))  # fmt: skip
    message = field(1, field(1, b'{app="proto", host="a"}') + field(2, entry))
    # A literal up to the fourth a, then a copy of the eight that follow.
    cut = message.index(b"aaaa") + 4
    block = varint(len(message)) + bytes([60 << 2, cut - 1]) + message[:cut]
    block += bytes([(8 - 4) << 2 | 1, 1]) + bytes([(len(message) - cut - 8 - 1) << 2]) + message[cut + 8 :]
    assert posted(fresh, block, Content_Type="application/x-protobuf") == (204, "")
    [row] = result(fresh, query='{app="proto"}')
    assert row["stream"]["pod"] == "p1"
    assert row["values"] == [[str((NOW - 1) * SECOND + 5), "aaaaaaaaaaaa"]]


def test_what_is_not_snappy_is_refused(fresh: Home) -> None:
    assert posted(fresh, b"\x05\xff\xff", Content_Type="application/x-protobuf") == (
        400,
        "snappy: corrupt input\n",
    )


STREAM = '{app="web", host="pve1", service_name="web"}'


@pytest.mark.parametrize(
    ("at", "text", "said"),
    [
        (
            ns(-86_400),
            "x",
            f"entry for stream '{STREAM}' has timestamp too new: 2026-11-22T12:00:00Z\n",
        ),
        (
            ns(8 * 86_400),
            "x",
            f"entry for stream '{STREAM}' has timestamp too old: 2026-11-13T12:00:00Z, "
            "oldest acceptable timestamp is: 2026-11-14T12:00:00Z\n",
        ),
        (
            ns(),
            "x" * 300_000,
            f"max entry size '262144' bytes exceeded for stream '{STREAM}' "
            "while adding an entry with length '300000' bytes\n",
        ),
    ],
)
def test_a_line_that_cannot_be_taken_is_refused(fresh: Home, at: str, text: str, said: str) -> None:
    assert push(fresh, (at, text), (ns(1), "good")) == (400, said)
    assert result(fresh, query='{app="web"}')[0]["values"] == [[ns(1), "good"]]


def test_a_line_far_behind_the_newest_is_refused(fresh: Home) -> None:
    assert push(fresh, (ns(0), "new"), (ns(1800), "late but fine")) == (204, "")
    assert push(fresh, (ns(7200), "too late")) == (
        400,
        "entry with timestamp 2026-11-21 10:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry "
        "timestamp is: 2026-11-21T10:00:00Z, oldest acceptable timestamp is: 2026-11-21T11:00:00Z',\n"
        f"user 'fake', total ignored: 1 out of 1 for stream: {STREAM}\n",
    )


MANY = {f"l{i}": "v" for i in range(30)}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            {"bad-name": "x"},
            "couldn't parse labels: 1:5: parse error: unexpected character inside braces: '-'\n",
        ),
        (MANY, "has 30 label names; limit 15\n"),
        ({"app": "x" * 2049}, f"has label value too long: '{'x' * 2049}'\n"),
        ({"a" * 1025: "x"}, f"has label name too long: '{'a' * 1025}'\n"),
        ({"app": ""}, "error at least one label pair is required per stream\n"),
    ],
)
def test_labels_that_cannot_be_are_refused(fresh: Home, labels: dict[str, str], said: str) -> None:
    status, text = push(fresh, (ns(), "x"), labels=labels)
    assert status == 400
    assert text.endswith(said)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('{"streams": []}', 422, "error at least one valid stream is required for ingestion\n"),
        (
            "{bad",
            400,
            'loghttp.PushRequest.readFieldHash: expect ", but found b, error found in #2 byte of ...|{bad|..., '
            "bigger context ...|{bad|...\n",
        ),
        (
            '{"streams": [{"stream": {"app": "web", "host": "pve1"}, "values": [["abc", "x"]]}]}',
            400,
            "loghttp.PushRequest.Streams: []loghttp.LogProtoStream: unmarshalerDecoder: Value looks like "
            "Number/Boolean/None, but can't find its end: ',' or '}' symbol, error found in #10 byte of "
            '...|c", "x"]]}]}|..., bigger context ...| "web", "host": "pve1"}, "values": [["abc", "x"]]}]}|...\n',
        ),
    ],
)
def test_a_body_that_is_no_push_is_refused(fresh: Home, body: str, status: int, said: str) -> None:
    answer = send("POST", f"{fresh.api}/push", body)
    assert (answer.status, answer.text) == (status, said)


def following(home: Home, query: str) -> ClientConnection:
    url = home.api.replace("http://", "ws://")
    return connect(f"{url}/tail?limit=2&query={urllib.parse.quote(query)}", open_timeout=10)


def test_a_tail_shows_the_last_lines_and_then_the_new_ones(fresh: Home) -> None:
    push(fresh, (ns(3), "one"), (ns(2), "two"), (ns(1), "three"))
    with following(fresh, '{app="web"} != "skip"') as socket:
        history = json.loads(socket.recv(timeout=10))
        assert [value[1] for row in history["streams"] for value in row["values"]] == ["two", "three"]
        push(fresh, (ns(-1), "live"), (ns(-1.5), "skip this"))
        fresh.clock.advance(timedelta(seconds=5))
        assert json.loads(socket.recv(timeout=10)) == {
            "streams": [
                {
                    "stream": {
                        "app": "web",
                        "detected_level": "unknown",
                        "host": "pve1",
                        "service_name": "web",
                    },
                    "values": [[ns(-1), "live"]],
                }
            ]
        }


def test_new_lines_of_a_bare_selector_come_without_structured_metadata(fresh: Home) -> None:
    with following(fresh, '{app="web"}') as socket:
        push(fresh, (ns(-1), "live"))
        fresh.clock.advance(timedelta(seconds=5))
        [row] = json.loads(socket.recv(timeout=10))["streams"]
    assert row["stream"] == {"app": "web", "host": "pve1", "service_name": "web"}


@pytest.mark.parametrize("query", ["{", 'rate({app="web"}[1m])'])
def test_a_tail_of_what_is_no_log_query_is_refused(fresh: Home, query: str) -> None:
    with pytest.raises(InvalidStatus) as raised, following(fresh, query):
        pass
    assert raised.value.response.status_code == 400
