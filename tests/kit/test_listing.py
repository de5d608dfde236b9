from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.kit.listing import counted, fitting


def test_lines_are_kept_from_the_first_while_they_fit() -> None:
    assert fitting(["aa", "bb", "cc"], most=2, room=100) == ("aa", "bb")
    assert fitting(["aa", "bbbb", "c"], most=9, room=6) == ("aa",)


@given(st.lists(st.text()), st.integers(0, 10), st.integers(0, 100))
def test_neither_bound_is_ever_exceeded(lines: list[str], most: int, room: int) -> None:
    kept = fitting(lines, most=most, room=room)
    assert len(kept) <= most
    assert len("\n".join(kept)) <= room
    assert list(kept) == lines[: len(kept)]


def test_a_list_says_how_many_there_are_and_how_many_are_shown() -> None:
    assert counted("rule", 0, 0, ()) == "No rules."
    assert counted("rule", 1, 1, ("a",)) == "1 rule; 1 match\na"
    assert counted("rule", 1200, 3, ("a", "b")) == "1,200 rules; 3 match (first 2 shown)\na\nb"
