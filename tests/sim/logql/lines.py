"""The log lines that the table of expressions is about: streams by their labels, lines by their second."""

# ruff: noqa: E501  the lines are what they are

from __future__ import annotations

from dataclasses import dataclass, field

from sre_assistant.sim.logstore import Entry, Pushed
from sre_assistant.sim.metrics.series import labels_of

SECOND = 1_000_000_000
BASE = 1_700_000_040
"""Unix seconds of the table's beginning; a whole minute."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one stream; ``metadata`` by the second of a line."""

    labels: dict[str, str]
    at: dict[int, str]
    metadata: dict[int, dict[str, str]] = field(default_factory=dict)


STREAMS = (
    Lines(
        {"kind": "logfmt"},
        {
            10: 'level=info msg="user logged in" user=alice status=200 took=12ms size=1KB addr=192.0.2.10',
            20: 'level=error msg="query failed" user=bob status=500 took=1.5s size=2MB addr=198.51.100.7',
            30: 'level=info msg="user logged in" user=carol status=200 took=30ms size=512B addr=192.0.2.77',
            40: 'level=warn msg="slow query" user=bob status=404 took=900ms size=3KB addr=203.0.113.5',
            50: "level=info msg=bye user=alice status=200 took=oops size=many empty= addr=none",
        },
    ),
    Lines(
        {"kind": "json"},
        {
            10: '{"level":"info","status":200,"request":{"method":"GET","path":"/a","tags":["x","y"]},"ok":true,"no":null}',
            20: '{"level":"error","status":500,"request":{"method":"POST","path":"/b","tags":["z"]},"ok":false,"dur":0.25}',
            30: "not json at all",
            40: '{"level":"info","status":404,"request":{"method":"GET","path":"/c"},"app-name":"shop","1st":"one","kind":"mine"}',
            50: '{"level":"warn","size":"1KiB","dur":1.75,"text":"a \\"quoted\\" word"}',
        },
    ),
    Lines(
        {"kind": "web"},
        {
            10: '192.0.2.1 - - [10/Oct/2000:13:55:36 +0000] "GET /index.html HTTP/1.1" 200 2326',
            20: '192.0.2.2 - - [10/Oct/2000:13:55:37 +0000] "POST /login HTTP/1.1" 302 12',
            30: '198.51.100.9 - - [10/Oct/2000:13:55:38 +0000] "GET /missing HTTP/2.0" 404 512',
            40: '2001:db8::1 - - [10/Oct/2000:13:55:39 +0000] "GET /index.html HTTP/1.1" 200 2326',
        },
    ),
    Lines(
        {"kind": "plain"},
        {
            10: "kernel: Out of memory: Killed process 4242 (java)",
            20: "systemd[1]: Started nginx.service.",
            30: "ERROR something [failed] (code 7)",
            40: "\x1b[31merror\x1b[0m: red text",
            50: "naïve café",
        },
    ),
    Lines(
        {"kind": "packed"},
        {
            10: '{"container":"web","pod":"web-1","kind":"inner","_entry":"packed line"}',
            20: '{"container":"db"}',
        },
    ),
    Lines(
        {"kind": "meta", "tier": "high"},
        {10: "first", 20: "second", 30: "third"},
        {10: {"trace": "t1", "pod": "a"}, 20: {"trace": "t2", "pod": "b"}, 30: {"pod": "a", "tier": "low"}},
    ),
    Lines(
        {"kind": "odd"},
        {
            10: "a=1 a=2",
            20: '{"a-b":1,"a.b":2,"o":{"k":"x",  "n":[7,  8]}}trailing',
            30: 'a="x"=1 c=2',
            40: '{"a":{"b":1},"a":{"c":2}}',
            50: "trace=z q=7",
        },
        {50: {"trace": "t"}},
    ),
    Lines({"kind": "counter"}, {second: f"n={n}" for second, n in zip(range(10, 70, 10), (10, 20, 30, 5, 15, 25), strict=True)}),
    Lines({"kind": "hosts", "host": "a"}, {10: "one", 20: "two", 30: "three"}),
    Lines({"kind": "hosts", "host": "b"}, {10: "one"}),
    Lines({"kind": "hosts", "host": "c", "zone": "z1"}, {20: "one", 40: "two"}),
    Lines({"kind": "zones", "host": "a", "rack": "r1"}, {15: "up", 25: "up"}),
    Lines({"kind": "zones", "host": "c", "rack": "r2"}, {15: "up"}),
    Lines({"kind": "uneven"}, {1: "x", 30: "x", 31: "x", 60: "x", 90: "x", 120: "x"}),
)  # fmt: skip


def store() -> Pushed:
    """The lines as they are, without what a server adds to them."""
    made = Pushed()
    for stream in STREAMS:
        made.push(
            labels_of(stream.labels),
            [
                Entry((BASE + second) * SECOND, text, stream.metadata.get(second, {}))
                for second, text in stream.at.items()
            ],
        )
    return made
