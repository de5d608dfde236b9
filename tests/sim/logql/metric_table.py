"""Metric queries over the lines of ``lines.py``, with answers worked out by hand from the documentation."""

# ruff: noqa: E501  a table is read by its rows

from __future__ import annotations

from tests.sim.logql.cases import Matrix, Vector

INF = float("inf")

COUNTS = (
    Vector('count_over_time({kind="logfmt"}[1m])', {"kind=logfmt": 5}),
    Vector('count_over_time({kind="logfmt"}[20s])', {"kind=logfmt": 1}),
    Vector('count_over_time({kind="logfmt"}[20s])', {"kind=logfmt": 2}, at=50),
    Vector('count_over_time({kind="logfmt"}[10s])', {"kind=logfmt": 1}, at=50),
    Vector('count_over_time({kind="logfmt"}[5s])', {}, at=57),
    Vector('count_over_time({kind="logfmt"} |= "alice" [1m])', {"kind=logfmt": 2}),
    Vector('count_over_time({kind="logfmt"}[1m] |= "alice")', {"kind=logfmt": 2}),
    Vector('count_over_time(({kind="logfmt"} |= "alice")[1m])', {"kind=logfmt": 2}),
    Vector('count_over_time({kind="logfmt"}[20s] offset 20s)', {"kind=logfmt": 2}),
    Vector('count_over_time({kind="logfmt"}[30s] offset -10s)', {"kind=logfmt": 3}, at=40),
    Vector('rate({kind="logfmt"}[1m])', {"kind=logfmt": 5 / 60}),
    Vector('bytes_over_time({kind="hosts", host="a"}[1m])', {"host=a kind=hosts": 11}),
    Vector('bytes_rate({kind="hosts", host="a"}[1m])', {"host=a kind=hosts": 11 / 60}),
    Vector('bytes_over_time({kind="plain"} |= "caf" [1m])', {"kind=plain": 12}),
    Vector('absent_over_time({kind="nothing"}[1m])', {"kind=nothing": 1}),
    Vector('absent_over_time({kind="nothing", host=~"a.*", x="y"} |= "z" [1m])', {"kind=nothing x=y": 1}),
    Vector('absent_over_time({kind="logfmt"}[1m])', {}),
    Vector('count_over_time({kind="meta"}[1m])', {
        "kind=meta pod=a tier=high trace=t1": 1,
        "kind=meta pod=b tier=high trace=t2": 1,
        "kind=meta pod=a tier=high tier_extracted=low": 1,
    }),
    Vector('sum by (pod) (count_over_time({kind="meta"}[1m]))', {"pod=a": 2, "pod=b": 1}),
    Vector('sum by (level) (count_over_time({kind="logfmt"} | logfmt [1m]))', {"level=info": 3, "level=error": 1, "level=warn": 1}),
    Vector('sum by (kind, missing) (count_over_time({kind="logfmt"} | logfmt [1m]))', {"kind=logfmt": 5}),
    Vector('sum without (status, took, size, addr, msg, level) (count_over_time({kind="logfmt"} | logfmt [1m]))', {
        "kind=logfmt user=alice": 2,
        "kind=logfmt user=bob": 2,
        "kind=logfmt user=carol": 1,
    }),
    Vector('sum(count_over_time({kind="json"} | json [1m]))', {"": 5}),
    Vector('sum by (request_method) (count_over_time({kind="json"} | json | __error__="" [1m]))', {
        "request_method=GET": 2,
        "request_method=POST": 1,
        "": 1,
    }),
    Vector('sum by (__error__) (count_over_time({kind="json"} | json [1m]))', {"": 4, "__error__=JSONParserErr": 1}),
    Vector('count_over_time({kind="json"} | json | keep level | __error__="" [1m])', {"level=info": 2, "level=error": 1, "level=warn": 1}),
    Vector('sum by (user) (count_over_time({kind="logfmt"} | logfmt | took > 100ms | __error__="" [1m]))', {"user=bob": 2}),
)  # fmt: skip

