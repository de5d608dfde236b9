from __future__ import annotations

from dataclasses import dataclass

import pytest

from sre_assistant.kit.codec import DecodeError, decode, encode, schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: float
    labels: dict[str, str]


def test_a_value_survives_being_written() -> None:
    point = Point(x=1.5, labels={"b": "ä", "a": '"'})
    assert decode(encode(point), Point) == point


def test_the_same_value_gives_the_same_bytes_whatever_its_order() -> None:
    assert encode({"b": 1, "a": 2}) == encode({"a": 2, "b": 1}) == b'{"a":2,"b":1}'


def test_no_json_holds_a_nan() -> None:
    assert encode([float("nan"), float("inf")]) == b"[null,null]"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"x": "1", "labels": {}}',
        b'{"x": 1}',
        b"\xff",
        b'{"x": "\xff"}',
        b"[" * 100_000,
        b'"\\ud800"',
    ],
)
def test_what_is_not_of_this_shape_is_one_kind_of_error(text: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(text, Point)


def test_deep_and_broken_texts_of_any_shape_are_that_error_too() -> None:
    for text in (b"[" * 100_000, b'{"a":' * 100_000, b'"\xff"', b'"\\ud800"'):
        with pytest.raises(DecodeError):
            decode(text, object)


def test_a_schema_names_the_fields() -> None:
    assert "labels" in schema(Point)["$defs"]["Point"]["properties"]


def test_indented_text_is_for_people() -> None:
    assert encode({"a": 1}, indent=2) == b'{\n  "a": 1\n}'
