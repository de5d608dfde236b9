"""What machines write into their journals: the kernel, the init system, and what runs beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.journal.voice import Chatter, Line, Phrase, say
from sre_assistant.sim.signals import seeded

if TYPE_CHECKING:
    from sre_assistant.sim.causality.spells import Spell
    from sre_assistant.sim.things.containers import Running
    from sre_assistant.sim.world import World

_USUAL: Final[dict[str, tuple[float, tuple[Phrase, ...]]]] = {
    "sshd.service": (
        900.0,
        (
            ("info", "Accepted publickey for root from {ip} port 5{ms} ssh2: ED25519"),
            ("info", "Disconnected from {ip} port 5{ms}"),
        ),
    ),
    "cron.service": (
        600.0,
        (("info", "(root) CMD (test -x /usr/sbin/anacron || run-parts /etc/cron.hourly)"),),
    ),
    "systemd": (
        420.0,
        (
            ("info", "Started session-{n}.scope - Session {n} of User root."),
            ("info", "logrotate.service: Deactivated successfully."),
            ("info", "Starting apt-daily.service - Daily apt download activities..."),
        ),
    ),
    "kernel": (5400.0, (("info", "perf: interrupt took too long (2{ms} > 2500), lowering sample rate"),)),
}

_KILLED: Final = (
    "{how}: Killed process {n}{ms} (python3) total-vm:{ms}{n}40kB, anon-rss:{ms}0200kB, oom_score_adj:0"
)

_OF_SPELL: Final[dict[tuple[str, str], tuple[str, float, tuple[Phrase, ...]]]] = {
    # kind and mode of a thing on the machine: unit, seconds between lines, phrases
    ("mount", "stale"): (
        "kernel",
        60.0,
        (
            ("error", "nfs: server {server} not responding, still trying"),
            ("warn", "INFO: task kworker/u8:{n} blocked for more than 120 seconds."),
        ),
    ),
    ("disk", "failing"): (
        "kernel",
        300.0,
        (
            ("error", "blk_update_request: critical medium error, dev {part}, sector {ms}{n}"),
            ("error", "sd 2:0:0:0: [{part}] Sense Key : Medium Error, Add. Sense: Unrecovered read error"),
        ),
    ),
    ("disk", "dead"): (
        "kernel",
        120.0,
        (
            ("error", "ata3.00: disabled ({part})"),
            ("error", "blk_update_request: I/O error, dev {part}, sector {ms}{n} op 0x0:(READ)"),
        ),
    ),
    ("disk", "cable"): (
        "kernel",
        400.0,
        (("error", "ata4.00: failed command: READ FPDMA QUEUED, ICRC ABRT ({part})"),),
    ),
    ("pool", "degraded"): (
        "zed.service",
        600.0,
        (("error", "eid={n} class=statechange pool='{whole}' vdev_state=FAULTED"),),
    ),
    ("pool", "errors"): (
        "zed.service",
        300.0,
        (("error", "eid={n} class=checksum pool='{whole}' algorithm=fletcher4"),),
    ),
    ("pool", "suspended"): (
        "kernel",
        60.0,
        (
            (
                "error",
                "Pool '{whole}' has encountered an uncorrectable I/O failure and has been suspended.",
            ),
        ),
    ),
    ("share", "gone"): (
        "nfs-server.service",
        3600.0,
        (("warn", "nfs-server.service: Deactivated, stopping NFS server"),),
    ),
    ("filesystem", "full"): (
        "systemd-journald.service",
        120.0,
        (("error", "Failed to write entry to {part}: No space left on device"),),
    ),
    ("ups", "battery"): ("nut-monitor.service", 300.0, (("warn", "UPS {whole}@localhost on battery"),)),
    ("ups", "empty"): (
        "nut-monitor.service",
        60.0,
        (("error", "UPS {whole}@localhost battery is low, executing automatic power-fail shutdown"),),
    ),
    ("host", "hot"): (
        "kernel",
        60.0,
        (("warn", "CPU{n}: Core temperature is above threshold, cpu clock is throttled"),),
    ),
    ("host", "lossy"): ("kernel", 240.0, (("warn", "{nic}: Rx CRC errors detected ({ms})"),)),
    ("host", "apart"): (
        "corosync.service",
        30.0,
        (
            (
                "error",
                "[QUORUM] This node is within the non-primary component and will NOT provide any services.",
            ),
        ),
    ),
    ("host", "disk-pressure"): (
        "k3s.service",
        60.0,
        (("warn", "eviction manager: attempting to reclaim ephemeral-storage"),),
    ),
    ("host", "memory-pressure"): (
        "k3s.service",
        60.0,
        (("warn", "eviction manager: attempting to reclaim memory"),),
    ),
    ("host", "kubelet"): (
        "k3s.service",
        120.0,
        (("error", "k3s.service: Main process exited, code=exited, status=1/FAILURE"),),
    ),
    ("exporter", "gone"): (
        "systemd",
        3600.0,
        (("error", "{part}-exporter.service: Main process exited, code=killed, status=9/KILL"),),
    ),
    ("clock", "drifting"): ("chrony.service", 300.0, (("warn", "No suitable source for synchronisation"),)),
    ("guest", "stopped"): ("qmeventd.service", 1e9, (("warn", "VM {vmid} stopped: {detail}"),)),
    ("guest", "busy"): ("pvestatd.service", 600.0, (("warn", "status update time ({n}.{ms} seconds)"),)),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as somebody who writes."""

    world: World
    name: str

    def lines(self, unit: str, start: float, end: float) -> list[Line]:
        """What one of its units writes in a window, by time."""
        host = self.world.hosts[self.name]
        found: list[Line] = []
        if unit in _USUAL:
            every, phrases = _USUAL[unit]
            found += Chatter(seeded(host.seed, "journal", unit), every, phrases).lines(start, end)
        for entity, spell in self._spells():
            if spell.touches(start, end):
                found += self._troubled(unit, entity, spell, start, end)
        found += self._of_unit(unit, start, end)
        away = self.world.spells[f"host/{self.name}"].of("gone", "off")
        return sorted(one for one in found if not any(spell.has(one.at) for spell in away))

    def units(self) -> list[str]:
        """Every unit that may ever write here."""
        found = {
            *_USUAL,
            *(what for (kind, mode), (what, _, _) in _OF_SPELL.items() if self._has(kind, mode)),
        }
        if self.name in self.world.house.hypervisors:
            found |= {"pvescheduler.service", "pvedaemon.service"}
        if self.name in self.world.house.containers:
            found.add("docker.service")
        return sorted(found)

    def _has(self, kind: str, mode: str) -> bool:
        return any(entity.startswith(f"{kind}/") and spell.mode == mode for entity, spell in self._spells())

    def _spells(self) -> Iterator[tuple[str, Spell]]:
        for entity in self.world.on_machine(self.name):
            for spell in self.world.spells[entity]:
                yield entity, spell

    def _troubled(self, unit: str, entity: str, spell: Spell, start: float, end: float) -> list[Line]:
        kind, _, name = entity.partition("/")
        told = _OF_SPELL.get((kind, spell.mode))
        if told is None or told[0] != unit:
            return []
        whole, _, part = name.partition(":")
        places = {
            "{whole}": whole,
            "{part}": part,
            "{server}": self._server(entity),
            "{nic}": self.world.house.hosts[self.name].network.device,
            "{detail}": spell.detail or "powered down",
            "{vmid}": str(self.world.house.guests[name].vmid) if kind == "guest" else "",
        }
        phrases = tuple((level, _replaced(text, places)) for level, text in told[2])
        if told[1] >= 3600.0:
            return list(say(spell.start + 0.5, start, end, *phrases))
        seed = seeded(self.world.seed, entity, spell.mode)
        return Chatter(seed, told[1], phrases, spell.start, spell.end).lines(start, end)

    def _server(self, entity: str) -> str:
        kind, _, name = entity.partition("/")
        share = self.world.house.shares.get(name.rpartition(":")[2]) if kind == "mount" else None
        return self.world.house.full_name(share.host) if share else ""

    def _of_unit(self, unit: str, start: float, end: float) -> Iterator[Line]:
        special: dict[str, Callable[[float, float], Iterator[Line]]] = {
            "kernel": self._kernel,
            "pvescheduler.service": self._backups,
            "docker.service": self._docker,
            "systemd": self._boots,
        }
        if unit in special:
            yield from special[unit](start, end)

    def _boots(self, start: float, end: float) -> Iterator[Line]:
        for boot in self.world.hosts[self.name].boots.tolist():
            words = (
                ("info", "Reached target multi-user.target - Multi-User System."),
                ("info", "Startup finished in 4.{ms}s (kernel) + 11.{n}s (userspace)."),
            )
            yield from say(boot + 16.0, start, end, *words)

    def _kernel(self, start: float, end: float) -> Iterator[Line]:
        """Boots, and what the kernel killed."""
        host = self.world.hosts[self.name]
        first: Phrase = ("info", f"Linux version {host.spec.kernel} (gcc 12.2.0) #1 SMP PREEMPT_DYNAMIC")
        for boot in host.boots.tolist():
            yield from say(boot + 1.0, start, end, first)
        for moment in _steps(host.memory.kills, start, end):
            yield from say(moment, start, end, ("error", _KILLED.replace("{how}", "Out of memory")))
        for running in self._containers():
            killed = _KILLED.replace("{how}", "Memory cgroup out of memory").replace("python3", running.name)
            for life in running.lives.upto(end):
                if life.killed:
                    yield from say(life.end, start, end, ("error", killed))

    def _backups(self, start: float, end: float) -> Iterator[Line]:
        for run in self.world.runs(start - 7200, end, "backup"):
            if run.host != self.name:
                continue
            guest = self.world.house.guests[run.subject.partition("/")[2]]
            what = f"Backup of {'VM' if guest.kind == 'qemu' else 'CT'} {guest.vmid}"
            minutes, seconds = divmod(int(run.end - run.start), 60)
            yield from say(run.start, start, end, ("info", f"INFO: Starting {what} ({guest.kind})"))
            if run.error:
                yield from say(run.end, start, end, ("error", f"ERROR: {what} failed - {run.error}"))
            else:
                done = f"INFO: Finished {what} (00:{minutes:02d}:{seconds:02d})"
                yield from say(run.end, start, end, ("info", done))

    def _docker(self, start: float, end: float) -> Iterator[Line]:
        for running in self._containers():
            for life in running.lives.upto(end):
                if life.mode in {"crashing", "oom"}:
                    who = f"container {running.id[:12]} ({running.name})"
                    text = f"{who} exited with code {life.code}, restarting"
                    yield from say(life.end + 0.1, start, end, ("warn", text))
            for spell in running.spells.of("pull-failed"):
                why = f"manifest for {spell.detail} not found"
                text = f"Handler for POST /images/create returned error: {why}"
                yield from say(spell.start + 2.0, start, end, ("error", text))

    def _containers(self) -> Iterator[Running]:
        mine = f"container/{self.name}:"
        return (running for entity, running in self.world.containers.items() if entity.startswith(mine))


def _steps(level: Callable[[Floats], Floats], start: float, end: float) -> list[float]:
    """When a counter went up in a window, to the second; only the last day of a long one is looked at."""
    start = max(start, end - 86400.0)
    seconds = np.arange(np.floor(start), np.ceil(end) + 1)
    values = level(seconds)
    return [float(moment) for moment in seconds[1:][np.diff(values) > 0]]


def _replaced(text: str, places: dict[str, str]) -> str:
    for place, word in places.items():
        text = text.replace(place, word)
    return text
