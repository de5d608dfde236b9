"""Memory, CPU and disks that cannot keep up."""

from sre_assistant.investigation.hypotheses.model import Hypothesis, Step, above, below

MEMORY_PRESSURE = Hypothesis(
    id="memory-pressure",
    title="{instance} is short of memory ({value} available)",
    key="memory.available_ratio",
    explains=("memory.available_ratio", "memory.swap_used_ratio", "memory.stall_ratio"),
    requires=((below("memory.available_ratio", 0.10),),),
    supports=(
        below("memory.available_ratio", 0.05, 0.6),
        above("memory.stall_ratio", 0.05, 0.8),
        above("memory.swap_used_ratio", 0.5, 0.4),
        above("memory.oom_kills", 0.5, 0.6),
    ),
    owner="any",
    owner_requires=((below("memory.available_ratio", 1.0),),),
    harms="every process on {instance}: slow first, then killed",
    remedies=(
        Step("See who holds the memory", "ps -eo pid,comm,rss --sort=-rss | head -15"),
        Step("Restart or limit the one that grew; move a guest elsewhere"),
    ),
    next_checks=(
        "Which process or guest grew since then.",
        "Whether a ZFS cache that may shrink is counted as used.",
    ),
    words=("memory", "ram", "swap"),
)

OOM_KILL = Hypothesis(
    id="oom-kill",
    title="The kernel of {instance} killed processes for want of memory ({value})",
    key="memory.oom_kills",
    explains=("memory.oom_kills",),
    requires=((above("memory.oom_kills", 0.5),),),
    supports=(below("memory.available_ratio", 0.10, 0.6), above("memory.stall_ratio", 0.05, 0.4)),
    harms="the killed processes on {instance}, and whoever used them",
    remedies=(
        Step(
            "See which process was killed, and in which control group",
            "journalctl -k --grep 'Out of memory|oom-kill' -n 20",
        ),
        Step("Raise that container's limit, or find out why it grew"),
    ),
    next_checks=("Whether the limit of one container was hit or the whole machine was short.",),
    words=("oom", "killed"),
)

CPU_SATURATION = Hypothesis(
    id="cpu-saturation",
    title="The CPUs of {instance} are saturated ({value} busy)",
    key="cpu.busy_ratio",
    explains=("cpu.busy_ratio", "cpu.load_per_core", "cpu.stall_ratio", "cpu.iowait_ratio"),
    requires=((above("cpu.busy_ratio", 0.85),),),
    supports=(
        above("cpu.busy_ratio", 0.95, 0.6),
        above("cpu.load_per_core", 1.0, 0.6),
        above("cpu.stall_ratio", 0.2, 0.4),
    ),
    refutes=(above("cpu.iowait_ratio", 0.3, 1.2),),
    owner="any",
    owner_requires=((above("cpu.busy_ratio", 0.0),),),
    alone=False,
    harms="everything that computes on {instance}: slower answers",
    remedies=(
        Step("See who computes", "ps -eo pid,comm,pcpu --sort=-pcpu | head -15"),
        Step("Lower its priority or move it to another hour", "renice 10 -p PID"),
    ),
    next_checks=("Whether a scrub, a backup or an update runs at this hour every time.",),
    words=("cpu", "load", "processor"),
)

DISK_IO_SATURATION = Hypothesis(
    id="disk-io-saturation",
    title="Disk {device} of {instance} is saturated (busy {value} of the time)",
    key="disk.busy_ratio",
    explains=("disk.busy_ratio", "disk.queue_length", "disk.stall_ratio", "cpu.iowait_ratio"),
    requires=((above("disk.busy_ratio", 0.85),),),
    supports=(
        above("disk.queue_length", 4.0, 0.6),
        above("disk.stall_ratio", 0.2, 0.6),
        above("cpu.iowait_ratio", 0.15, 0.6),
    ),
    owner="any",
    owner_requires=((above("disk.busy_ratio", 0.0),),),
    alone=False,
    harms="everything that reads or writes {device} on {instance}",
    remedies=(
        Step("See who reads and writes", "pidstat -d 2 5"),
        Step("Pause the job, or give it idle priority", "ionice -c 3 -p PID"),
    ),
    next_checks=("Whether the disk itself is failing: its SMART attributes and kernel messages.",),
    words=("disk", "io", "iowait", "slow"),
)

FAMILY = (MEMORY_PRESSURE, OOM_KILL, CPU_SATURATION, DISK_IO_SATURATION)
