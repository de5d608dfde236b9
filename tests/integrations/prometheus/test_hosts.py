from __future__ import annotations

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.integrations.prometheus.hosts import host_label
from tests.integrations.prometheus.answers import running, success


def target(instance: str, **labels: str) -> dict[str, str]:
    return {"instance": instance, **labels}


def test_machines_are_named_by_instance_where_no_other_label_does() -> None:
    assert host_label([target("nas.lan:9100", job="node"), target("pve1.lan:9100", env="home")]) == ""
    assert host_label([]) == ""


def test_a_label_that_goes_with_the_host_of_instance_names_machines() -> None:
    scraped = [
        target("192.0.2.7:9100", node="nas"),
        target("192.0.2.7:9633", node="nas"),
        target("192.0.2.8:9100", node="pve1"),
        target("http://wiki.lan/", job="blackbox"),
    ]
    assert host_label(scraped) == "node"


def test_every_target_relabelled_to_its_machines_name_is_understood() -> None:
    assert host_label([target("nas", host="nas"), target("pve1", host="pve1")]) == "host"


def test_a_label_on_few_targets_names_none() -> None:
    scraped = [target("nas.lan:9100", node="nas"), *(target(f"n{n}.lan:9100") for n in range(2))]
    assert host_label(scraped) == ""
    assert host_label([*scraped, target("n0.lan:9", node="n0"), target("n1.lan:9", node="n1")]) == "node"


def test_a_label_that_is_the_same_everywhere_names_none() -> None:
    assert host_label([target(f"n{n}.lan:9100", host="mon") for n in range(5)]) == ""


def test_a_few_exporters_that_speak_for_others_change_nothing() -> None:
    scraped = [target(f"n{n}.lan:{port}", node=f"n{n}") for n in range(5) for port in (9100, 9633)]
    assert host_label([*scraped, target("10-42-0-7:8080", node="n0")]) == "node"


def test_the_most_exact_of_several_labels_is_taken() -> None:
    scraped = [target(f"192.0.2.{n}:9100", host=f"h{n}", node=f"k{n}", nodename=f"n{n}") for n in range(3)]
    assert host_label(scraped) == "nodename"


async def test_targets_say_their_machine_by_the_label_found_or_set() -> None:
    scraped = [
        {"labels": target("192.0.2.7:9100", node="nas", rack="left")},
        {"labels": target("192.0.2.8:9100", node="pve1")},
    ]
    async with running() as prom:
        prom.answers(targets=success({"activeTargets": scraped}))
        assert [t.host for t in (await prom.client.targets()).value] == ["nas", "pve1"]
    async with running(host_label="rack") as prom:
        prom.answers(targets=success({"activeTargets": scraped}))
        assert [t.host for t in (await prom.client.targets()).value] == ["left", ""]
    async with running() as prom:
        assert [t.host for t in (await prom.client.targets()).value] == ["", ""]


@pytest.mark.parametrize("label", ["no de", 'x"} or up', "1st", "Größe"])
def test_a_setting_that_is_no_label_is_refused(label: str) -> None:
    with pytest.raises(ConfigError, match=r"^PROMETHEUS_HOST_LABEL is .*, which is no label name"):
        Config(url="http://x.lan", host_label=label)


async def test_a_target_that_cannot_be_read_does_not_hide_the_others() -> None:
    fine = {"labels": target("nas.lan:9100"), "health": "up"}
    async with running() as prom:
        prom.answers(targets=success({"activeTargets": [fine, {"labels": [1]}, {"scrapeInterval": "soon"}]}))
        reading = await prom.client.targets()
    assert [t.labels["instance"] for t in reading.value] == ["nas.lan:9100"]
    assert reading.completeness == "partial"
    assert reading.detail.startswith("2 of 3 entries could not be read: ")


async def test_an_instance_that_is_no_url_and_no_address_is_only_a_name() -> None:
    odd = [{"labels": target(text, node="n")} for text in ("http://[::1", "http://", "[", ":9", "")]
    async with running() as prom:
        prom.answers(targets=success({"activeTargets": odd}))
        assert len((await prom.client.targets()).value) == 5
