from __future__ import annotations

import json

import pytest

from sre_assistant.domain.errors import Unreachable
from sre_assistant.domain.evidence import Evidence
from sre_assistant.evals.evidence import Figures, asked_again
from sre_assistant.kit.wire import Request, Response
from tests.evals.replies import NOW


def cited(value: float | None, *, source: str = "prometheus", **changed: object) -> Evidence:
    given = {"id": "e1", "derived_from": (), **changed}
    return Evidence(
        statement="…", value=value, unit="", source=source, query="up", window=None, observed_at=NOW, **given,  # type: ignore[arg-type]
    )  # fmt: skip


def vector(*values: str) -> str:
    result = [{"metric": {}, "value": [1, value]} for value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


async def outcome(*evidence: Evidence, body: str = "", status: int = 200) -> Figures:
    """What comes of asking a world that gives this answer to everything."""

    async def ask(request: Request) -> Response:
        return Response(status=status, headers={}, body=body.encode())

    return await asked_again([evidence], {"prometheus": ask, "loki": ask})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (vector("0.25"), "confirmed"),
        (vector("2.5e-1"), "confirmed"),
        ('{"data":{"resultType":"scalar","result":[1,"0.25"]}}', "confirmed"),
        (vector("0.2500001"), "wrong"),
        (vector("NaN"), "wrong"),
        (vector(), "wrong"),
        (vector("0.25", "0.25"), "wrong"),
        ('{"data":{"resultType":"streams","result":[]}}', "uncheckable"),
        ('{"data":{"resultType":"vector","result":[{"value":[1,"x"]}]}}', "uncheckable"),
        ("no JSON", "uncheckable"),
    ],
)
async def test_a_figure_is_confirmed_only_by_the_same_single_value(body: str, kind: str) -> None:
    found = await outcome(cited(0.25), body=body)
    assert getattr(found, kind) == 1
    assert found.confirmed + found.wrong + found.uncheckable == 1
    assert bool(found.notes) == (kind != "confirmed")


@pytest.mark.parametrize(("status", "kind"), [(400, "wrong"), (403, "uncheckable"), (503, "uncheckable")])
async def test_a_query_that_the_world_does_not_know_is_wrong_and_a_closed_door_proves_nothing(
    status: int, kind: str
) -> None:
    assert getattr(await outcome(cited(1.0), status=status), kind) == 1


async def test_what_cannot_be_asked_is_uncheckable() -> None:
    async def nobody(request: Request) -> Response:
        raise Unreachable("prometheus", request.operation, "connection refused")

    assert (await asked_again([[cited(1.0)]], {"prometheus": nobody})).uncheckable == 1
    assert (await outcome(cited(1.0, source="proxmox"))).uncheckable == 1


async def test_derived_figures_name_what_they_are_derived_from() -> None:
    base, sound = cited(1.0), cited(3.0, id="e2", derived_from=("e1",))
    astray = cited(4.0, id="e3", derived_from=("e9",))
    found = await outcome(base, sound, astray, body=vector("1"))
    assert (found.confirmed, found.derived, found.wrong) == (1, 1, 1)
    assert "e9" in found.notes[0]


async def test_what_a_figure_is_derived_from_must_stand_in_the_same_document() -> None:
    derived = cited(3.0, id="e2", derived_from=("e1",))
    found = await asked_again([[derived], [cited(None)]], {})
    assert (found.derived, found.wrong) == (0, 1)


async def test_words_are_no_figures_and_the_same_figure_is_asked_once() -> None:
    found = await outcome(cited(None), cited(1.0), cited(1.0, id="e7"), body=vector("1"))
    assert (found.confirmed, found.wrong, found.uncheckable) == (1, 0, 0)


async def test_the_world_is_asked_at_the_moment_that_was_cited() -> None:
    asked: list[Request] = []

    async def ask(request: Request) -> Response:
        asked.append(request)
        return Response(status=200, headers={}, body=vector("1").encode())

    cites = [cited(1.0), cited(1.0, source="loki")]
    await asked_again([cites], {"prometheus": ask, "loki": ask})
    assert {one.path for one in asked} == {"/api/v1/query", "/loki/api/v1/query"}
    assert all(dict(one.params) == {"query": "up", "time": f"{NOW.timestamp():.6f}"} for one in asked)
