"""Log queries over the lines of ``lines.py``, with answers worked out by hand from the documentation."""

# ruff: noqa: E501  a table is read by its rows

from __future__ import annotations

from tests.sim.logql.cases import Logs

LINE_FILTERS = (
    Logs('{kind="plain"}', (10, 20, 30, 40, 50)),
    Logs('{kind="plain"} |= "nginx"', (20,)),
    Logs('{kind="plain"} != "nginx"', (10, 30, 40, 50)),
    Logs('{kind="plain"} |= ""', (10, 20, 30, 40, 50)),
    Logs('{kind="plain"} |= "error"', (40,)),
    Logs('{kind="plain"} |~ "(?i)error"', (30, 40)),
    Logs('{kind="plain"} !~ "(?i)error"', (10, 20, 50)),
    Logs('{kind="plain"} |~ "^ERROR"', (30,)),
    Logs('{kind="plain"} |~ "\\\\d{4}"', (10,)),
    Logs('{kind="plain"} |~ `\\d{4}`', (10,)),
    Logs('{kind="plain"} |~ `\\[\\w+\\]`', (20, 30)),
    Logs('{kind="plain"} |~ `service\\.$`', (20,)),
    Logs('{kind="plain"} |~ `caf.$`', (50,)),
    Logs('{kind="plain"} |= "memory" or "nginx"', (10, 20)),
    Logs('{kind="plain"} |= "memory" or "nginx" or "red"', (10, 20, 40)),
    Logs('{kind="plain"} != "memory" or "nginx"', (30, 40, 50)),
    Logs('{kind="plain"} |~ "mem.ry" or "ngin."', (10, 20)),
    Logs('{kind="plain"} |= "e" != "error" |~ "r"', (10, 20)),
    Logs('{kind="plain"} |> "<_>: Started <_>"', (20,)),
    Logs('{kind="plain"} |> "<_> process <_> (java)"', (10,)),
    Logs('{kind="plain"} |> "<_> Started"', ()),
    Logs('{kind="plain"} !> "<_>: Started <_>"', (10, 30, 40, 50)),
    Logs('{kind="plain"} |> "ERROR <_>" or "kernel<_>"', (10, 30)),
    Logs('{kind="web"} |= ip("192.0.2.1")', (10,)),
    Logs('{kind="web"} |= ip("192.0.2.0/24")', (10, 20)),
    Logs('{kind="web"} != ip("192.0.2.0/24")', (30, 40)),
    Logs('{kind="web"} |= ip("192.0.2.2-198.51.100.9")', (20, 30)),
    Logs('{kind="web"} |= ip("2001:db8::/32")', (40,)),
    Logs('{kind="web"} |= ip("192.0.2.1") or ip("198.51.100.9")', (10, 30)),
    Logs('{kind="plain"} |= "naïve"', (50,)),
    Logs('{kind="plain"} # a remark\n |= "nginx"', (20,)),
)

SELECTORS = (
    Logs('{kind="hosts", host="b"}', (10,)),
    Logs('{kind="hosts", host!="a"} |= "one"', (10, 20)),
    Logs('{kind="hosts", host=~"a|b"} |= "one"', (10, 10)),
    Logs('{kind="hosts", host!~"a|b"}', (20, 40)),
    Logs('{kind="hosts", zone=""} |= "one"', (10, 10)),
    Logs('{kind="hosts", zone=~".+"}', (20, 40)),
    Logs('{kind="hosts", host=~"A"}', ()),
    Logs('{kind="hosts", host=~"(?i)B"}', (10,)),
)

