"""Stories told in a line, and short ways to what exporters show of them."""

from __future__ import annotations

import numpy as np
import yaml

from sre_assistant.sim.arrays import is_stale
from sre_assistant.sim.documents import Document
from sre_assistant.sim.metrics.series import NAME, Matcher
from sre_assistant.sim.metrics.targets import Family, Point, Target
from sre_assistant.sim.scenario import Scenario, checked
from sre_assistant.sim.world import World

START = "2026-11-15T00:30:00Z"
HOUR = 3_600_000


def told(*faults: dict[str, object], **more: object) -> Scenario:
    """A story of faults; each begins at 01:00 unless it says otherwise."""
    timeline = [{"at": "01:00", **fault} for fault in faults]
    story = {"name": "told", "title": "Told by a test", "start": START, "timeline": timeline, **more}
    return checked(Document(yaml.safe_dump(story), "told"))


def world_of(*faults: dict[str, object], seed: int = 1) -> World:
    """The world in which they happen."""
    return told(*faults).build(seed)


def values(world: World, at: str, name: str, /, **labels: str) -> list[float]:
    """What a metric's series show at a time of day, in the order of their labels; stale ones are left out."""
    moment = unix(world, at)
    matchers = [Matcher(NAME, "=", name), *(Matcher(label, "=", value) for label, value in labels.items())]
    found = []
    for one in world.index.matching(matchers):
        times, seen = one.samples(moment - 60_000, moment)
        if len(times) and not is_stale(np.asarray(seen[-1:]))[0]:
            found.append(float(seen[-1]))
    return found


def value(world: World, at: str, name: str, /, **labels: str) -> float:
    """What the one such series shows at a time of day."""
    [found] = values(world, at, name, **labels)
    return found


def unix(world: World, at: str) -> int:
    """A time of day after the story's start, in unix milliseconds."""
    hours, minutes = map(int, at.split(":"))
    return world.unix_ms(world.begin) + (hours * 60 + minutes - 30) * 60_000


def target(world: World, job: str, instance: str = "") -> Target:
    """The target of a job, or the one of that instance."""
    return next(one for one in world.targets if one.job == job and instance in {"", one.instance})


def families(world: World, job: str, instance: str = "") -> dict[str, Family]:
    """What a target shows, by metric."""
    return {one.name: one for one in target(world, job, instance).families}


def same_thing(family: Family, labels: dict[str, str]) -> Point:
    """The series of a family with these labels."""
    return next(one for one in family.points if labels.items() <= dict(one.labels).items())


def storm() -> Scenario:
    """Something of every kind at once, at different times, some of it over again."""
    return told(
        {"fault": "crash-loop", "container": "apps:gitea", "lasts": "40m"},
        {"fault": "bad-update", "container": "media:immich", "image": "immich-app/immich-server:v2"},
        {"fault": "container-oom", "container": "apps:nextcloud", "at": "02:00", "lasts": "1h"},
        {"fault": "throttle-cpu", "container": "media:immich-ml", "at": "01:20"},
        {"fault": "stop-guest", "guest": "homeassistant", "at": "02:10", "lasts": "30m"},
        {"fault": "crash-loop", "workload": "web:links", "at": "01:30", "lasts": "1h"},
        {"fault": "bad-update", "workload": "web:wiki", "image": "requarks/wiki:3", "at": "01:40"},
        {"fault": "pull-failed", "workload": "home:node-red", "image": "nodered/node-red:none"},
        {"fault": "lose-disk", "host": "nas", "device": "sdc", "at": "01:15"},
        {"fault": "fail-disk", "host": "pve1", "device": "nvme0n1", "at": "01:10"},
        {"fault": "power-cut", "ups": "rack", "at": "03:00", "lasts": "9m"},
        {"fault": "lose-quorum", "nodes": ["pve3"], "at": "02:20", "lasts": "20m"},
        {"fault": "lossy-nic", "host": "pve3"},
        {"fault": "heat-up", "host": "pve2", "at": "01:50"},
        {"fault": "stale-mount", "host": "media", "share": "media", "at": "02:30", "lasts": "25m"},
        {"fault": "explode-series", "host": "mon", "at": "02:40", "lasts": "30m"},
        {"fault": "stop-scraping", "host": "apps", "exporter": "cadvisor", "at": "03:10", "lasts": "10m"},
        {"fault": "lose-host", "host": "kube2", "at": "02:00", "lasts": "15m"},
        {"fault": "break-system", "system": "loki", "mode": "500", "at": "02:50", "lasts": "10m"},
        {"fault": "fail-backup", "job": "replicate-home", "at": "01:30", "lasts": "2h"},
        {"fault": "fail-backup", "job": "backup-nightly", "guest": "media"},
    )
