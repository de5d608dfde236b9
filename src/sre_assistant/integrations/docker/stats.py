"""What containers use, reckoned from their counters as ``docker stats`` does it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, TypeAlias

from sre_assistant.domain.errors import Missing, SourceError
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.docker import shapes
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.parse import Container
from sre_assistant.kit.outcomes import settled

MOST_WAITED_FOR: Final = 16
"""Of so few containers the daemon itself takes both samples; each takes it a second or two."""
MOST_MEASURED: Final = 200
_Samples: TypeAlias = tuple[shapes.Cpu | None, shapes.Stats]
_APART: Final = 1.0
"""Seconds between two samples that are taken here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one container uses; None where the daemon does not say."""

    container: str
    cpus: float | None
    """CPUs kept busy, e.g. 1.5."""
    memory: float | None
    """Bytes that the kernel could not take back at once."""
    limit: float | None
    """Bytes; None where it has no limit of its own."""
    throttled: float | None
    """Share of its CPU periods in which its quota held it back."""
    received: float | None
    """Bytes since its start, over all networks."""
    sent: float | None
    read: float | None
    """Bytes since its start, from all disks."""
    written: float | None
    processes: int | None


class Usage:
    """The use of one daemon's containers.

    Args:
        client: asks the daemon.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of(self, wanted: tuple[Container, ...]) -> Reading[tuple[Use, ...]]:
        """What running containers use, the busiest first.

        Few are measured by the daemon, which waits between two samples; of many, two samples each are
        asked for here, so that a whole host takes hardly longer than one container.
        """
        query = await self._client.asked(
            "containers", wanted[0].short_id if len(wanted) == 1 else "NAME", "stats"
        )
        asked = wanted[:MOST_MEASURED]
        measure = self._waited if len(asked) <= MOST_WAITED_FOR else self._paired
        samples, whole = await asyncio.gather(measure(asked), self._machine_memory())
        errors = [one for one in samples if isinstance(one, SourceError)]
        if errors and len(errors) == len(samples):
            raise errors[0]
        pairs = zip(asked, samples, strict=True)
        used = [use(one.name, *pair, whole) for one, pair in pairs if not isinstance(pair, SourceError)]
        used.sort(key=lambda each: (-(each.cpus or 0.0), -(each.memory or 0.0), each.container))
        failed = [error for error in errors if not isinstance(error, Missing)]
        return self._client.reading(
            tuple(used),
            query,
            cut=(
                f"{len(failed)} of {len(asked)} cannot be measured: {failed[0].detail}" if failed else "",
                f"{len(wanted) - len(asked)} further containers were not measured"
                if wanted[len(asked) :]
                else "",
            ),
        )

    async def _machine_memory(self) -> int:
        """Bytes, which a container without a limit shows as its own; 0 where they are not told."""
        try:
            return (await self._client.info()).mem_total
        except SourceError:
            return 0  # the limit is then shown as it comes

    async def _waited(self, asked: tuple[Container, ...]) -> list[_Samples | SourceError]:
        found = await asyncio.gather(*(self._sample(one, at_once=False) for one in asked))
        return [one if isinstance(one, SourceError) else (one.precpu_stats, one) for one in found]

    async def _paired(self, asked: tuple[Container, ...]) -> list[_Samples | SourceError]:
        before = await asyncio.gather(*(self._sample(one, at_once=True) for one in asked))
        await self._client.clock.sleep(_APART)
        after = await asyncio.gather(*(self._sample(one, at_once=True) for one in asked))
        return [
            second if isinstance(second, SourceError) else (getattr(first, "cpu_stats", None), second)
            for first, second in zip(before, after, strict=True)
        ]

    async def _sample(self, found: Container, *, at_once: bool) -> shapes.Stats | SourceError:
        return await settled(self._client.stats(found, at_once=at_once))


def use(name: str, before: shapes.Cpu | None, now: shapes.Stats, whole: int = 0) -> Use:
    """What two samples tell.

    Args:
        name: of the container.
        before: its CPU time in the first sample.
        now: the second sample.
        whole: bytes of the machine's memory; 0 when they are not known.
    """
    memory = now.memory_stats or shapes.Memory()
    networks = None if now.networks is None else list(now.networks.values())
    disks = now.blkio_stats.io_service_bytes_recursive if now.blkio_stats else None
    return Use(
        container=name,
        cpus=cpus(before, now.cpu_stats),
        memory=_resident(memory),
        limit=float(memory.limit) if memory.limit and not 0 < whole <= memory.limit else None,
        throttled=throttled(before, now.cpu_stats),
        received=None if networks is None else float(sum(each.rx_bytes for each in networks)),
        sent=None if networks is None else float(sum(each.tx_bytes for each in networks)),
        read=_moved(disks, "read"),
        written=_moved(disks, "write"),
        processes=now.pids_stats.current if now.pids_stats else None,
    )


def cpus(before: shapes.Cpu | None, now: shapes.Cpu | None) -> float | None:
    """CPUs kept busy between two samples; None where they are not two, or of one moment."""
    if not (before and now and before.cpu_usage and now.cpu_usage):
        return None
    if before.system_cpu_usage is None or now.system_cpu_usage is None or not now.online_cpus:
        return None
    passed = now.system_cpu_usage - before.system_cpu_usage
    worked = now.cpu_usage.total_usage - before.cpu_usage.total_usage
    return worked / passed * now.online_cpus if passed > 0 and worked >= 0 else None


def throttled(before: shapes.Cpu | None, now: shapes.Cpu | None) -> float | None:
    """Share of the periods between two samples in which a quota held it back; None without a quota."""
    if not (before and now and before.throttling_data and now.throttling_data):
        return None
    periods = now.throttling_data.periods - before.throttling_data.periods
    held = now.throttling_data.throttled_periods - before.throttling_data.throttled_periods
    return min(held / periods, 1.0) if periods > 0 and held >= 0 else None


def _resident(memory: shapes.Memory) -> float | None:
    """Memory without what the kernel keeps of files for convenience, under either version of cgroups."""
    if memory.usage is None:
        return None
    cache = memory.stats or shapes.Cache()
    idle = next((each for each in (cache.total_inactive_file, cache.inactive_file) if each is not None), 0)
    return float(memory.usage - idle) if 0 <= idle < memory.usage else float(memory.usage)


def _moved(disks: list[shapes.Transfer] | None, way: str) -> float | None:
    if not disks:
        return None  # the kernel counts nothing here, which is not the same as nothing read
    return float(sum(each.value for each in disks if each.op.lower() == way))
