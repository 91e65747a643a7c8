"""Keeps what things that cool read last, and says of which assets they do less than usual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from twinql.domain.decisions.cooling import Cooler, Doing, after, does_less
from twinql.domain.decisions.recommendation import Reason
from twinql.domain.events import ReadingEvent
from twinql.domain.readings import StoredQuality

_ON: Final = 0.5


@dataclass(slots=True)
class Cooling:
    """What cools assets, as far as that was learned, and what it read last.

    What is switched off rests because somebody wants it to, often together with what it cools: that is no failure.
    """

    _near: dict[UUID, Sequence[Cooler]] = field(default_factory=dict)
    _coolers: dict[int, Cooler] = field(default_factory=dict)
    _doing: dict[int, Doing] = field(default_factory=dict)
    _is_on: dict[int, bool] = field(default_factory=dict)

    def learn(self, near: Mapping[UUID, Sequence[Cooler]]) -> None:
        """Take what cools these assets in place of what was known of them."""
        self._near |= near
        self._coolers = {each.number: each for some in self._near.values() for each in some}
        self._doing = {number: doing for number, doing in self._doing.items() if number in self._coolers}
        switches = {each.switch: not each.was_off for each in self._coolers.values() if each.switch is not None}
        self._is_on = {number: self._is_on.get(number, is_on) for number, is_on in switches.items()}

    def take(self, readings: Iterable[ReadingEvent]) -> None:
        """Take readings as they arrive, whatever they are of."""
        for each in readings:
            if each.value is None or each.quality is StoredQuality.BAD:
                continue
            if each.channel_number in self._is_on:
                self._is_on[each.channel_number] = each.value >= _ON
            elif (cooler := self._coolers.get(each.channel_number)) is not None:
                self._follow(cooler, each.observed_at.timestamp(), each.value)

    def _follow(self, cooler: Cooler, at_s: float, value: float) -> None:
        before = self._doing.get(cooler.number)
        if not self._rests(cooler) and (before is None or at_s > before.at_s):
            self._doing[cooler.number] = after(cooler, before, at_s, value)

    def _rests(self, cooler: Cooler) -> bool:
        """Say whether it is switched off; what it read before is forgotten then."""
        rests = cooler.switch is not None and not self._is_on[cooler.switch]
        if rests:
            self._doing.pop(cooler.number, None)
        return rests

    def does_less(self, asset_id: UUID | None, *, since_s: float, at_s: float) -> Reason | None:
        """Say why an asset has been cooled less than usual since an instant; None where it has not, or nothing tells.

        Args:
            asset_id: The asset; None has none.
            since_s: Since when, seconds since 1970 UTC. [s]
            at_s: The present, seconds since 1970 UTC. [s]
        """
        if asset_id is None:
            return None
        for cooler in self._near.get(asset_id, ()):
            doing = None if self._rests(cooler) else self._doing.get(cooler.number)
            reason = None if doing is None else does_less(cooler, doing, since_s=since_s, at_s=at_s)
            if reason is not None:
                return reason
        return None
