"""A server that speaks PromQL and is no Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.house import House, disagreements
from tests.real.servers import lab, wait_until

pytestmark = pytest.mark.real


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """This machine, watched by VictoriaMetrics alone."""
    with lab(tmp_path) as servers:
        servers.start_node_exporter()
        servers.start_victoria_metrics([servers.address("node"), servers.address("page")])
        wait_until(lambda: len(servers.query("up offset 4s")) == 2, "both targets have been tried")
        yield House(servers, tmp_path, {"PROMETHEUS_URL": servers.url("prometheus")})


def test_an_exporter_that_is_gone_is_found_without_prometheus(house: House) -> None:
    (diagnosis,) = json.loads(house.sre("investigate", "--all", "--json"))["diagnoses"]
    first = diagnosis["causes"][0]
    assert (first["id"], first["subject"]["name"]) == ("exporter-gone", house.lab.address("page"))
    assert disagreements(house, diagnosis) == []


def test_what_it_does_not_offer_is_no_fault_of_it(house: House) -> None:
    (checkup,) = json.loads(house.sre("doctor", "--json"))["systems"]
    assert checkup["status"] == "ok"
