"""Keeps the last readings of temperatures that have limits, and says which of them make for one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from typing import Final
from uuid import UUID

import numpy as np

from twinql.domain.decisions.cooling import UNCOOLED_LEAD_S
from twinql.domain.decisions.recommendation import Reason
from twinql.domain.decisions.trend import LEAST_LEAD_S, MOST_LEAD_S, USUAL_LEAD_S, WINDOW, Trends, time_to, trends
from twinql.domain.events import ReadingEvent
from twinql.domain.forecasting.bulk import Beside, Made
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.prediction import Accuracy, Prediction
from twinql.domain.outlook import Outlook, is_beyond
from twinql.domain.readings import StoredQuality
from twinql.domain.units import Quantity
from twinql.live.advice import Look, Sight
from twinql.live.cooling import Cooling
from twinql.storage.forecasts import Issue, Subject

QUESTION: Final = "TREND"
"""What a forecast by a trend answers: no question of anybody's."""
STEP_S: Final = 10
_STEPS: Final = 30
_UNCOOLED_STEPS: Final = 120
"""Farther than a rise is believed without the usual cooling: what was believed is not let go of for a little less."""
_STEPS_BEYOND: Final = 3
"""So many steps after a limit is crossed a forecast still tells; farther a line says nothing."""
_LEVEL: Final = 0.8
_QUANTILE: Final = 1.2816
"""Of the standard normal distribution, at 0.9."""
_THINNED_S: Final = 1.9
"""Readings that follow faster than this are passed over: a trend needs time more than numbers. [s]"""
_SLOWEST_S: Final = 60.0
"""What is read more rarely is foreseen by its season and not by its slope. [s]"""
_BEYOND: Final = 3
"""So many readings in a row beyond a limit are no spike."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """That a limit will be crossed.

    Attributes:
        soon_s: In how long; 0 where it is. [s]
        lead_s: From how long before a limit on a trend of this channel is believed. [s]
        uncooled: That something that cools does less than usual; None where nothing is known to.
    """

    soon_s: float
    lead_s: float
    uncooled: Reason | None = None


@dataclass(slots=True)
class Lookout:
    """The last readings of the channels that it watches; rows of the arrays are channels.

    Attributes:
        leads: How long before a limit a trend is believed, by the number of the channel and whether the limit is a high
            one, where that was learned. [s]
        filled: Channels whose last readings are known.
        cooling: What is known of things that cool.
    """

    leads: dict[tuple[int, bool], float] = field(default_factory=dict)
    filled: set[int] = field(default_factory=set)
    cooling: Cooling = field(default_factory=Cooling)
    _subjects: dict[int, Subject] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)
    _at_s: np.ndarray = field(default_factory=lambda: np.full((0, WINDOW), -np.inf))
    _values: np.ndarray = field(default_factory=lambda: np.zeros((0, WINDOW)))

    @property
    def subjects(self) -> Mapping[int, Subject]:
        """The channels that are watched, by number."""
        return self._subjects

    def watch(self, subjects: Iterable[Subject]) -> list[int]:
        """Watch these channels and no others; return those whose last readings are to be filled in."""
        wanted = {each.number: each for each in subjects if _is_watched(each)}
        for number in self._places.keys() - wanted.keys():
            del self._places[number]
        free = sorted(set(range(len(self._at_s))) - set(self._places.values()), reverse=True)
        for number in wanted.keys() - self._places.keys():
            if not free:
                more = max(16, len(self._at_s))
                free = list(range(len(self._at_s) + more - 1, len(self._at_s) - 1, -1))
                self._at_s = np.vstack([self._at_s, np.full((more, WINDOW), -np.inf)])
                self._values = np.vstack([self._values, np.zeros((more, WINDOW))])
            self._places[number] = free.pop()
            self._at_s[self._places[number]] = -np.inf
            self.filled.discard(number)
        self._subjects = wanted
        self.filled &= wanted.keys()
        return sorted(wanted.keys() - self.filled)

    def fill(self, number: int, at_s: Sequence[float], values: Sequence[float]) -> None:
        """Take the stored readings of a channel, in order, in place of what is known of it."""
        place = self._places.get(number)
        if place is None:
            return
        self._at_s[place] = -np.inf
        for one_s, value in zip(at_s, values, strict=True):
            self._add(place, one_s, value)
        self.filled.add(number)

    def take(self, readings: Sequence[ReadingEvent]) -> set[int]:
        """Take readings as they arrive; return the numbers of the watched channels that they are of."""
        self.cooling.take(readings)
        touched: set[int] = set()
        for each in readings:
            place = self._places.get(each.channel_number)
            if place is None or each.value is None or each.quality is StoredQuality.BAD:
                continue
            if self._add(place, each.observed_at.timestamp(), each.value):
                touched.add(each.channel_number)
        return touched

    def look(self, numbers: Iterable[int], *, open_on: set[UUID], now: datetime) -> list[Sight]:
        """Say what the trends of channels lead to: of those that make for a limit, or have an open decision.

        Args:
            numbers: The channels.
            open_on: The ids of those with an open decision, which is to be renewed or let go of.
            now: The present.
        """
        chosen = [each for each in numbers if each in self._places]
        places = np.array([self._places[each] for each in chosen], dtype=np.intp)
        full = np.isfinite(self._at_s[places, 0]) if places.size else np.zeros(0, dtype=bool)
        chosen = [number for number, is_full in zip(chosen, full, strict=True) if is_full]
        if not chosen:
            return []
        places = places[full]
        found = trends(self._at_s[places], self._values[places])
        sights = []
        for row, number in enumerate(chosen):
            subject = self._subjects[number]
            since_s, at_s = (float(self._at_s[places[row], each]) for each in (0, -1))
            uncooled = self.cooling.does_less(subject.asset_id, since_s=since_s, at_s=at_s)
            claim = self._claim(subject, found, row, places[row], uncooled)
            if claim is not None or subject.id in open_on:
                issue = _issue(subject, found, row, at_s, now, steps=_steps(claim, uncooled))
                reasons = () if claim is None or claim.soon_s == 0.0 else _believed(claim)
                sights.append(Sight(Look.TREND, issue, _outlook(issue), claims=claim is not None, reasons=reasons))
        return sights

    def _claim(
        self, subject: Subject, found: Trends, row: int, place: np.intp, uncooled: Reason | None
    ) -> _Claim | None:
        """Say which limit is crossed soonest of those of which that is to be believed; None where none is."""
        newest = self._values[place, -_BEYOND:]
        if any(all(is_beyond(float(each), limit) for each in newest) for limit in subject.limits):
            return _Claim(0.0, 0.0)
        if not found.goes_on[row]:
            return None
        one, claims = slice(row, row + 1), []
        for limit in subject.limits:
            lead_s = self.leads.get((subject.number, limit.is_high), USUAL_LEAD_S)
            ahead = time_to(limit.value, is_high=limit.is_high, level=found.level[one], slope=found.slope[one])
            if lead_s < LEAST_LEAD_S or ahead[0] <= 0.0:
                continue
            warming = uncooled if limit.is_high else None
            if ahead[0] > lead_s and warming is not None:
                lead_s = UNCOOLED_LEAD_S
            if ahead[0] <= lead_s:
                claims.append(_Claim(float(ahead[0]), lead_s, warming))
        return min(claims, key=lambda each: each.soon_s, default=None)

    def _add(self, place: int, at_s: float, value: float) -> bool:
        if at_s < self._at_s[place, -1] + _THINNED_S:
            return False
        self._at_s[place, :-1] = self._at_s[place, 1:]
        self._values[place, :-1] = self._values[place, 1:]
        self._at_s[place, -1], self._values[place, -1] = at_s, value
        return True


def _is_watched(subject: Subject) -> bool:
    spacing_s = subject.spacing_s if subject.spacing_s is not None else subject.resolution_s
    return (
        subject.quantity == Quantity.TEMPERATURE.value
        and bool(subject.limits)
        and (spacing_s is None or spacing_s <= _SLOWEST_S)
    )


def _believed(claim: _Claim) -> tuple[Reason, ...]:
    """Say why a trend is believed."""
    code = "TREND_UNLIKE_BEFORE"
    message = "As the last readings go on, the limit is so near in time; nothing came as near before and turned back."
    if claim.lead_s > MOST_LEAD_S:
        code = "TREND_WITHOUT_USUAL_COOLING"
        message = "As the last readings go on, the limit is so near in time, and it is not cooled as usual."
    reason = Reason(code, message, round(claim.soon_s, 1), round(claim.lead_s, 1), "SECOND")
    return (reason,) if claim.uncooled is None else (claim.uncooled, reason)


def _steps(claim: _Claim | None, uncooled: Reason | None) -> int:
    """Say how far a forecast reaches: as far as what is claimed, or as far as an open decision is judged."""
    if claim is None:
        return _STEPS if uncooled is None else _UNCOOLED_STEPS
    return max(_STEPS, ceil(claim.soon_s / STEP_S) + _STEPS_BEYOND)


def _issue(subject: Subject, found: Trends, row: int, at_s: float, now: datetime, *, steps: int) -> Issue:
    """Tell a trend as a forecast; what does not go on is expected to stay."""
    level, noise = float(found.level[row]), float(found.noise[row])
    slope, error = (float(found.slope[row]), float(found.error[row])) if found.goes_on[row] else (0.0, 0.0)
    ahead_s = STEP_S * np.arange(1.0, steps + 1.0)
    median = level + slope * ahead_s
    spread = _QUANTILE * np.hypot(noise, error * ahead_s)
    lower, middle, upper = (
        np.clip(side, subject.lowest, subject.highest) for side in (median - spread, median, median + spread)
    )
    prediction = Prediction(ForecastModel.LOCAL_TREND, lower, middle, upper, Accuracy(0), level)
    seen_at = datetime.fromtimestamp(at_s, UTC)
    return Issue(
        subject=replace(subject, observed_at=seen_at),
        made=Made(prediction, Beside(np.full(steps, level), None)),
        issued_at=now,
        starts_at=datetime.fromtimestamp(at_s // STEP_S * STEP_S, UTC),
        step_s=STEP_S,
        level=_LEVEL,
        question=QUESTION,
    )


def _outlook(issue: Issue) -> Outlook:
    made = issue.made.prediction
    return Outlook(
        quantity=issue.subject.quantity,
        unit=issue.subject.unit,
        last_value=made.last_value,
        lower=made.lower,
        median=made.median,
        upper=made.upper,
        level=issue.level,
        step_s=issue.step_s,
        model=made.model,
    )
