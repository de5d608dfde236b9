from __future__ import annotations

import pytest

from sre_assistant.integrations.pbs.rights import AUDIT, DATASTORES, OWN, Rights
from tests.integrations.pbs.answers import AUDITOR


def rights(**by_path: dict[str, bool]) -> Rights:
    """Paths are written with double underscores for slashes; the root is ``root``."""
    named = {"/" if name == "root" else f"/{name.replace('__', '/')}": held for name, held in by_path.items()}
    return Rights(by_path=named)


ON, HERE = {AUDIT: True}, {AUDIT: False}


@pytest.mark.parametrize(
    ("held", "path", "holds"),
    [
        (rights(datastore=ON), "/datastore/main/a/b", True),
        (rights(datastore=HERE), "/datastore/main", False),
        (rights(datastore=HERE), "/datastore", True),
        (rights(root=ON), "/datastore/main", True),
        (rights(root=HERE), "/datastore", False),
        (rights(datastore=ON, datastore__main={OWN: True}), "/datastore/main", False),
        (rights(datastore__main=ON), "/datastore/other", False),
        (rights(datastore__main=ON), "/datastore/main-2", False),
        (rights(), "/datastore", False),
    ],
)
def test_what_is_nearest_to_a_path_decides(held: Rights, path: str, holds: bool) -> None:
    assert held.holds(path, AUDIT) is holds


@pytest.mark.parametrize(
    ("held", "unseen"),
    [
        (rights(datastore=ON), ""),
        (rights(root=ON), ""),
        (rights(datastore=HERE), "Datastore.Audit on /datastore is missing"),
        (rights(datastore__main=ON), "Datastore.Audit on /datastore is missing"),
        (rights(datastore=ON, datastore__b=HERE), ""),
        (rights(datastore=ON, datastore__b={OWN: True}), "Datastore.Audit on /datastore/b is missing"),
        (
            rights(datastore=ON, **{f"datastore__{n}": {OWN: True} for n in "abcd"}),
            "Datastore.Audit on /datastore/a, /datastore/b, /datastore/c and more is missing",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_path(held: Rights, unseen: str) -> None:
    assert held.unseen(DATASTORES, AUDIT) == unseen


def test_a_sibling_with_a_longer_name_is_not_below() -> None:
    held = rights(datastore=ON, **{"datastore__main-2": {OWN: True}})
    assert held.unseen("/datastore/main", AUDIT) == ""


def test_another_privilege_can_stand_for_one() -> None:
    assert rights(datastore={OWN: True}).holds(DATASTORES, AUDIT, OWN)
    assert rights(datastore={OWN: True}).unseen(DATASTORES, AUDIT, OWN) == ""


def test_nothing_is_concluded_from_rights_that_nobody_told() -> None:
    unknown = Rights(by_path={}, problem="HTTP 500")
    assert unknown.unseen(DATASTORES, AUDIT) == ""
    assert unknown.note == "what the token may see could not be asked: HTTP 500"
    assert Rights(by_path=AUDITOR).note == ""


def test_what_does_more_than_show_is_named_once() -> None:
    held = rights(datastore=ON | {"Datastore.Modify": True}, datastore__main={"Datastore.Modify": True})
    assert held.beyond_reading() == ("Datastore.Modify on /datastore",)
    assert Rights(by_path=AUDITOR).beyond_reading() == ()


def test_what_only_repeats_is_not_shown_again() -> None:
    assert rights(root=ON, datastore=ON, system=HERE).shown() == (
        "/: Datastore.Audit",
        "/system: Datastore.Audit",
    )
