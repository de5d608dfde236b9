from __future__ import annotations

import re

import pytest

from sre_assistant.kit.ids import GivenIds, RandomIds


def test_random_ids_are_short_and_differ() -> None:
    made = {RandomIds().new("c") for _ in range(50)}
    assert all(re.fullmatch("c-[0-9a-f]{6}", each) for each in made)
    assert len(made) > 45


def test_given_ids_come_in_order() -> None:
    ids = GivenIds(["c-1", "p-2"])
    assert [ids.new("c"), ids.new("p")] == ["c-1", "p-2"]


def test_a_given_id_of_another_kind_is_a_defect() -> None:
    with pytest.raises(ValueError, match="'p-2', asked for one with prefix 'c'"):
        GivenIds(["p-2"]).new("c")
