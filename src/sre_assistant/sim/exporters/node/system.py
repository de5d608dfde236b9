"""The kernel, the clock, and what the machine is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.node.load import work
from sre_assistant.sim.exporters.shapes import (
    around,
    counted,
    fixed,
    gauge,
    many,
    one,
    started,
    steady,
)
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.signals import Constant, Scaled, Sum, uneven

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host


def kernel(host: Host) -> list[Family]:
    """Sockets, descriptors, paging and kills."""
    faults = uneven(Constant(0.4), host.seed + 61, 0.3)
    short = host.stalls["memory"]
    swap = Scaled(short, 4000.0)
    gauges = {
        "node_sockstat_TCP_alloc": 60.0,
        "node_sockstat_TCP_inuse": 38.0,
        "node_sockstat_TCP_tw": 12.0,
        "node_sockstat_sockets_used": 240.0,
        "node_netstat_Tcp_CurrEstab": 33.0,
        "node_nf_conntrack_entries": 310.0,
        "node_filefd_allocated": 3400.0,
    }
    untyped: dict[str, Level] = {
        "node_vmstat_oom_kill": host.memory.kills,
        "node_vmstat_pgfault": work(host, 4000.0),
        "node_vmstat_pgmajfault": counted(Sum((faults, Scaled(short, 900.0))), host.boots),
        "node_vmstat_pgpgin": counted(
            Scaled(Sum(tuple(d.reads for d in host.disks.values())), 1 / 1024), host.boots
        ),
        "node_vmstat_pgpgout": counted(
            Scaled(Sum(tuple(d.writes for d in host.disks.values())), 1 / 1024), host.boots
        ),
        "node_vmstat_pswpin": counted(swap, host.boots),
        "node_vmstat_pswpout": counted(Scaled(swap, 1.3), host.boots),
        "node_netstat_Tcp_OutSegs": counted(Scaled(host.transmit, 1 / 1200), host.boots),
        "node_netstat_Tcp_RetransSegs": counted(steady(0.02, host.name, "retrans"), host.boots),
        "node_netstat_Tcp_InErrs": fixed(0.0),
        "node_netstat_TcpExt_ListenDrops": fixed(0.0),
        "node_netstat_TcpExt_ListenOverflows": fixed(0.0),
        "node_netstat_Udp_InErrors": fixed(0.0),
        "node_netstat_Udp_NoPorts": counted(steady(0.001, host.name, "udp"), host.boots),
    }
    return [
        *(
            one(
                name,
                "gauge",
                f"Kernel statistic {name[5:]}.",
                around(host.seed + place, middle, middle * 0.1, whole=True),
            )
            for place, (name, middle) in enumerate(gauges.items(), 101)
        ),
        gauge("node_nf_conntrack_entries_limit", "Most tracked connections.", fixed(262144.0)),
        gauge("node_filefd_maximum", "Most file descriptors.", fixed(9.223372036854776e18)),
        gauge("node_entropy_available_bits", "Entropy.", fixed(256.0)),
        *(one(name, "unknown", f"Kernel statistic {name[5:]}.", level) for name, level in untyped.items()),
    ]


def clock(host: Host, epoch: float) -> list[Family]:
    """The machine's own idea of time, and of how good it is."""

    def error(t: Floats) -> Floats:
        return np.where(host.synchronised(t) > 0, 0.012, 16.0)

    return [
        gauge(
            "node_time_seconds",
            "The machine's time, unix seconds.",
            lambda t: t + epoch + host.offset(t),
        ),
        gauge(
            "node_boot_time_seconds",
            "Time of the last boot, unix seconds.",
            started(host.boots, epoch, 0),
        ),
        gauge("node_timex_sync_status", "Whether the clock follows a time server.", host.synchronised),
        gauge(
            "node_timex_offset_seconds",
            "Offset to the reference clock.",
            lambda t: np.round(host.offset(t), 9),
        ),
        gauge("node_timex_maxerror_seconds", "Greatest possible error.", error),
        gauge("node_timex_estimated_error_seconds", "Estimated error.", lambda t: error(t) / 100),
        gauge("node_timex_frequency_adjustment_ratio", "Frequency adjustment.", fixed(1.0000123)),
        gauge("node_timex_tai_offset_seconds", "Offset to atomic time.", fixed(37.0)),
    ]


def identity(host: Host) -> list[Family]:
    """Names and versions."""
    build = {
        "branch": "debian/sid",
        "goarch": "amd64",
        "goos": "linux",
        "goversion": "go1.19.8",
        "revision": "1.5.0-1+b6",
        "version": "1.5.0",
    }
    uname = {
        "domainname": "(none)",
        "machine": "x86_64",
        "nodename": host.name,
        "release": host.spec.kernel,
        "sysname": "Linux",
        "version": "#1 SMP PREEMPT_DYNAMIC",
    }
    system = {
        "id": "debian",
        "name": "Debian GNU/Linux",
        "pretty_name": "Debian GNU/Linux 12 (bookworm)",
        "version": "12 (bookworm)",
        "version_codename": "bookworm",
        "version_id": "12",
    }
    collectors = (
        "cpu",
        "diskstats",
        "filesystem",
        "loadavg",
        "meminfo",
        "netdev",
        "netstat",
        "pressure",
        "timex",
        "uname",
        "vmstat",
    )
    return [
        many("node_exporter_build_info", "gauge", "Version of the exporter.", [(build, fixed(1.0))]),
        many("node_uname_info", "gauge", "What uname says.", [(uname, fixed(1.0))]),
        many("node_os_info", "gauge", "What os-release says.", [(system, fixed(1.0))]),
        many(
            "node_scrape_collector_success",
            "gauge",
            "Whether a collector worked.",
            [({"collector": c}, fixed(1.0)) for c in collectors],
        ),
        many(
            "node_scrape_collector_duration_seconds",
            "gauge",
            "Time a collector took.",
            [
                ({"collector": c}, around(host.seed + place, 0.002, 0.001))
                for place, c in enumerate(collectors)
            ],
        ),
        gauge("node_textfile_scrape_error", "Whether a text file could not be read.", fixed(0.0)),
    ]
