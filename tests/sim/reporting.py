"""A house whose cluster also has a cron job."""

from __future__ import annotations

import msgspec

from sre_assistant.sim.house import House, WorkloadSpec
from sre_assistant.sim.quantities import Size
from sre_assistant.sim.scenario import Scenario


class WithReport(Scenario, frozen=True, kw_only=True):
    """A scenario in such a house: a report is written every half hour of a weekend."""

    def house(self) -> House:
        house = super().house()
        assert house.kubernetes
        report = WorkloadSpec(
            kind="cronjob", image="example/report:1", memory=Size(64 << 20), schedule="*/30 * * * 0,6"
        )
        spaces = house.kubernetes.namespaces
        more = {**spaces, "web": {**spaces["web"], "report": report}}
        return msgspec.structs.replace(
            house, kubernetes=msgspec.structs.replace(house.kubernetes, namespaces=more)
        )
