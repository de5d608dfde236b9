from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.kit.labels import fingerprint, labels_text


def test_the_fingerprint_is_the_one_alertmanager_shows() -> None:
    labels = {
        "alertname": "InstanceDown",
        "instance": "127.0.0.1:19999",
        "job": "dead",
        "severity": "critical",
    }
    assert fingerprint(labels) == "ce3047a1412f8d0f"
    assert fingerprint({"severity": "warning", "alertname": "BadTemplate"}) == "dae3317827a1aa46"


@given(st.dictionaries(st.text(), st.text()))
def test_the_order_of_labels_does_not_matter(labels: dict[str, str]) -> None:
    assert fingerprint(labels) == fingerprint(dict(reversed(labels.items())))


def test_labels_are_written_as_a_series() -> None:
    assert labels_text({"job": "node", "__name__": "up", "a": 'q"'}) == r'up{a="q\"", job="node"}'
    assert labels_text({}) == "{}"
