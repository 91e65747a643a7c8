"""The zones whose clocks were asked for lately.

Only a hint: a statement that knows the zones of its channels beforehand can be given how their clocks divide a period.
One that meets another zone ends, Python answers, and the zone is met.
"""

from collections.abc import Iterator

MOST = 8
"""How many are kept: each makes statements a little longer."""


class Zones:
    """Those met last."""

    def __init__(self) -> None:
        """Begin with none."""
        self._met: list[str] = []

    def meet(self, zone: str) -> None:
        """Keep a zone, and let go of the one that was met longest ago where there are too many."""
        self._met = [zone, *(each for each in self._met if each != zone)][:MOST]

    def __iter__(self) -> Iterator[str]:
        """Give those that are kept."""
        return iter(self._met)


MET = Zones()
"""Those of this process."""