UNWRAPPED = (
    Vector('sum_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 105}),
    Vector('avg_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 17.5}),
    Vector('max_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 30}),
    Vector('min_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 5}),
    Vector('first_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 10}),
    Vector('last_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 25}),
    Vector('stdvar_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 437.5 / 6}),
    Vector('stddev_over_time({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": (437.5 / 6) ** 0.5}),
    Vector('quantile_over_time(0.5, {kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 17.5}),
    Vector('quantile_over_time(0, {kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 5}),
    Vector('quantile_over_time(0.9, {kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 27.5}),
    Vector('quantile_over_time(2, {kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": INF}),
    Vector('rate({kind="counter"} | logfmt | unwrap n [1m])', {"kind=counter": 105 / 60}),
    Vector('sum_over_time({kind="counter"} | logfmt | unwrap n [20s])', {"kind=counter": 40}),
    Vector('rate_counter({kind="counter"} | logfmt | unwrap n [5s])', {"kind=counter": 0}),
    Vector('sum_over_time({kind="logfmt"} | logfmt user, status | unwrap status [1m])', {
        "kind=logfmt user=alice": 400,
        "kind=logfmt user=bob": 904,
        "kind=logfmt user=carol": 200,
    }),
    Vector('sum_over_time({kind="logfmt"} | logfmt took, user | unwrap duration(took) | __error__="" [1m])', {
        "kind=logfmt user=alice": 0.012,
        "kind=logfmt user=bob": 2.4,
        "kind=logfmt user=carol": 0.03,
    }),
    Vector('max_over_time({kind="logfmt"} | logfmt | unwrap duration_seconds(took) | __error__="" [1m]) by (user)', {
        "user=alice": 0.012,
        "user=bob": 1.5,
        "user=carol": 0.03,
    }),
    Vector('max_over_time({kind="logfmt"} | logfmt size, level | unwrap bytes(size) | __error__="" [1m]) by (level)', {
        "level=info": 1000,
        "level=error": 2_000_000,
        "level=warn": 3000,
    }),
    Vector('avg_over_time({kind="logfmt"} | logfmt | unwrap status [1m]) by ()', {"": 300.8}),
    Vector('avg_over_time({kind="logfmt"} | logfmt status, user | unwrap status [1m]) without (user)', {"kind=logfmt": 300.8}),
    Vector('sum(sum_over_time({kind="json"} | json | unwrap dur | __error__="" [1m]))', {"": 2}),
    Vector('sum_over_time({kind="json"} |= "dur" | json dur, level | level="warn" | unwrap dur [1m])', {"kind=json level=warn": 1.75}),
    Vector('sum by (trace) (sum_over_time({kind="meta"} | label_format n="7" | unwrap n [1m]))', {"trace=t1": 7, "trace=t2": 7, "": 7}),
    Vector('absent_over_time({kind="counter"} | logfmt | unwrap missing [1m])', {"kind=counter": 1}),
)  # fmt: skip

HOSTS = 'count_over_time({kind="hosts"}[1m])'
BY_HOST = 'sum by (host) (count_over_time({kind="hosts"}[1m]))'
ZONES = 'sum by (host, rack) (count_over_time({kind="zones"}[1m]))'
ZONES_BY_HOST = 'sum by (host) (count_over_time({kind="zones"}[1m]))'

AGGREGATIONS = (
    Vector(f"sum({HOSTS})", {"": 6}),
    Vector(f"sum by (zone) ({HOSTS})", {"": 4, "zone=z1": 2}),
    Vector(f"sum({HOSTS}) by (host)", {"host=a": 3, "host=b": 1, "host=c": 2}),
    Vector(f"sum without (host, kind) ({HOSTS})", {"": 4, "zone=z1": 2}),
    Vector(f"avg({HOSTS})", {"": 2}),
    Vector(f"min({HOSTS})", {"": 1}),
    Vector(f"max by (kind) ({HOSTS})", {"kind=hosts": 3}),
    Vector(f"count({HOSTS})", {"": 3}),
    Vector(f"count by (zone) ({HOSTS})", {"": 2, "zone=z1": 1}),
    Vector(f"stdvar({HOSTS})", {"": 2 / 3}),
    Vector(f"stddev({HOSTS})", {"": (2 / 3) ** 0.5}),
    Vector(f"topk(2, {BY_HOST})", {"host=a": 3, "host=c": 2}),
    Vector(f"bottomk(1, {BY_HOST})", {"host=b": 1}),
    Vector(f"topk(1, {HOSTS}) by (zone)", {"host=a kind=hosts": 3, "host=c kind=hosts zone=z1": 2}),
    Vector(f"sort({BY_HOST})", {"host=b": 1, "host=c": 2, "host=a": 3}),
    Vector(f"sort_desc({BY_HOST})", {"host=a": 3, "host=c": 2, "host=b": 1}),
    Vector(f"max(sum by (host) ({HOSTS}))", {"": 3}),
    Vector(f'label_replace({BY_HOST}, "name", "host-$1", "host", "(.*)")', {
        "host=a name=host-a": 3,
        "host=b name=host-b": 1,
        "host=c name=host-c": 2,
    }),
    Vector(f'label_replace({BY_HOST}, "name", "$1", "host", "([ab])")', {"host=a name=a": 3, "host=b name=b": 1, "host=c": 2}),
    Vector(f'sum by (half) (label_replace({BY_HOST}, "half", "first", "host", "a|b"))', {"half=first": 4, "": 2}),
)  # fmt: skip

BINARY = (
    Vector(f"{BY_HOST} * 10", {"host=a": 30, "host=b": 10, "host=c": 20}),
    Vector(f"10 - {BY_HOST}", {"host=a": 7, "host=b": 9, "host=c": 8}),
    Vector(f"{BY_HOST} ^ 2", {"host=a": 9, "host=b": 1, "host=c": 4}),
    Vector(f"{BY_HOST} % 2", {"host=a": 1, "host=b": 1, "host=c": 0}),
    Vector(f"{BY_HOST} > 1", {"host=a": 3, "host=c": 2}),
    Vector(f"{BY_HOST} >= bool 2", {"host=a": 1, "host=b": 0, "host=c": 1}),
    Vector(f"2 < {BY_HOST}", {"host=a": 3}),
    Vector(f"{BY_HOST} == 1", {"host=b": 1}),
    Vector(f"{BY_HOST} != 1", {"host=a": 3, "host=c": 2}),
    Vector(f"{BY_HOST} / {ZONES_BY_HOST}", {"host=a": 1.5, "host=c": 2}),
    Vector(f"{BY_HOST} + on (host) {ZONES_BY_HOST}", {"host=a": 5, "host=c": 3}),
    Vector(f"{BY_HOST} - ignoring (rack) {ZONES}", {"host=a": 1, "host=c": 1}),
    Vector(f"{ZONES} * on (host) group_left {BY_HOST}", {"host=a rack=r1": 6, "host=c rack=r2": 2}),
    Vector(f"{BY_HOST} * on (host) group_right {ZONES}", {"host=a rack=r1": 6, "host=c rack=r2": 2}),
    Vector(f"{BY_HOST} * on (host) group_left (rack) {ZONES}", {"host=a rack=r1": 6, "host=c rack=r2": 2}),
    Vector(f"{BY_HOST} > {ZONES_BY_HOST}", {"host=a": 3, "host=c": 2}),
    Vector(f"{BY_HOST} < bool {ZONES_BY_HOST}", {"host=a": 0, "host=c": 0}),
    Vector(f"{BY_HOST} and {ZONES_BY_HOST}", {"host=a": 3, "host=c": 2}),
    Vector(f"{BY_HOST} unless {ZONES_BY_HOST}", {"host=b": 1}),
    Vector(f"{ZONES_BY_HOST} or {BY_HOST}", {"host=a": 2, "host=b": 1, "host=c": 1}),
    Vector(f"{BY_HOST} and on (host) {ZONES}", {"host=a": 3, "host=c": 2}),
    Vector(f"sum({HOSTS}) + 2 * 3", {"": 12}),
    Vector(f"(sum({HOSTS}) + 2) * 3", {"": 24}),
    Vector(f"sum({HOSTS}) / 0 > 0", {}),
    Vector(f"-1 * sum({HOSTS})", {"": -6}),
    Vector("vector(3)", {"": 3}),
    Vector('sum(count_over_time({kind="nothing"}[1m])) or vector(0)', {"": 0}),
    Vector(f"sum({HOSTS}) or vector(0)", {"": 6}),
    Vector(f"sum({HOSTS}) > bool 5 and vector(1)", {"": 1}),
)

MATRICES = (
    Matrix('count_over_time({kind="uneven"}[30s])', 0, 120, 30, {"kind=uneven": {30: 2, 60: 2, 90: 1, 120: 1}}),
    Matrix('count_over_time({kind="uneven"}[1m])', 0, 120, 30, {"kind=uneven": {30: 2, 60: 4, 90: 3, 120: 2}}),
    Matrix('rate({kind="uneven"}[30s])', 30, 60, 30, {"kind=uneven": {30: 2 / 30, 60: 2 / 30}}),
    Matrix('count_over_time({kind="uneven"}[10s])', 0, 120, 30, {"kind=uneven": {30: 1, 60: 1, 90: 1, 120: 1}}),
    Matrix('sum(count_over_time({kind="uneven"}[30s] offset 30s))', 60, 120, 30, {"": {60: 2, 90: 2, 120: 1}}),
    Matrix('absent_over_time({kind="uneven"}[20s])', 0, 120, 30, {"kind=uneven": {0: 1}}),
    Matrix('absent_over_time({kind="uneven"}[5s])', 0, 60, 15, {"kind=uneven": {0: 1, 15: 1, 45: 1}}),
    Matrix(BY_HOST, 0, 120, 60, {"host=a": {60: 3}, "host=b": {60: 1}, "host=c": {60: 2}}),
    Matrix('topk(1, sum by (host) (count_over_time({kind="hosts"}[20s])))', 20, 60, 20, {
        "host=a": {20: 2, 40: 1},
    }),
    Matrix('max_over_time({kind="counter"} | logfmt | unwrap n [20s])', 20, 60, 20, {"kind=counter": {20: 20, 40: 30, 60: 25}}),
    Matrix('sum(count_over_time({kind="uneven"}[30s])) > 1', 0, 120, 30, {"": {30: 2, 60: 2}}),
    Matrix("1 + 1", 0, 60, 30, {"": {0: 2, 30: 2, 60: 2}}),
    Matrix("vector(4)", 0, 60, 60, {"": {0: 4, 60: 4}}),
)  # fmt: skip

VECTOR_CASES = (*COUNTS, *UNWRAPPED, *AGGREGATIONS, *BINARY)
