from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.wire import Request, Response, checked_path, path_of


def test_segments_are_quoted() -> None:
    assert (
        path_of("api", "v1", "label", "a/b?c#d ä", "values") == "/api/v1/label/a%2Fb%3Fc%23d%20%C3%A4/values"
    )


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_is_none_is_refused(segment: str) -> None:
    with pytest.raises(CallError, match="cannot be part of a path"):
        path_of("api", segment)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1).filter(
        lambda s: not {".", ".."} & set(s)
    )
)
def test_whatever_the_segments_the_path_stays_below_its_base(segments: list[str]) -> None:
    path = path_of(*segments)
    assert checked_path(path) == path
    assert path.count("/") == len(segments)


def test_bodies_and_headers_stay_out_of_what_is_printed() -> None:
    response = Response(status=200, headers={"set-cookie": "sid=1"}, body=b"secret body")
    assert repr(response) == "Response(status=200)"


def test_the_content_type_is_without_parameters() -> None:
    response = Response(status=200, headers={"content-type": "Application/JSON; charset=utf-8"}, body=b"")
    assert response.content_type == "application/json"


def test_an_operation_names_method_and_path() -> None:
    assert Request(method="GET", path="/x", params=(("a", "b"),), repeatable=True).operation == "GET /x"
