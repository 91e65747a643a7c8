"""A stretch of a channel that somebody looks at: each trait is worked out when it is asked for, and once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from twinql.context import Context
from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis.health import stuck
from twinql.domain.diagnosis.present import Age, InTarget, in_target
from twinql.domain.diagnosis.reason import NOT_FOR_STATES, STUCK_SENSOR, Reason
from twinql.domain.diagnosis.recent import recent_slope
from twinql.domain.diagnosis.sheet import Sheet, window_of
from twinql.domain.diagnosis.slope import Slope, slope_of
from twinql.domain.diagnosis.stretch import Stretch, rate_per_hour, since_reset
from twinql.domain.diagnosis.traits import (
    Stability,
    TimeTo,
    allowed_reach,
    noise_of,
    stability_of,
    time_to,
    usual_spread,
)
from twinql.errors import InvalidInputError
from twinql.storage.aside import aside
from twinql.storage.diagnosis import Sample, alarms_holding, earlier_windows, samples_of, sheets_of
from twinql.storage.health import ages_of

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Readings are not taken from before."""


@dataclass(slots=True)
class Looked:
    """A stretch of a channel.

    Attributes:
        sheet: The channel.
        sample: Its readings.
        values: What traits are taken from: what a register counted in an hour, else the readings.
    """

    sheet: Sheet
    sample: Sample
    values: Stretch
    _slope: "asyncio.Task[Slope | Reason] | None" = field(default=None, repr=False)
    _recent: "asyncio.Task[Slope | Reason] | None" = field(default=None, repr=False)

    @classmethod
    async def at(cls, context: Context, number: int, window: timedelta | None, until: datetime | None) -> Self:
        """Read the newest readings of a window, for all channels at once.

        Raises:
            InvalidInputError: The window is too short or too long, or ends before there can be readings.
        """
        sheet: Sheet = await context.batch("sheet", sheets_of).load(number)
        last = until or context.now
        length = window_of(window, sheet.resolution_s)
        if last - EARLIEST < length:
            raise InvalidInputError("Nothing was ever read so long ago; name a later end.", path=["until"])
        span = sheet.span(last - length, last)
        sample: Sample = await context.batch("sample", samples_of).load(span)
        cumulative = sheet.kind is ReadingKind.CUMULATIVE
        return cls(sheet, sample, rate_per_hour(sample.stretch) if cumulative else sample.stretch)

    @property
    def per_hour(self) -> bool:
        """Whether values are what was counted in an hour."""
        return self.sheet.kind is ReadingKind.CUMULATIVE

    @property
    def _coded(self) -> bool:
        return self.sheet.kind is ReadingKind.STATE

    async def slope(self, context: Context) -> Slope | Reason:
        """Return the line through its values."""
        if self._slope is None:
            self._slope = asyncio.ensure_future(self._line(context, self.values))
        return await asyncio.shield(self._slope)

    async def trend(self, context: Context) -> Slope | Reason:
        """Return the line through its values; a reason where a stuck sensor goes nowhere."""
        return await self._stuck(context) or await self.slope(context)

    async def recent(self, context: Context) -> Slope | Reason:
        """Return the line through the newest of its values that go on as they do now."""
        if reason := await self._stuck(context):
            return reason
        if self._recent is None:
            self._recent = asyncio.ensure_future(self._line(context, self.values, recent=True))
        return await asyncio.shield(self._recent)

    async def _line(self, context: Context, values: Stretch, *, recent: bool = False) -> Slope | Reason:
        if self._coded:
            return NOT_FOR_STATES
        name, lines = ("recent slope", _recent_slopes) if recent else ("slope", _slopes)
        found: Slope | Reason = await context.together(name, lines).load(values)
        return found

    async def _stuck(self, context: Context) -> Reason | None:
        """Return why its values say nothing, where an alarm held at the end of the window that the sensor is stuck."""
        last = self.sample.span.last
        alarms = await context.batch(
            ("alarms holding", last), lambda connection, channels: alarms_holding(connection, channels, last)
        ).load(self.sheet.id)
        return STUCK_SENSOR if stuck(alarms) else None

    async def stability(self, context: Context) -> Stability | Reason:
        """Return how still it holds."""
        if self._coded:
            return NOT_FOR_STATES
        if reason := await self._stuck(context):
            return reason
        _, low, high, _ = self.sheet.limits
        target, limits = ((None, None),) * 2 if self.per_hour else (self.sheet.target, (low, high))
        reach = allowed_reach(target=target, limits=limits, usual_spread=None)
        if isinstance(reach, Reason):
            earlier = await context.batch("earlier", earlier_windows).load(self.sample.span)
            windows = [(rate_per_hour(each) if self.per_hour else each).values for each in earlier]
            reach = allowed_reach(target=target, limits=limits, usual_spread=usual_spread(windows))
        return stability_of(self.values, reach)

    def noise(self) -> float | Reason:
        """Return how much it jitters."""
        return NOT_FOR_STATES if self._coded else noise_of(self.values)

    async def age(self, context: Context) -> Age | Reason:
        """Return how old its newest reading was at the end of the window."""
        last = self.sample.span.last
        found: Age | Reason = await context.batch(
            ("age", last), lambda connection, sheets: ages_of(connection, sheets, last)
        ).load(self.sheet)
        return found

    async def in_target(self, context: Context) -> InTarget | Reason:
        """Return where it lies, seen from its target band."""
        if reason := await self._stuck(context):
            return reason
        lowest, highest = self.sheet.target
        until_s, spacing_s = self.sample.span.last.timestamp(), self.sheet.resolution_s
        return in_target(self.sample.stretch, minimum=lowest, maximum=highest, until_s=until_s, spacing_s=spacing_s)

    async def time_to(self, context: Context, threshold: float) -> TimeTo | Reason:
        """Return when it reaches a threshold; a register by what it showed since its last reset."""
        if reason := await self._stuck(context):
            return reason
        if self.per_hour:
            slope = await self._line(context, since_reset(self.sample.stretch), recent=True)
        else:
            slope = await self.recent(context)
        return slope if isinstance(slope, Reason) else time_to(slope, threshold)


async def _slopes(stretches: Sequence[Stretch]) -> list[Slope | Reason]:
    return await aside(lambda: [slope_of(each) for each in stretches])


async def _recent_slopes(stretches: Sequence[Stretch]) -> list[Slope | Reason]:
    return await aside(lambda: [recent_slope(each) for each in stretches])