LOGFMT = (
    Logs(
        '{kind="logfmt"} | logfmt | user="carol"',
        (30,),
        fields={
            30: {
                "level": "info",
                "msg": "user logged in",
                "user": "carol",
                "status": "200",
                "took": "30ms",
                "size": "512B",
                "addr": "192.0.2.77",
            }
        },
    ),
    Logs('{kind="logfmt"} | logfmt | level="info"', (10, 30, 50)),
    Logs('{kind="logfmt"} | logfmt | level!="info"', (20, 40)),
    Logs('{kind="logfmt"} | logfmt | level=~"warn|error"', (20, 40)),
    Logs('{kind="logfmt"} | logfmt | level!~"w.*|e.*"', (10, 30, 50)),
    Logs('{kind="logfmt"} | logfmt | status=404', (40,)),
    Logs('{kind="logfmt"} | logfmt | status == 404', (40,)),
    Logs('{kind="logfmt"} | logfmt | status != 200', (20, 40)),
    Logs('{kind="logfmt"} | logfmt | status >= 404 and status < 500', (40,)),
    Logs('{kind="logfmt"} | logfmt | status > 200 or user = "carol"', (20, 30, 40)),
    Logs('{kind="logfmt"} | logfmt | status > 200, user = "bob", level="warn"', (40,)),
    Logs('{kind="logfmt"} | logfmt | (status = 200 or status = 500) and user = "bob"', (20,)),
    Logs('{kind="logfmt"} | logfmt | status = 200 user = "alice"', (10, 50)),
    Logs('{kind="logfmt"} | logfmt | took > 100ms', (20, 40, 50), fields={50: {
        "level": "info",
        "msg": "bye",
        "user": "alice",
        "status": "200",
        "took": "oops",
        "size": "many",
        "addr": "none",
        "__error__": "LabelFilterErr",
        "__error_details__": 'time: invalid duration "oops"',
    }}),
    Logs('{kind="logfmt"} | logfmt | took > 100ms | __error__=""', (20, 40)),
    Logs('{kind="logfmt"} | logfmt | took <= 30ms | __error__=""', (10, 30)),
    Logs('{kind="logfmt"} | logfmt | size >= 1KB | __error__=""', (10, 20, 40)),
    Logs('{kind="logfmt"} | logfmt | size < 1KiB | __error__=""', (30,)),
    Logs('{kind="logfmt"} | logfmt | size > 2KB | __error__!="LabelFilterErr"', (20, 40)),
    Logs('{kind="logfmt"} | logfmt | addr=ip("192.0.2.0/24")', (10, 30)),
    Logs('{kind="logfmt"} | logfmt | addr!=ip("192.0.2.0/24")', (20, 40, 50)),
    Logs('{kind="logfmt"} | logfmt | missing > 1', ()),
    Logs('{kind="logfmt"} | logfmt | missing = ""', (10, 20, 30, 40, 50)),
    Logs('{kind="logfmt"} | logfmt --keep-empty | empty="" | user="alice" | status=200 | msg="bye" | drop level, msg, user, status, took, size, addr', (50,), fields={50: {"empty": ""}}),
    Logs('{kind="logfmt"} | logfmt user, code="status"', (10, 20, 30, 40, 50), fields={20: {"user": "bob", "code": "500"}}),
    Logs('{kind="plain"} |= "nginx" | logfmt', (20,), fields={20: {}}),
    Logs('{kind="plain"} |= "nginx" | logfmt --strict --keep-empty', (20,), fields={20: {"systemd_1__": "", "Started": "", "nginx_service_": ""}}),
    Logs('{kind="json"} |= "warn" | logfmt --strict | __error__="LogfmtParserErr"', (50,), fields={50: {
        "__error__": "LogfmtParserErr",
        "__error_details__": "logfmt syntax error at pos 2 : unexpected '\"'",
    }}),
    Logs('{kind="json"} |= "warn" | logfmt | __error__=""', (50,)),
)  # fmt: skip

JSON = (
    Logs('{kind="json"} | json | status=200', (10,), fields={10: {
        "level": "info",
        "status": "200",
        "request_method": "GET",
        "request_path": "/a",
        "ok": "true",
    }}),
    Logs('{kind="json"} | json | __error__=""', (10, 20, 40, 50)),
    Logs('{kind="json"} |= "not" | json', (30,), fields={30: {
        "__error__": "JSONParserErr",
        "__error_details__": "Value looks like object, but can't find closing '}' symbol",
    }}),
    Logs('{kind="json"} | json | __error__!=""', (30,)),
    Logs('{kind="json"} | json | __error__=~"JSON.*"', (30,)),
    Logs('{kind="json"} | json | request_method="GET"', (10, 40), fields={40: {
        "level": "info",
        "status": "404",
        "request_method": "GET",
        "request_path": "/c",
        "app_name": "shop",
        "_1st": "one",
        "kind_extracted": "mine",
    }}),
    Logs('{kind="json"} | json | kind_extracted="mine"', (40,)),
    Logs('{kind="json"} | json | kind="json" | __error__=""', (10, 20, 40, 50)),
    Logs('{kind="json"} | json | ok="false"', (20,)),
    Logs('{kind="json"} | json | dur > 1 | __error__=""', (50,)),
    Logs('{kind="json"} | json | text="a \\"quoted\\" word"', (50,)),
    Logs('{kind="json"} | json | size>=1KiB | __error__=""', (50,)),
    Logs('{kind="json"} |= "status" | json status, path="request.path"', (10, 20, 40), fields={20: {"status": "500", "path": "/b"}}),
    Logs('{kind="json"} |= "GET" | json first="request.tags[0]"', (10, 40), fields={10: {"first": "x"}, 40: {"first": ""}}),
    Logs('{kind="json"} |= "POST" | json tags="request.tags", all="request"', (20,), fields={20: {
        "tags": '["z"]',
        "all": '{"method":"POST","path":"/b","tags":["z"]}',
    }}),
    Logs('{kind="json"} |= "shop" | json name="[\\"app-name\\"]"', (40,), fields={40: {"name": "shop"}}),
    Logs('{kind="json"} |= "not" | json a="b"', (30,), fields={30: {"__error__": "JSONParserErr"}}),
    Logs('{kind="json"} |= "shop" | json kind="level"', (40,), fields={40: {"kind_extracted": "info"}}),
    Logs('{kind="packed"} | unpack', (10, 20), texts=("packed line", '{"container":"db"}'), fields={
        10: {"container": "web", "pod": "web-1", "kind_extracted": "inner"},
        20: {},
    }),
    Logs('{kind="packed"} | unpack | pod="web-1"', (10,), texts=("packed line",)),
    Logs('{kind="json"} |= "not" | unpack', (30,), fields={30: {
        "__error__": "JSONParserErr",
        "__error_details__": "expecting json object(6), but it is not",
    }}),
)  # fmt: skip

