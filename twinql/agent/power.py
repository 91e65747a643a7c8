"""How much power this computer draws, where Linux tells: from its battery, or from the counters of its processor."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

SYSFS: Final = Path("/sys/class")
_MICRO: Final = 1e-6


@dataclass(slots=True)
class PowerMeter:
    """A file of the kernel that tells power, or energy that grows.

    Attributes:
        name: What it measures.
        file: Where it is told.
        counts: Whether the file tells energy so far [µJ]; otherwise power now [µW].
        wraps_at: Where the energy starts again from zero. [µJ]
    """

    name: str
    file: Path
    counts: bool
    wraps_at: float = 0.0
    _last: tuple[float, float] | None = None

    @classmethod
    def found(cls, sysfs: Path = SYSFS) -> Self | None:
        """Look for one that can be read: a battery that tells its power, else the counter of the processor.

        Args:
            sysfs: Where Linux tells of devices.

        Returns:
            The meter; None where nothing tells. A counter often needs root.
        """
        for file in sorted(sysfs.glob("power_supply/BAT*/power_now")):
            if _number(file) is not None:
                return cls("Power of the battery", file, counts=False)
        for file in sorted(sysfs.glob("powercap/intel-rapl:*/energy_uj")):
            if _number(file) is not None:
                wraps_at = _number(file.with_name("max_energy_range_uj")) or 0.0
                return cls("Power of the processor", file, counts=True, wraps_at=wraps_at)
        return None

    def read(self, at_s: float) -> float | None:
        """Read the power; of a counter the mean since the last call.

        Args:
            at_s: The present of a clock that never goes back. [s]

        Returns:
            The power [W]; None at the first look at a counter, and where the file cannot be read.
        """
        told = _number(self.file)
        if told is None or not self.counts:
            return None if told is None else told * _MICRO
        last, self._last = self._last, (at_s, told)
        if last is None or at_s <= last[0]:
            return None
        grown = told - last[1]
        return (grown + self.wraps_at if grown < 0 else grown) * _MICRO / (at_s - last[0])


def _number(file: Path) -> float | None:
    with suppress(OSError, ValueError):
        return float(file.read_text(encoding="ascii"))
    return None
