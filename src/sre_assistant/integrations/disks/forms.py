"""The forms in which exporters tell whether a disk spins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal["error", "unknown", "active", "standby"]
"""What the many codes come down to, what needs a look first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One exporter's way to tell power states."""

    exporter: str
    query: str
    """PromQL for the code of each hard disk, with labels that identify it."""
    codes: Mapping[float, tuple[str, State]]
    """The exporter's word for each code, and what it comes down to."""

    def word(self, value: float) -> str:
        """The exporter's word for a value."""
        known = self.codes.get(value)
        return known[0] if known else f"code {value:g}"

    def state(self, value: float) -> State:
        """What a value comes down to; one that is no code is unknown."""
        known = self.codes.get(value)
        return known[1] if known else "unknown"


_ACS: Final[Mapping[float, tuple[str, State]]] = {
    -2: ("error", "error"),
    -1: ("unknown", "unknown"),
    0: ("standby", "standby"),
    1: ("idle", "active"),
    2: ("active or idle", "active"),
    3: ("idle_a", "active"),
    4: ("idle_b", "active"),
    5: ("idle_c", "active"),
    6: ("active", "active"),
    7: ("sleep", "standby"),
}
_SCT: Final[Mapping[float, tuple[str, State]]] = {
    0: ("active", "active"),
    1: ("standby", "standby"),
    2: ("sleep", "standby"),
    3: ("self-test", "active"),
    4: ("offline data collection", "active"),
    5: ("SCT command", "active"),
}
_SAME_DISK: Final = "on (job, instance, device)"

FORMS: Final[tuple[Form, ...]] = (
    # Early releases also had a series per state, always 1, under the same name.
    Form(exporter="disk_status_exporter", query='disk_power_state{type="hdd",state=""}', codes=_ACS),
    Form(exporter="disk_status_exporter", query='disk_power_state_value{type="hdd"}', codes=_ACS),
    Form(
        exporter="smartctl_exporter",
        query=(
            f"smartctl_device_state * {_SAME_DISK} group_left (serial_number, model_name) smartctl_device "
            f"and {_SAME_DISK} (smartctl_device_rotation_rate > 0)"
        ),
        codes=_SCT,
    ),
)
"""In the order in which they are believed where several tell of one disk."""