WEB = (
    Logs('{kind="web"} | pattern `<ip> - - <_> "<method> <path> <_>" <status> <size>` | status="404"', (30,), fields={30: {
        "ip": "198.51.100.9",
        "method": "GET",
        "path": "/missing",
        "status": "404",
        "size": "512",
    }}),
    Logs('{kind="web"} | pattern `<_> "<method> <_>` | method="POST"', (20,), fields={20: {"method": "POST"}}),
    Logs('{kind="web"} | pattern `192.0.2.<last> <_>` | last != ""', (10, 20), fields={10: {"last": "1"}}),
    Logs('{kind="web"} |= "POST" | pattern `<a> - <b> ~ <c>`', (20,), fields={20: {
        "a": "192.0.2.2",
        "b": '- [10/Oct/2000:13:55:37 +0000] "POST /login HTTP/1.1" 302 12',
    }}),
    Logs('{kind="web"} | regexp `"(?P<method>\\w+) (?P<path>\\S+) HTTP/(?P<version>[0-9.]+)" (?P<status>\\d{3})` | version="2.0"', (30,), fields={30: {
        "method": "GET",
        "path": "/missing",
        "version": "2.0",
        "status": "404",
    }}),
    Logs('{kind="plain"} | regexp `(?P<word>zzz)|(?P<process>process \\d+)` | process!=""', (10,), fields={10: {"word": "", "process": "process 4242"}}),
    Logs('{kind="plain"} |= "nginx" | regexp `(?P<none>zzz)`', (20,), fields={20: {}}),
    Logs('{kind="web"} | pattern `<ip> - <_>` | ip=ip("192.0.2.0/30")', (10, 20)),
    Logs('{kind="web"} | regexp `(?P<kind>GET|POST)` | kind_extracted="POST"', (20,)),
)  # fmt: skip

