from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, dataclass

import pytest

from sre_assistant.kit.codec import encode
from sre_assistant.kit.secret import Secret


@dataclass(frozen=True)
class Holder:
    token: Secret


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {Holder(secret)} " + "%s" % secret  # noqa: UP031
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"


def test_copies_are_the_secret_itself() -> None:
    secret = Secret("hunter2")
    assert copy.deepcopy(secret) is secret
    assert copy.copy(secret) is secret
    assert asdict(Holder(secret))["token"] is secret


def test_it_is_not_written_anywhere() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))
    with pytest.raises(TypeError):
        encode(Secret("hunter2"))


def test_equal_texts_are_equal_secrets() -> None:
    assert Secret("ä") == Secret("ä")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_an_empty_one_counts_as_none() -> None:
    assert not Secret("")
    assert Secret("x")
