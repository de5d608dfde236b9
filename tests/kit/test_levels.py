"""How grave a line is, whoever wrote it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.levels import (
    LEVELS,
    label_pattern,
    level_named,
    levels_wanted,
    line_pattern,
    of_line,
    only_denies,
    stated_level,
)

LINES = {
    "critical": [
        "level=fatal msg=gone",
        '{"level":60,"msg":"gone"}',
        "F0101 12:00:00.000000       1 main.go:3] gone",
        "kernel: Kernel panic - not syncing",
        "[CRIT] disk gone",
        'severity="emerg"',
        "priority=2 what",
    ],
    "error": [
        "level=error msg=gone",
        'lvl=eror msg="gone"',
        '{"severity":"ERROR","message":"gone"}',
        '{"log.level": "err"}',
        '{"level":50}',
        "E0101 12:00:00.000000       1 reflector.go:138] gone",
        "E1231 gone",
        "2026-03-01 02:14:05,123 ERROR [main] gone",
        "2026/03/01 [error] 7#7: *1 failed to get info",
        "error: no route to host",
        "error: 0 bytes left",
        "an Error occurred",
        "java.lang.Exception in thread; exception caught",
        "Traceback (most recent call last):",
        "3 errors, 0 warnings",
        "10 errors",
        "errors=2",
        "level=3 what",
        "app | ERR gone",
        "\x1b[31mERROR\x1b[0m gone",
        "\x1b[2m02:14:05\x1b[0m \x1b[1;31merror\x1b[0m: gone",
    ],
    "warning": [
        "level=warn msg=slow",
        "level=warning errors=0",
        '{"level":"WARN","error":null}',
        "W0101 12:00:00.000000       1 warnings.go:70] slow",
        "[2026-03-01] WARN Slow operation",
        "<warning> slow",
        "warning: slow",
        "priority=4",
        "0 errors, 3 warnings",
        "no errors and 1 warning",
    ],
    "info": [
        "level=info msg=fine error=<nil>",
        '{"level":"information","msg":"an error was handled"}',
        "I0101 12:00:00.000000       1 main.go:3] error rate is fine",
        "INFO done with errors",
        "notice: started",
        "priority=6",
    ],
    "debug": ["level=trace x", '{"level":20}', "[debug] error path taken", "DBG x"],
    "": [
        "0 errors",
        "completed with 0 errors and 0 warnings",
        "no error",
        "without any errors",
        "finished with no fatal errors",
        "zero errors found",
        "errors: 0 warnings: 0",
        "errors=0 warnings=0",
        'done {"error":null,"warnings":[]}',
        "error=<nil>",
        "error: none",
        '"errors": 0',
        "GET /error/404.html HTTP/1.1",
        "opened /var/log/error.log",
        "error_count is fine",
        "on-error handler installed",
        "terrors everywhere",
        "Accepted publickey for root",
        "E9901 product code",
        "Errno",
        "",
    ],
}
CASES = [(line, level) for level, lines in LINES.items() for line in lines]


def lets_pass(levels: tuple[str, ...], line: str) -> bool:
    """Whether the server's filter does; RE2 knows ASCII words only."""
    return re.search(line_pattern(levels), line, re.ASCII) is not None


@pytest.mark.parametrize(("line", "level"), CASES, ids=[line or "nothing" for line, _ in CASES])
def test_a_line_has_the_level_it_tells_of(line: str, level: str) -> None:
    assert of_line(line) == level


@pytest.mark.parametrize(("line", "level"), CASES, ids=[line or "nothing" for line, _ in CASES])
def test_the_servers_filter_lets_every_such_line_pass(line: str, level: str) -> None:
    assert not level or lets_pass((level,), line)


WORDS = st.sampled_from(
    [
        *("error", "ERROR", "warn", "WARNING", "info", "fatal", "debug", "0", "3", "50", "no", "errors"),
        *(
            "level=",
            "lvl=",
            '"level":',
            '"severity": "',
            "[",
            "]",
            ":",
            " ",
            '"',
            "=",
            ",",
            "{",
            "}",
            "<",
            ">",
        ),
        *("E0101 ", "W1231\t", "exception", "x", "priority=", "|", "\n", "é", "_", "-", "/", "."),
    ]
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=12).map("".join))
def test_no_line_with_a_level_is_held_back_by_the_servers_filter(line: str) -> None:
    level = of_line(line)
    assert not level or lets_pass((level,), line)
    assert not level or lets_pass(LEVELS, line)


@pytest.mark.parametrize("line", ["GET /x 200", "started", "nothing to see"])
def test_most_lines_are_held_back(line: str) -> None:
    assert not lets_pass(
        (
            "critical",
            "error",
            "warning",
        ),
        line,
    )


def test_a_filter_for_errors_does_not_match_warnings() -> None:
    assert not lets_pass(("error",), "level=warn msg=slow")
    assert not lets_pass(("error",), "W0101 12:00:00 slow")


@pytest.mark.parametrize(
    ("text", "label", "level"),
    [
        ("Warn", "", "warning"),
        ("err", "", "error"),
        ("FATAL", "", "critical"),
        ("3", "priority", "error"),
        ("0", "level", "critical"),
        ("7", "level", "debug"),
        ("40", "level", "warning"),
        ("17", "severity_number", "error"),
        ("24", "severity_number", "critical"),
        ("3", "severity_number", "debug"),
        ("25", "severity_number", ""),
        ("8", "level", ""),
        ("unknown", "level", ""),
        ("", "level", ""),
        ("٣", "level", ""),
    ],
)
def test_words_and_numbers_mean_a_level(text: str, label: str, level: str) -> None:
    assert level_named(text, label) == level


@settings(deadline=None)
@given(st.one_of(st.integers(0, 99).map(str), st.sampled_from(["WARN", "err", "Fatal", "notice", "x", ""])))
def test_a_labels_filter_and_its_reading_agree(value: str) -> None:
    for label in ("level", "severity_number"):
        for level in LEVELS:
            matched = re.fullmatch(label_pattern((level,), label), value) is not None
            assert matched == (level_named(value, label) == level)


def test_what_callers_call_levels_is_understood() -> None:
    assert levels_wanted(["err", "error", "FATAL"]) == ("critical", "error")
    with pytest.raises(CallError, match="'grave' is no level: give critical, error, warning, info, debug"):
        levels_wanted(["grave"])


def test_words_that_are_all_denied_are_told_from_none() -> None:
    assert only_denies("0 errors")
    assert not only_denies("started")
    assert not only_denies("0 errors, 1 warning")
    assert not only_denies("level=info 0 errors")


def test_a_level_far_into_a_line_is_no_statement() -> None:
    assert stated_level("x" * 300 + " ERROR y") == ""
    assert stated_level("x" * 300 + " level=error") == "error"
