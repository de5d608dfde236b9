from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.reading import Target
from sre_assistant.investigation.concern import of_alert
from sre_assistant.investigation.naming import aliases_of, host_of, hosts_in
from sre_assistant.investigation.signals import Spans, known_signals
from sre_assistant.investigation.surroundings import Surroundings

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)


def around(*targets: tuple[str, str], **nodenames: str) -> Surroundings:
    """A house with these targets (host label, instance), and what node_exporter calls its machines."""
    scraped = tuple(
        Target(
            labels={"instance": instance, "job": "node"},
            host=host,
            health="up",
            last_error="",
            scrape_url="",
            scrape_interval=15.0,
        )
        for host, instance in targets
    )
    present = tuple({"instance": instance, "nodename": name} for name, instance in nodenames.items())
    return Surroundings(
        at=NOW,
        targets={"prometheus": scraped},
        rules=(),
        alerts=(),
        present={"node_exporter": present},
        gaps={},
        spans=Spans.fitting(15.0),
    )


def concerned(house: Surroundings, **labels: str) -> tuple[str, ...]:
    """The machines that an alert with these labels is about."""
    alert = Alert(
        name="X",
        labels={"alertname": "X", **labels},
        annotations={},
        starts_at=NOW,
        fingerprint="",
        status="firing",
        source="am",
    )
    return of_alert(alert, (), known_signals(), house.aliases).hosts


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("nas.lan:9100", "nas.lan"),
        ("nas", "nas"),
        ("http://nas.lan:8096/x", "nas.lan"),
        ("[::1]:9100", "::1"),
        ("::1", "::1"),
        ("i-0a1b2c3d", "i-0a1b2c3d"),
        ("http://[::1", "http://[::1"),
        ("http://", "http://"),
    ],
)
def test_the_machine_in_an_instance_is_found(instance: str, host: str) -> None:
    assert host_of(instance) == host


@pytest.mark.parametrize("label", ["nodename", "host", "hostname", "node", "kubernetes_node", "machine"])
def test_a_machine_may_be_named_by_many_labels(label: str) -> None:
    assert hosts_in({"instance": "192.0.2.7:9100", label: "nas"}) == ("192.0.2.7", "nas")


@pytest.mark.parametrize(
    ("named", "aliases"),
    [
        ([], {}),
        ([("nas", "nas.lan"), ("nas", "nas.lan"), ("pve1", "i-1")], {"nas": "nas.lan", "pve1": "i-1"}),
        # Most exporters of a machine speak from its address, one from an address of its own.
        ([("pve1", "a"), ("pve1", "a"), ("pve1", "pod")], {"pve1": "a"}),
        # Nothing tells which of the two is the machine's own.
        ([("pve1", "a"), ("pve1", "b")], {}),
        # One exporter speaks for several machines: it is none of them.
        ([("switch1", "mon"), ("switch2", "mon")], {}),
        ([("switch1", "mon"), ("mon", "mon"), ("mon", "mon")], {"mon": "mon"}),
    ],
)
def test_names_and_hosts_belong_together_that_occur_together_most(
    named: list[tuple[str, str]], aliases: Mapping[str, str]
) -> None:
    assert aliases_of(named) == aliases


def test_an_alert_joins_by_the_label_that_names_its_machine() -> None:
    house = around(("nas", "i-0a1b:9100"), ("nas", "i-0a1b:9633"), ("pve1", "i-2c3d:9100"))
    assert concerned(house, node="pve1") == ("i-2c3d",)
    assert concerned(house, kubernetes_node="nas") == ("i-0a1b",)
    assert concerned(house, instance="i-0a1b:9100", node="nas") == ("i-0a1b",)
    assert concerned(house, node="elsewhere") == ("elsewhere",)


def test_every_target_relabelled_to_its_machines_name_joins() -> None:
    house = around(("nas", "nas"), ("nas", "nas"), ("pve1", "pve1"))
    assert concerned(house, host="nas") == concerned(house, instance="nas", host="nas") == ("nas",)


def test_what_a_machine_calls_itself_wins_over_a_label_of_its_targets() -> None:
    house = around(("nas", "i-1"), ("nas", "i-1"), nas="i-2:9100")
    assert house.aliases["nas"] == "i-2"


def test_a_house_without_such_a_label_is_named_as_before() -> None:
    assert around(("", "nas.lan:9100"), nas="nas.lan:9100").aliases == {
        "nas.lan": "nas.lan",
        "nas": "nas.lan",
    }
