"""Questions as people write them."""

from __future__ import annotations

import pytest

from sre_assistant.assistant.understanding import Understood, Vocabulary, understand
from sre_assistant.investigation.signals import known_signals

HOSTS = ("nas.lan", "pve1.lan", "pve2.lan", "jellyfin.lan", "192.0.2.9")
KNOWN = Vocabulary(
    aliases={h: h for h in HOSTS} | {"storage": "nas.lan"},
    alerts=("DiskWillFillSoon",),
    signals=known_signals(),
)


def meant(question: str, previous: Understood | None = None) -> Understood:
    return understand(question, KNOWN, previous)


@pytest.mark.parametrize(
    ("question", "intent", "hosts", "signal"),
    [
        ("why is the disk on nas filling?", "why", ("nas.lan",), "filesystem.time_to_full"),
        ("Why is memory high on pve1?", "why", ("pve1.lan",), "memory.available_ratio"),
        ("what is the state of storage", "state", ("nas.lan",), ""),
        ("how full is the disk on nas.lan?", "state", ("nas.lan",), "filesystem.used_ratio"),
        ("cpu on pve2", "state", ("pve2.lan",), "cpu.busy_ratio"),
        ("when will the disk on nas be full?", "state", ("nas.lan",), "filesystem.time_to_full"),
        ("is the memory on nas normal?", "normal", ("nas.lan",), "memory.available_ratio"),
        ("which targets are down?", "targets", (), "target.up"),
        ("what is down", "targets", (), "target.up"),
        ("list alerts", "alerts", (), ""),
        ("what alerts are firing?", "alerts", (), ""),
        ("is everything ok?", "house", (), ""),
        ("is anything wrong", "house", (), ""),
        ("why is jelyfin slow", "why", ("jellyfin.lan",), "probe.duration"),
        ("which host uses the most memory?", "state", (), "memory.available_ratio"),
        ("write me a poem about the sea", "outside", (), ""),
        ("how is 192.0.2.9:9100 doing?", "state", ("192.0.2.9",), ""),
        ("is 192 % load normal on pve1", "normal", ("pve1.lan",), "cpu.load_per_core"),
        ("pve1.lan", "state", ("pve1.lan",), ""),
        ("restart jellyfin", "outside", ("jellyfin.lan",), ""),
        ("", "outside", (), ""),
    ],
)
def test_a_question_is_understood(question: str, intent: str, hosts: tuple[str, ...], signal: str) -> None:
    found = meant(question)
    assert (found.intent, found.hosts) == (intent, hosts)
    assert not signal or signal in found.signals


def test_a_follow_up_keeps_the_machine_and_takes_the_new_signal() -> None:
    before = meant("why is the disk on nas filling?")
    found = meant("and memory on the same machine?", before)
    assert (found.intent, found.hosts, found.signals) == ("state", ("nas.lan",), ("memory.available_ratio",))


def test_a_follow_up_keeps_the_signal_and_takes_the_new_machine() -> None:
    before = meant("how is the memory on nas?")
    found = meant("and on pve2?", before)
    assert (found.hosts, found.signals) == (("pve2.lan",), ("memory.available_ratio",))


def test_a_new_question_forgets_the_old_subject() -> None:
    assert meant("which targets are down?", meant("how is nas?")).hosts == ()


def test_a_name_that_fits_several_machines_is_asked_back() -> None:
    found = meant("what about pve")
    assert (found.intent, found.choices) == ("ambiguous", ("pve1.lan", "pve2.lan"))


def test_an_unknown_machine_is_not_quietly_dropped() -> None:
    found = meant("why is the disk on banana filling?")
    assert (found.intent, found.unclear) == ("ambiguous", "banana")


def test_a_path_is_a_mount_point_and_a_share_is_read() -> None:
    assert meant("how full is /tank/media on nas?").labels == {"mountpoint": "/tank/media"}
    assert meant("is 85 % CPU normal on pve2?").claimed == 0.85


def test_an_alert_is_known_by_its_name() -> None:
    assert meant("why did DiskWillFillSoon fire?").alert == "DiskWillFillSoon"


@pytest.mark.parametrize("question", ["'\"\\{}%s", "🔥" * 500, "a" * 10_000, "why " * 2_000, "\x1b[31mnas"])
def test_odd_text_is_no_error(question: str) -> None:
    assert meant(question).intent
