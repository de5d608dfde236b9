from __future__ import annotations

import io
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.kit.redaction import RedactingFilter, bounded, printable, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAA==\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /x Authorization: Bearer abc.def-123", "GET /x Authorization: [hidden]"),
        ("authorization=Basic YTpi", "authorization=[hidden]"),
        ("said bearer 0123456789abcdef to it", "said bearer [hidden] to it"),
        ("http://ann:hunter2@prom.lan:9090/graph", "http://[hidden]@prom.lan:9090/graph"),
        ("http://ann@prom.lan/", "http://[hidden]@prom.lan/"),
        ("https://a:p@ss@prom.lan", "https://[hidden]@prom.lan"),
        ("password=hunter2 user=ann", "password=[hidden] user=ann"),
        ('{"api_key": "k-1", "name": "x"}', '{"api_key": [hidden], "name": "x"}'),
        ("X-Api-Key: abc; next", "X-Api-Key: [hidden]; next"),
        ("?token=abc&query=up", "?token=[hidden]&query=up"),
        ("DB_PASSWORD='two words' rest", "DB_PASSWORD=[hidden] rest"),
        ('smtp_auth_password: "a \\"b\\" c", to', "smtp_auth_password: [hidden], to"),
        ("PVEAPIToken=root@pam!x=aaaa-bbbb rest", "PVEAPIToken=[hidden] rest"),
        ("PBSAPIToken=root@pam!x:aaaa-bbbb", "PBSAPIToken=[hidden]"),
        (f"jwt {JWT} end", "jwt [hidden] end"),
        (f"key {KEY} end", "key [hidden] end"),
        (KEY[:60], "[hidden]"),
        ("glsa_abcdefghijklmnop123 rest", "[hidden] rest"),
        (
            "https://api.telegram.org/bot123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp12/send",
            "https://api.telegram.org/[hidden]/send",
        ),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        'up{instance="nas:9100",job="node"} == 0',
        "192.0.2.1:9100: connection refused",
        "basic authentication required",
        "http://prom.lan:9090/graph?g0.expr=up",
        "the bearer of bad news",
        "tokens_total 5 in 3 passes",
        "author: ann",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(
    st.sampled_from(["password", "API_KEY", "x-token", "Authorization", "client_secret"]),
    st.sampled_from(["=", ": ", " = ", ":"]),
    st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=6).filter(
        lambda s: s.lower() not in "[hidden]"
    ),
)
def test_the_value_of_a_secret_name_never_survives(name: str, sign: str, value: str) -> None:
    assert value not in redact(f"before {name}{sign}{value} after").replace(name, "")


def test_it_takes_long_text_in_its_stride() -> None:
    long = "a" * 200_000 + " pass" * 20_000 + "eyJ" * 30_000 + "://" + "b" * 100_000
    assert len(redact(long)) > 100_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1bPdevice\x1b\\x", "x"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("a\u200bb\ufeffc\U000e0041d", "abcd"),
        ("bell\x07 back\x08", "bell back"),
        ("one\r\ntwo\rthree\tx", "one\ntwo\nthree\tx"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("Größe 大 👩‍👧", "Größe 大 👩‍👧"),
    ],
)
def test_text_cannot_drive_a_terminal(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text(st.characters()))
def test_printable_text_has_no_control_characters(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    shown.encode()


@given(st.text(), st.integers(40, 400))
def test_bounded_text_keeps_its_bound(text: str, limit: int) -> None:
    assert len(bounded(text, limit)) <= limit
    assert len(bounded(text, limit, lines=True)) <= limit


def test_what_was_cut_is_counted_and_both_ends_stay() -> None:
    assert bounded("begin " + "x" * 2000 + " end", 80).startswith("begin xxx")
    assert "[2,010 characters in all]" in bounded("begin " + "x" * 2000 + " end", 80)
    assert bounded("begin " + "x" * 2000 + " end", 80).endswith("x end")


def test_short_text_stays_on_one_line_unless_lines_are_wanted() -> None:
    assert bounded(" a\n b\t c ", 40) == "a b c"
    assert bounded("a\nb", 40, lines=True) == "a\nb"


def test_log_records_are_redacted_with_their_arguments_and_tracebacks() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        int("password=hunter2")
    except ValueError:
        logger.exception("call to %s failed\x1b[2J", "http://ann:hunter2@prom.lan")
    assert "hunter2" not in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "call to http://[hidden]@prom.lan failed" in out.getvalue()
    assert "ValueError" in out.getvalue()
