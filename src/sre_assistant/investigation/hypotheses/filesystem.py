"""File systems that are full, or on their way there."""

from sre_assistant.investigation.hypotheses.model import Hypothesis, Step, above, below, seen

DAY = 86_400.0

_BIGGEST = Step("See what takes the space", "du -xh --max-depth=2 {mountpoint} | sort -h | tail -20")
_DELETED = Step("Look for deleted files that a process still holds open", "lsof +L1 {mountpoint}")
_HARMS = "everything that writes to {mountpoint} on {instance}"

FULL = Hypothesis(
    id="filesystem-full",
    title="{mountpoint} on {instance} is full ({value} used)",
    key="filesystem.used_ratio",
    explains=("filesystem.used_ratio", "filesystem.available_bytes"),
    requires=((above("filesystem.used_ratio", 0.95),),),
    supports=(
        above("filesystem.used_ratio", 0.99, 1.0),
        below("filesystem.available_bytes", 256 * 2**20, 0.4),
    ),
    refutes=(above("filesystem.read_only", 0.5, 2.5),),
    owner="level",
    owner_requires=((above("filesystem.used_ratio", 0.0),),),
    harms=_HARMS,
    remedies=(
        _BIGGEST,
        _DELETED,
        Step("Remove what is yours to remove: old backups, logs, images; then watch it stay down"),
    ),
    next_checks=("Which directory grew: du on {mountpoint}, newest files first.",),
    words=("full", "space"),
)

FILLING = Hypothesis(
    id="filesystem-filling",
    title="{mountpoint} on {instance} is filling up: {value} until it is full at this rate",
    key="filesystem.time_to_full",
    explains=("filesystem.used_ratio", "filesystem.available_bytes", "filesystem.time_to_full"),
    requires=(
        (below("filesystem.time_to_full", DAY),),
        (above("filesystem.free_consumed_ratio", 0.03),),
        (above("filesystem.growth_kept", 0.1),),
    ),
    supports=(
        above("filesystem.free_consumed_ratio", 0.10, 0.6),
        above("filesystem.growth_kept", 0.5, 0.4),
        above("disk.write_rate", 2**20, 0.3),
    ),
    refutes=(above("filesystem.used_ratio", 0.95, 3.0), above("filesystem.read_only", 0.5, 2.5)),
    shows=("filesystem.growth", "network.receive_rate"),
    owner="trend",
    owner_requires=((seen("filesystem.time_to_full"),), (above("filesystem.growth_kept", 0.1),)),
    history="filesystem.used_ratio",
    onset="slope",
    harms=_HARMS,
    remedies=(
        Step("Find what writes there now", "lsof -n {mountpoint} | awk '$4 ~ /[0-9][uw]/'"),
        _BIGGEST,
        Step("Pause the job that writes, or point it at another file system"),
    ),
    next_checks=("Which job began when the growth began: backups, downloads, database dumps, logs.",),
    words=("filling", "fill", "growing", "grows"),
)

INODES = Hypothesis(
    id="inode-exhaustion",
    title="{mountpoint} on {instance} has run out of inodes ({value} used)",
    key="filesystem.inodes_used_ratio",
    explains=("filesystem.inodes_used_ratio",),
    requires=((above("filesystem.inodes_used_ratio", 0.95),),),
    supports=(below("filesystem.used_ratio", 0.9, 0.4), above("filesystem.inodes_used_ratio", 0.99, 0.8)),
    refutes=(above("filesystem.read_only", 0.5, 2.5),),
    owner="any",
    owner_requires=((above("filesystem.inodes_used_ratio", 0.0),),),
    harms=_HARMS,
    remedies=(
        Step(
            "Find the directory with too many small files",
            "du --inodes -xd 3 {mountpoint} | sort -n | tail -20",
        ),
        Step(
            "Remove them (mail queues, session files, caches), or recreate the file system with more inodes"
        ),
    ),
    next_checks=("Whether the number of files still grows.",),
    words=("inode", "inodes"),
)

FAMILY = (FULL, FILLING, INODES)
