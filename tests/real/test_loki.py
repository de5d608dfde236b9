"""The tables of LogQL asked of a real Loki, and its answers compared with ours.

    SRE_TEST_LOKI_URL=http://loki.lan:3100 pytest tests/real/test_loki.py

It pushes some fifty lines under a label of this run alone, a few minutes old, and asks only for those.
"""

from __future__ import annotations

import json
import math
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from sre_assistant.sim.clock import SimClock
from tests.sim.logql.cases import Logs, Matrix, Vector
from tests.sim.logql.lines import SECOND, STREAMS
from tests.sim.logql.log_table import JSON, LOG_CASES, LOGFMT, METADATA
from tests.sim.logql.metric_table import MATRICES, VECTOR_CASES
from tests.sim.logql.test_errors import EVALUATION, MEANING, STAGES, SYNTAX
from tests.sim.loki_house import Home, listening

URL = os.environ.get("SRE_TEST_LOKI_URL", "").rstrip("/")  # noqa: TID251  tests are told by whoever runs them
PATIENCE_SECONDS = 90.0
AGE_SECONDS = 600
CATEGORISE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
DETAILS = "__error_details__"

pytestmark = pytest.mark.skipif(
    not URL, reason="SRE_TEST_LOKI_URL is not set: the URL of a Loki 3.7 to compare with"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A server's answer."""

    status: int
    text: str

    @property
    def data(self) -> Any:
        """What stands under ``data``."""
        assert self.status == 200, self.text
        return json.loads(self.text).get("data")


@dataclass(frozen=True, slots=True)
class Both:
    """The real Loki and ours, with the same lines in both."""

    ours: str
    run: str
    base: int

    def query(self, text: str) -> str:
        """A query of the table, of this run's lines only."""
        return text.replace("{kind=", f'{{run="{self.run}", kind=')

    def at(self, second: int) -> str:
        """A second of the table, as both understand it."""
        return str((self.base + second) * SECOND)

    def ask(self, path: str, flags: dict[str, str] | None = None, /, **params: object) -> tuple[Said, Said]:
        """The same question to both: what the real one says, and ours."""
        return tuple(asked(f"{url}/loki/api/v1/{path}", params, flags or {}) for url in (URL, self.ours))  # type: ignore[return-value]


@pytest.fixture(scope="module", autouse=True)
def real_servers() -> None:
    """This suite needs a Loki and nothing of what the others here need."""


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """Pushes the lines into both, and waits until the real one has them all."""
    now = datetime.now(UTC)
    base = (int(now.timestamp()) - AGE_SECONDS) // 60 * 60
    with listening(Home(clock=SimClock(now))) as home:
        made = Both(home.url, f"sre-{uuid.uuid4().hex[:12]}", base)
        body = pushed(made)
        for url in (URL, home.url):
            said = posted(f"{url}/loki/api/v1/push", body)
            assert said.status == 204, said.text
        wait_for(made, sum(len(stream.at) for stream in STREAMS))
        yield made


def pushed(both: Both) -> bytes:
    """All streams of the table in one request."""
    streams = [
        {
            "stream": stream.labels | {"run": both.run},
            "values": [
                [both.at(second), text, stream.metadata.get(second, {})] for second, text in stream.at.items()
            ],
        }
        for stream in STREAMS
    ]
    return json.dumps({"streams": streams}).encode()


def wait_for(both: Both, count: int) -> None:
    """Waits until so many lines can be read; each look asks anew, so that no cache answers."""
    end = time.monotonic() + PATIENCE_SECONDS
    found = 0
    while time.monotonic() < end:
        params = {"query": f'{{run="{both.run}"}}', "start": both.at(0), "end": both.at(130), "limit": 5000}
        said = asked(f"{URL}/loki/api/v1/query_range", params, {})
        found = sum(len(row["values"]) for row in said.data["result"])
        if found == count:
            return
        time.sleep(1)
    pytest.fail(f"{URL} shows {found} of {count} pushed lines after {PATIENCE_SECONDS:.0f} s")


def asked(url: str, params: dict[str, Any], headers: dict[str, str]) -> Said:
    """A GET; a server that is busy is asked again for a while."""
    request = urllib.request.Request(f"{url}?{urllib.parse.urlencode(params)}", headers=headers)
    return sent(request)


def posted(url: str, body: bytes) -> Said:
    """A POST of JSON."""
    return sent(urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST"))


def sent(request: urllib.request.Request) -> Said:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Said(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                said = Said(error.code, error.read().decode())
        if said.status not in {429, 503} or time.monotonic() > end:
            return said
        time.sleep(1)


def streams_of(said: Said, *, details: bool = False) -> list[Any]:
    """Lines by their labels, in an order that does not depend on the server."""
    found = []
    for row in said.data["result"]:
        labels = {name: value for name, value in row["stream"].items() if details or name != DETAILS}
        found.append((sorted(labels.items()), row["values"]))
    return sorted(found, key=repr)


def series_of(said: Said) -> dict[tuple[tuple[str, str], ...], Any]:
    """Numbers by their labels."""
    data = said.data
    if data["resultType"] == "scalar":
        return {(): pair(data["result"])}
    return {
        tuple(sorted(row["metric"].items())): (
            pair(row["value"]) if "value" in row else [pair(one) for one in row["values"]]
        )
        for row in data["result"]
    }


def pair(sample: list[Any]) -> tuple[float, float]:
    return float(sample[0]), float(sample[1])


def agree(real: Any, ours: Any) -> bool:
    """Whether numbers are the same to 1e-9."""
    if isinstance(real, dict):
        return real.keys() == ours.keys() and all(agree(real[key], ours[key]) for key in real)
    if isinstance(real, list):
        return len(real) == len(ours) and all(agree(a, b) for a, b in zip(real, ours, strict=True))
    (at, value), (our_at, our_value) = real, ours
    same = math.isclose(value, our_value, rel_tol=1e-9, abs_tol=1e-12)
    return at == our_at and (same or (math.isnan(value) and math.isnan(our_value)))


@pytest.mark.parametrize("case", LOG_CASES, ids=lambda case: case.query)
def test_both_find_the_same_lines_and_labels(both: Both, case: Logs) -> None:
    window = {"start": both.at(0), "end": both.at(70), "limit": 5000, "direction": "forward"}
    real, ours = both.ask("query_range", query=both.query(case.query), **window)
    assert streams_of(ours) == streams_of(real)


@pytest.mark.parametrize("case", [*LOGFMT, *JSON], ids=lambda case: case.query)
def test_both_tell_the_same_details_of_errors(both: Both, case: Logs) -> None:
    window = {"start": both.at(0), "end": both.at(70), "limit": 5000, "direction": "forward"}
    real, ours = both.ask("query_range", query=both.query(case.query), **window)
    assert streams_of(ours, details=True) == streams_of(real, details=True)


@pytest.mark.parametrize("case", [*JSON, *METADATA], ids=lambda case: case.query)
def test_both_tell_labels_apart_in_the_same_way(both: Both, case: Logs) -> None:
    window = {"start": both.at(0), "end": both.at(70), "limit": 5000, "direction": "forward"}
    real, ours = both.ask("query_range", CATEGORISE, query=both.query(case.query), **window)
    for said in (real, ours):
        for row in said.data["result"]:
            for value in row["values"]:
                value[2].get("parsed", {}).pop(DETAILS, None)
    assert streams_of(ours) == streams_of(real)
    assert ours.data.get("encodingFlags") == real.data.get("encodingFlags")


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_both_cut_off_at_the_same_line(both: Both, limit: int, direction: str) -> None:
    window = {"start": both.at(0), "end": both.at(70), "limit": limit, "direction": direction}
    real, ours = both.ask("query_range", query=both.query('{kind="logfmt"}'), **window)
    assert streams_of(ours) == streams_of(real)


@pytest.mark.parametrize("case", VECTOR_CASES, ids=lambda case: f"{case.query} @ {case.at}")
def test_both_give_the_same_vector(both: Both, case: Vector) -> None:
    real, ours = both.ask("query", query=both.query(case.query), time=both.at(case.at))
    assert agree(series_of(real), series_of(ours)), (real.text[:2000], ours.text[:2000])
    if case.query.startswith("sort"):
        assert list(series_of(real)) == list(series_of(ours))


@pytest.mark.parametrize("case", MATRICES, ids=lambda case: case.query)
def test_both_give_the_same_matrix(both: Both, case: Matrix) -> None:
    window = {"start": both.at(case.start), "end": both.at(case.end), "step": case.step}
    real, ours = both.ask("query_range", query=both.query(case.query), **window)
    assert agree(series_of(real), series_of(ours)), (real.text[:2000], ours.text[:2000])


@pytest.mark.parametrize("query", [query for query, _ in (*SYNTAX, *MEANING, *STAGES)])
def test_both_refuse_in_the_same_words(both: Both, query: str) -> None:
    window = {"start": both.at(0), "end": both.at(70)}
    real, ours = both.ask("query_range", query=query, **window)
    assert (ours.status, ours.text.strip()) == (real.status, real.text.strip())


@pytest.mark.parametrize("query", [query for query, _ in EVALUATION])
def test_both_fail_in_the_same_words(both: Both, query: str) -> None:
    real, ours = both.ask("query", query=both.query(query), time=both.at(60))
    assert (ours.status, ours.text.strip()) == (real.status, real.text.strip())


@pytest.mark.parametrize("query", [case.query for case in (*LOG_CASES, *VECTOR_CASES)])
def test_both_write_a_query_alike(both: Both, query: str) -> None:
    real, ours = both.ask("format_query", query=query)
    assert ours.data == real.data


def test_both_know_the_same_labels_values_and_series(both: Both) -> None:
    window = {"start": both.at(0), "end": both.at(130)}
    selector = f'{{run="{both.run}"}}'
    for path in ("labels", "label/kind/values", "label/host/values", "label/service_name/values"):
        real, ours = both.ask(path, query=selector, **window)
        assert sorted(ours.data) == sorted(real.data), path
    real, ours = both.ask("series", **{"match[]": selector}, **window)
    assert sorted(ours.data, key=repr) == sorted(real.data, key=repr)
