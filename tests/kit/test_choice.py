from __future__ import annotations

from typing import Literal

import pytest

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.choice import check_choice


def test_one_of_the_words_passes() -> None:
    check_choice("state", "b", Literal["a", "b"])


@pytest.mark.parametrize("value", ["c", "", None, 1, ["a"]])
def test_any_other_value_is_told_what_is_accepted(value: object) -> None:
    with pytest.raises(CallError, match="give one of a, b"):
        check_choice("state", value, Literal["a", "b"])
