from __future__ import annotations

from collections.abc import Callable

import pytest

from sre_assistant.cli.guard import outcome
from sre_assistant.domain.errors import CallError, Denied


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CallError("no alert 'X' is active"), 2, "sre: no alert 'X' is active\n"),
        (Denied("loki", "GET /", "HTTP 403"), 4, "sre: loki: GET /: HTTP 403\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_becomes_a_line_and_a_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(raising(error)) == code
    assert capsys.readouterr() == ("", said)


def test_a_defect_is_owned_up_to_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(raising(ZeroDivisionError("division by zero"))) == 70
    said = capsys.readouterr().err
    assert said.startswith("sre: internal error: ZeroDivisionError: division by zero\n")
    assert "report" in said
    assert "Traceback" not in said


def test_an_error_cannot_drive_the_terminal_or_tell_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(raising(CallError("\x1b[2J token=hunter2hunter2 " + "x" * 10_000)))
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "hunter2" not in said
    assert len(said) < 2100


def test_a_command_that_works_keeps_its_code() -> None:
    assert outcome(lambda: 11) == 11
