"""How far values lie from a baseline, and how rare that is, upwards and downwards."""

from math import copysign

from twinql.domain.detection.finding import Memory
from twinql.domain.detection.stream_scale import NOISE, SHARE, SLOT_S, Stretch
from twinql.domain.detection.stream_season import Baseline, Pair
from twinql.domain.detection.stream_tail import Tail


class Excursions:
    """A baseline, and the tails of what lay above and below it.

    Attributes:
        baseline: What was expected of the value that was looked at last; None before the second. [unit]
        excursion: How far above that it lay. [unit]
        rarity: Decimal logarithm of how many slots pass for one excursion as large in that direction.
        slots: How long it stands for.
        learned: What was learned of the value: itself, or where it lies far beyond the record, what it was clipped to.
            [unit]
    """

    def __init__(self, level: Stretch, memory: Memory | None = None) -> None:
        known = memory or {}
        self._level = level
        self._follows = Baseline(known.get("follows"))
        self._up = Tail(known.get("up"))
        self._down = Tail(known.get("down"))
        self.baseline: float | None = None
        self.excursion = 0.0
        self.rarity = 0.0
        self.slots = 0.0
        self.learned = 0.0

    def look(self, compared: Pair, *, newest: Pair | None = None, step_s: float, clips: bool = False) -> None:
        """Look at a value, and learn from it afterwards.

        Args:
            compared: What is to be compared with the baseline: the newest value, or a mean of the newest ones. [unit]
            newest: The newest value, where another one is compared. [unit]
            step_s: How long the newest value stands for. [s]
            clips: Whether enough is known for what lies far beyond it to be clipped before it is learned from.
        """
        value, usual = compared
        self.baseline = self._follows.expected(usual)
        self.excursion = 0.0 if self.baseline is None else value - self.baseline
        if abs(self.excursion) <= NOISE * abs(value):
            self.excursion = 0.0
        tail = self._up if self.excursion > 0.0 else self._down
        self.rarity = tail.rarity(abs(self.excursion))
        self.slots = min(step_s / SLOT_S, 1.0)
        self.learned, excursion = value, self.excursion
        if clips and self.baseline is not None and (clipped := tail.clipped(abs(excursion))) < abs(excursion):
            excursion = copysign(clipped, excursion)
            self.learned = self.baseline + excursion
        self._up.add(max(excursion, 0.0), self.slots)
        self._down.add(max(-excursion, 0.0), self.slots)
        learned = self.learned, usual
        self._follows.learn(
            newest or learned, learned, weight=self._level.weight(step_s), share_weight=SHARE.weight(step_s)
        )

    def begin_again(self) -> None:
        """Forget the level, and keep how rare excursions are."""
        self._follows.begin_again()

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {"follows": self._follows.memory(), "up": self._up.memory(), "down": self._down.memory()}
