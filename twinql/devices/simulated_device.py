"""The demo site's actuators as a device that commands reach."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from twinql.devices.demo_site import DemoSite
from twinql.devices.dispatcher import Acknowledgement
from twinql.devices.simulator import Simulator
from twinql.storage.dispatch import Waiting


class Actuated(Protocol):
    """What has actuators that can be set by the number of their channel: the running demo."""

    site: DemoSite
    simulator: Simulator | None

    def apply(self, channel_number: int, value: float) -> None:
        """Set an actuator."""


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """Hands commands to the simulator, which obeys at once."""

    plant: Actuated
    name: str = "simulator"

    def channels(self) -> Collection[int]:
        """Return the writable channels of the demo site; none while its simulator is starting."""
        if self.plant.simulator is None:
            return ()
        return [each.facts.number for each in self.plant.site.channels.values() if each.blueprint.writable]

    async def send(self, command: Waiting) -> Acknowledgement:
        """Set the actuator."""
        self.plant.apply(command.channel_number, command.desired)
        return Acknowledgement(executed=True, detail="The simulated device obeys.")