FORMATS = (
    Logs('{kind="logfmt"} | logfmt | status > 200 | line_format "{{.user}}: {{.msg}}"', (20, 40), texts=("bob: query failed", "bob: slow query")),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format "{{.user | ToUpper}} {{.nothing}}!"', (30,), texts=("CAROL !",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format `{{ printf "%-7s|%4s" .user .status }}`', (30,), texts=("carol  | 200",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format `{{ if eq .level "info" }}i{{ else }}o{{ end }}`', (30,), texts=("i",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format `{{ .msg | replace "user " "" | title | trunc 6 }}`', (30,), texts=("Logged",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format `{{ regexReplaceAll "(o+)g" .msg "<${1}>" }}`', (30,), texts=("user l<o>ged in",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format `{{ add .status 4 | mul 2 }} {{ divf .status 8 }}`', (30,), texts=("408 25",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | line_format `{{ duration .took }} {{ bytes .size }}`', (30,), texts=("0.03 512",)),
    Logs('{kind="plain"} |= "nginx" | line_format `{{ __line__ | lower | len }} {{ __line__ | substr 0 7 }}`', (20,), texts=("34 systemd",)),
    Logs('{kind="plain"} |= "nginx" | line_format `{{ alignLeft 4 "ab" }}|{{ alignRight 4 "ab" }}|{{ alignLeft 1 "ab" }}`', (20,), texts=("ab  |  ab|a",)),
    Logs('{kind="plain"} |= "nginx" | line_format `{{ "x y&z" | urlencode }} {{ b64enc "hi" }} {{ b64dec "aGk=" }}`', (20,), texts=("x+y%26z aGk= hi",)),
    Logs('{kind="plain"} |= "nginx" | line_format `{{ "1700000000" | unixToTime | date "2006-01-02T15:04:05Z" }}`', (20,), texts=("2023-11-14T22:13:20Z",)),
    Logs('{kind="plain"} |= "nginx" | line_format `{{ count "s" __line__ }}{{- " " -}} {{ contains "nginx" __line__ }}`', (20,), texts=("3 true",)),
    Logs('{kind="json"} |= "POST" | json | line_format `{{ range $i, $e := (fromJson __line__).request.tags }}{{ $i }}{{ $e }}{{ end }}`', (20,), texts=("0z",)),
    Logs('{kind="plain"} |= "nginx" | line_format `{{ default "none" .nothing }} {{ max 1 3 2 }} {{ floor 2.7 }} {{ round 2.345 2 }}`', (20,), texts=("none 3 2 2.35",)),
    Logs('{kind="plain"} |= "nginx" | line_format "constant"', (20,), texts=("constant",)),
    Logs('{kind="plain"} |= "nginx" | line_format "rewritten" |= "nginx"', ()),
    Logs('{kind="plain"} | line_format "{{.kind}}" |= "plain" | line_format "{{__line__}}!"', (10, 20, 30, 40, 50), texts=("plain!",) * 5),
    Logs('{kind="logfmt"} |= "carol" | logfmt user | label_format who=user, greeting="hi {{.user}}"', (30,), fields={30: {"who": "carol", "greeting": "hi "}}),
    Logs('{kind="logfmt"} |= "carol" | logfmt user | label_format greeting="hi {{.user}}"', (30,), fields={30: {"user": "carol", "greeting": "hi carol"}}),
    Logs('{kind="logfmt"} |= "carol" | logfmt user | label_format who=missing', (30,), fields={30: {"user": "carol"}}),
    Logs('{kind="plain"} |= "red" | decolorize', (40,), texts=("error: red text",)),
    Logs('{kind="logfmt"} |= "carol" | logfmt | drop level, msg, took, size, addr', (30,), fields={30: {"user": "carol", "status": "200"}}),
    Logs('{kind="logfmt"} | logfmt level, user | drop level="info"', (10, 20, 30, 40, 50), fields={10: {"user": "alice"}, 20: {"level": "error", "user": "bob"}}),
    Logs('{kind="logfmt"} | logfmt | keep kind, user, level=~"err.*" | user="bob"', (20, 40), fields={20: {"user": "bob", "level": "error"}, 40: {"user": "bob"}}),
    Logs('{kind="json"} |= "not" | json | drop __error__, __error_details__', (30,), fields={30: {}}),
    Logs('{kind="json"} |= "not" | json | drop __error__="Other"', (30,), fields={30: {
        "__error__": "JSONParserErr",
        "__error_details__": "Value looks like object, but can't find closing '}' symbol",
    }}),
)  # fmt: skip

METADATA = (
    Logs('{kind="meta"}', (10, 20, 30), fields={10: {"trace": "t1", "pod": "a"}, 30: {"pod": "a", "tier_extracted": "low"}}),
    Logs('{kind="meta"} | trace="t2"', (20,)),
    Logs('{kind="meta"} | trace=""', (30,)),
    Logs('{kind="meta"} | pod="a" and trace!=""', (10,)),
    Logs('{kind="meta"} | tier="high"', (10, 20, 30)),
    Logs('{kind="meta"} | pod="b" | drop trace', (20,), fields={20: {"pod": "b"}}),
    Logs('{kind="meta"} | pod="b" | label_format trace="new"', (20,), fields={20: {"pod": "b", "trace": "new"}}),
    Logs('{kind="meta"} | pod="b" | line_format "{{.trace}} {{.pod}}"', (20,), texts=("t2 b",)),
)  # fmt: skip

ODDITIES = (
    Logs('{kind="odd"} |= "a=2" | logfmt', (10,), fields={10: {"a": "1"}}),
    Logs('{kind="odd"} |= "trailing" | json o="o", n="o.n[1]", none="o[0]"', (20,), fields={20: {
        "o": '{"k":"x",  "n":[7,  8]}',
        "n": "8",
        "none": "",
    }}),
    Logs('{kind="odd"} |= "c=2" | logfmt', (30,), fields={30: {"a": "x", "c": "2"}}),
    Logs('{kind="odd"} |= "c=2" | logfmt --strict | __error__="LogfmtParserErr"', (30,)),
    Logs('{kind="odd"} |= `"c":2` | json', (40,), fields={40: {"a_b": "1", "a_c": "2"}}),
    Logs('{kind="odd"} |= `"c":2` | json | drop a_b | json', (40,), fields={40: {"a_c": "2"}}),
    Logs('{kind="odd"} |= `"c":2` | label_format a_b="X" | json', (40,), fields={40: {"a_b": "X", "a_c": "2"}}),
    Logs('{kind="odd"} |= "trace" | logfmt', (50,), fields={50: {"trace": "t", "trace_extracted": "z", "q": "7"}}),
    Logs('{kind="odd"} |= "trace" | logfmt | trace="t"', (50,)),
)  # fmt: skip

LOG_CASES = (*LINE_FILTERS, *SELECTORS, *LOGFMT, *JSON, *WEB, *FORMATS, *METADATA, *ODDITIES)
