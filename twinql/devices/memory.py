"""What the simulator keeps in its site's attributes: for the next start, and as the switchboard for its faults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from twinql.domain.simulation.device_faults import DeviceFault, DeviceFaultName
from twinql.domain.simulation.faults import Fault, FaultName


@dataclass(frozen=True, slots=True)
class Memory:
    """The seed and the past of a demo site, and the faults that are switched on.

    Attributes:
        seed: Names the world; None where the site was not begun.
        until_s: Where its simulated past ends. [s since 1970 UTC]
        days: How many days that past has.
        faults: What is broken on purpose.
        devices: How its actuators misbehave on purpose.
    """

    seed: int | None = None
    until_s: int | None = None
    days: int = 0
    faults: tuple[Fault, ...] = ()
    devices: tuple[DeviceFault, ...] = ()

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; what somebody spoilt counts as missing."""
        try:
            faults = tuple(
                Fault(FaultName(each["name"]), each["signal"], each["since_s"], each["magnitude"], each.get("held"))
                for each in kept.get("faults", ())
            )
            devices = tuple(
                DeviceFault(DeviceFaultName(each["name"]), each["signal"], each["since_s"], each["magnitude"])
                for each in kept.get("devices", ())
            )
            return cls(kept.get("seed"), kept.get("until_s"), int(kept.get("days", 0)), faults, devices)
        except (AttributeError, KeyError, TypeError, ValueError):
            return cls()

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)
