"""What can go wrong, or merely happen: each fault changes the world from its start on."""

from __future__ import annotations

from sre_assistant.sim.faults import around, machines, services, systems
from sre_assistant.sim.faults.model import Fault

AnyFault = (
    machines.FillDisk
    | machines.FillInodes
    | machines.BusyCpu
    | machines.Scrub
    | machines.SaturateDisk
    | machines.LeakMemory
    | machines.KillForMemory
    | machines.DriftClock
    | machines.HeatUp
    | machines.Free
    | systems.LoseHost
    | systems.Reboot
    | systems.LoseExporter
    | systems.FailScrapes
    | systems.StopGuest
    | systems.NoisyGuest
    | systems.BreakSystem
    | systems.Deny
    | systems.LoseSamples
    | systems.ExplodeSeries
    | services.FailPage
    | services.Certificate
    | services.CrashLoop
    | services.BadUpdate
    | services.Update
    | services.PullFailed
    | services.StopContainer
    | services.ContainerOom
    | services.LeakInContainer
    | services.Unhealthy
    | services.Throttle
    | services.BusyContainer
    | services.ChangeConfig
    | services.Say
    | services.PendingPod
    | services.StuckClaim
    | services.FullClaim
    | services.NodePressure
    | services.KubeletDown
    | around.FailDisk
    | around.LoseDisk
    | around.BadCable
    | around.PoolErrors
    | around.StopShare
    | around.StaleMount
    | around.LoseDevice
    | around.LossyNic
    | around.PowerCut
    | around.FailBackup
    | around.DisableJob
    | around.FillDatastore
    | around.LoseQuorum
)
"""Every kind of fault that a timeline can tell."""

CAUSES = frozenset(kind.cause for kind in AnyFault.__args__ if kind.cause) | {
    "alerts-undelivered",
    "backup-never",
    "certificate-expired",
    "dns-down",
    "filesystem-full",
    "internet-down",
    "network-device-gone",
    "node-down",
    "pool-near-full",
    "quota-exceeded",
    "smb-server-gone",
}
"""The ids of hypotheses that a truth may name: those of the faults, and those that depend on the moment."""

__all__ = ["CAUSES", "AnyFault", "Fault"]
