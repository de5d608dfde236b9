"""What is done to the house changes it from that moment on, and only from then."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import pytest

from sre_assistant.sim.causality.deeds import Mishap
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.live import AnswerLost, DeedFailed
from sre_assistant.sim.scenario import Scenario, checked, load_scenario

CURABLE = """
name: curable
title: Jellyfin crashes until somebody restarts it
start: 2026-11-15T18:00:00Z
shows: "19:00"
timeline:
  - fault: crash-loop
    at: "18:10"
    container: media:jellyfin
    cured_by: [restart container/media:jellyfin]
"""
JELLYFIN = "container/media:jellyfin"
PAGE = "http://jellyfin.lan:8096/"


def curable(mishap: Mishap | None = None) -> Scenario:
    extra = f'mishaps: {{"restart {JELLYFIN}": {mishap}}}\n' if mishap else ""
    return checked(Document(CURABLE + extra, "curable.yaml"))


def status(homelab: Homelab) -> float:
    return float(homelab.world.pages[PAGE].status(np.array([homelab.live.now]))[0])


def later(homelab: Homelab, seconds: float) -> None:
    homelab.clock.advance(timedelta(seconds=seconds))


def test_the_right_deed_cures_what_it_is_said_to_cure() -> None:
    homelab = Homelab(curable(), at="shows")
    assert status(homelab) == 0
    before = homelab.world.containers[JELLYFIN].restarts(np.array([homelab.live.now]))
    homelab.live.act("restart", JELLYFIN)
    later(homelab, 30)
    assert status(homelab) == 200
    after = homelab.world.containers[JELLYFIN].restarts(np.array([homelab.live.now]))
    assert after == before, "the past stays as it was"


def test_another_deed_cures_nothing() -> None:
    homelab = Homelab(curable(), at="shows")
    homelab.live.act("restart", "container/media:sonarr")
    later(homelab, 120)
    assert status(homelab) == 0


@pytest.mark.parametrize(("mishap", "expected"), [("slow", 200), ("half", 0), ("lost", 200)])
def test_deeds_go_wrong_as_the_story_says(mishap: Mishap, expected: float) -> None:
    homelab = Homelab(curable(mishap), at="shows")
    if mishap == "lost":
        with pytest.raises(AnswerLost):
            homelab.live.act("restart", JELLYFIN)
    else:
        homelab.live.act("restart", JELLYFIN)
    later(homelab, 20)
    assert status(homelab) == (0 if mishap == "slow" else expected)
    later(homelab, 120)
    assert status(homelab) == expected


def test_what_is_done_before_a_fault_cures_nothing() -> None:
    homelab = Homelab(curable(), at="18:05")
    homelab.live.act("restart", JELLYFIN)
    later(homelab, 1800)
    assert status(homelab) == 0


def test_a_restart_of_which_half_happens_leaves_a_healthy_thing_down() -> None:
    story = load_scenario("healthy")
    homelab = Homelab(msgspec.structs.replace(story, mishaps={"*": "half"}))
    later(homelab, 60)
    assert status(homelab) == 200
    homelab.live.act("restart", JELLYFIN)
    later(homelab, 3600)
    assert status(homelab) == 0
    homelab.live.mishaps.clear()
    homelab.live.act("start", JELLYFIN)
    later(homelab, 60)
    assert status(homelab) == 200


def test_a_deed_that_fails_changes_nothing() -> None:
    homelab = Homelab(curable("fail"), at="shows")
    with pytest.raises(DeedFailed, match="restart container/media:jellyfin"):
        homelab.live.act("restart", JELLYFIN)
    later(homelab, 120)
    assert status(homelab) == 0
    assert homelab.live.deeds == []


def test_a_stopped_guest_stays_stopped_until_it_is_started() -> None:
    homelab = Homelab("healthy")
    later(homelab, 60)
    homelab.live.act("stop", "guest/homeassistant")
    later(homelab, 600)
    now = np.array([homelab.live.now])
    assert homelab.world.guests["homeassistant"].alive(now) == 0
    assert homelab.world.pages["http://homeassistant.lan:8123/"].status(now) == 0
    homelab.live.act("start", "guest/homeassistant")
    later(homelab, 120)
    now = np.array([homelab.live.now])
    assert homelab.world.guests["homeassistant"].alive(now) == 1
    assert homelab.world.pages["http://homeassistant.lan:8123/"].status(now) == 200


def test_alerts_that_fired_before_a_deed_are_still_the_same_afterwards() -> None:
    homelab = Homelab(curable(), at="shows")
    moment = homelab.clock.milliseconds()
    before = homelab.rules.alerts(moment)
    assert before
    homelab.live.act("restart", JELLYFIN)
    assert homelab.rules.alerts(moment) == before
    later(homelab, 90)
    assert len(homelab.rules.alerts(homelab.clock.milliseconds())) < len(before)
    later(homelab, 3600)
    names = {dict(one.labels)["instance"] for one in homelab.rules.alerts(homelab.clock.milliseconds())}
    assert PAGE not in names


def test_the_same_deeds_make_the_same_world() -> None:
    def told() -> list[tuple[float, str, str]]:
        homelab = Homelab(load_scenario("healthy"))
        later(homelab, 100)
        homelab.live.act("reboot", "guest/media")
        later(homelab, 50)
        homelab.live.act("stop", "container/apps:gitea")
        world = homelab.world
        spells = [(s.start, entity, s.mode) for entity, some in world.spells.items() for s in some]
        return sorted(spells)

    assert told() == told()


def test_every_system_wants_a_secret_of_its_own_and_the_seed_decides() -> None:
    one, same, other = Homelab("healthy", 1), Homelab("healthy", 1), Homelab("healthy", 2)
    assert one.live.credentials == same.live.credentials != other.live.credentials
    assert len(set(one.live.credentials.values())) == len(one.live.credentials)
