"""Turns what looks ahead show into decisions: many at once, each made once, kept while it holds, and let go."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID, uuid4

import structlog

from twinql.domain.decisions.limits import LIMIT_RULE, cooling_back, is_calm, recommend
from twinql.domain.decisions.measures import Actuator
from twinql.domain.decisions.recommendation import Reason, Recommendation
from twinql.domain.decisions.standing import SETTLING, Seen, Standing, Turn, turn_of
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus
from twinql.domain.outlook import Outlook
from twinql.live.foreseen import foresee, no_longer
from twinql.live.foresight import FORESIGHT
from twinql.live.savings import Savings
from twinql.storage import decisions, forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.decisions import Making
from twinql.storage.forecasts import Issue
from twinql.storage.foreseeing import foreseen_on

WORTH: Final = timedelta(minutes=5)
"""For so long a decision is worth acting on, unless it is renewed."""

log = structlog.stdlib.get_logger("twinql.advisor")


class Look(Enum):
    """By what somebody looks ahead; the value says for how long what it showed is believed beside the other. [s]."""

    TREND = 30.0
    FORECAST = 90.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look ahead shows of a channel.

    Attributes:
        look: Which look.
        issue: The forecast, to be kept with a decision that rests on it.
        outlook: The same, as rules look at it.
        claims: Whether the limit is judged at all; otherwise it only says whether the channel is calm.
        reasons: What is to be said beside what the rule says.
    """

    look: Look
    issue: Issue
    outlook: Outlook
    claims: bool = True
    reasons: tuple[Reason, ...] = ()

    @property
    def channel_id(self) -> UUID:
        """The channel."""
        return self.issue.subject.id


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a look showed last.

    Attributes:
        sight: What it saw.
        found: What the rule recommends; None where nothing.
        calm: Whether an open decision has clearly lost its ground.
        seen: For how long the same was recommended; None where nothing is.
        at: When it looked.
    """

    sight: Sight
    found: Recommendation | None
    calm: bool
    seen: Seen | None
    at: datetime


@dataclass(slots=True)
class _Changes:
    """What is to be written at once."""

    issues: list[tuple[Issue, UUID]] = field(default_factory=list)
    makes: list[Making] = field(default_factory=list)
    expires: list[UUID] = field(default_factory=list)
    replaces: list[UUID] = field(default_factory=list)
    prolongs: list[UUID] = field(default_factory=list)
    settles: list[tuple[UUID, str]] = field(default_factory=list)
    calms: list[UUID] = field(default_factory=list)


@dataclass(slots=True)
class Advice:
    """The rule of limits, applied to what two looks show: the trend of the last readings, and the forecast.

    Attributes:
        database: Where decisions are.
        open_on: The ids of channels on which a decision is open, as far as is known.
        savings: What lowering loads would save, as far as that was learned.
        foreseen_on: The ids of channels whose alarm says that a limit will be crossed.
    """

    database: Database
    open_on: set[UUID] = field(default_factory=set)
    savings: Savings = field(default_factory=Savings)
    foreseen_on: set[UUID] = field(default_factory=set)
    _shown: dict[UUID, dict[Look, _Shown]] = field(default_factory=dict)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def recall(self) -> None:
        """Learn which decisions are open, and close those that nobody renewed."""
        async with self._one, self.database.transaction(FORESIGHT) as connection:
            self.open_on = await decisions.open_of(connection, LIMIT_RULE)
            self.foreseen_on = await foreseen_on(connection)

    async def decide(self, sights: Sequence[Sight], now: datetime, *, keep: Sequence[Issue] = ()) -> None:
        """Make, renew, replace and let go of decisions, as looks ahead show.

        Args:
            sights: At most one of a channel, which belongs to an asset.
            now: The present.
            keep: Forecasts to be kept whatever is decided, but for those of channels that break the mathematics.
        """
        if not sights:
            return
        async with self._one, self.database.transaction(FORESIGHT) as connection:
            assets = {each.issue.subject.asset_id for each in sights}
            near = await decisions.actuators_near(connection, [each for each in assets if each is not None], now)
            standing = await decisions.standing(connection, [each.channel_id for each in sights], LIMIT_RULE)
            changes, broken = _Changes(), set[UUID]()
            for sight in sights:
                try:
                    self._weigh(sight, near, standing.get(sight.channel_id), now, changes)
                except Exception:  # one channel with strange readings must not blind the advisor to all others
                    log.exception("A channel could not be looked ahead for.", channel=str(sight.channel_id))
                    broken.add(sight.channel_id)
            changes.issues += [(each, uuid4()) for each in keep if each.subject.id not in broken]
            await self._write(connection, changes, now)

    def _weigh(
        self,
        sight: Sight,
        near: Mapping[UUID, Sequence[Actuator]],
        standing: Standing | None,
        now: datetime,
        changes: _Changes,
    ) -> None:
        subject = sight.issue.subject
        assert subject.asset_id is not None
        actuators = near[subject.asset_id]
        self._show(sight, actuators, now)
        shown, calm = self._both(sight, now)
        found = shown.found
        if calm and found is None and subject.id in self.foreseen_on:
            changes.calms.append(subject.id)
        if (back := cooling_back(actuators, now)) is not None and not _cannot_wait(back, shown, now):
            if standing is not None and standing.is_open and standing.action is DecisionAction.RESTORE_COOLING:
                reason = f"Cooling is back: {back.name} was switched on at {back.switched_on_at:%Y-%m-%dT%H:%M:%SZ}."
                changes.settles.append((standing.id, reason))
            return
        turn = turn_of(standing, found, calm=calm, seen=shown.seen, now=now)
        if standing is not None and turn is Turn.PROLONG:
            changes.prolongs.append(standing.id)
        elif standing is not None and turn is Turn.EXPIRE:
            changes.expires.append(standing.id)
        elif turn in {Turn.MAKE, Turn.REPLACE}:
            assert found is not None
            if standing is not None and turn is Turn.REPLACE:
                changes.replaces.append(standing.id)
            forecast_id = uuid4()
            changes.issues.append((shown.sight.issue, forecast_id))
            seen_at = shown.sight.issue.subject.observed_at
            changes.makes.append(Making(subject, found, now, now + WORTH, forecast_id, observed_at=seen_at))

    def _show(self, sight: Sight, actuators: Sequence[Actuator], now: datetime) -> None:
        """Remember what a look shows of a channel."""
        subject = sight.issue.subject
        found = None
        if sight.claims:
            found = recommend(sight.outlook, channel_id=subject.id, limits=subject.limits, actuators=actuators)
        if found is not None and sight.reasons:
            found = replace(found, reasons=(found.reasons[0], *sight.reasons, *found.reasons[1:]))
        if found is not None:
            found = self.savings.told(found, actuators)
        shown = self._shown.setdefault(subject.id, {})
        before = shown.get(sight.look)
        seen = None
        if found is not None:
            known = before is not None and before.seen is not None
            seen = before.seen.again(found.action, now) if known else Seen(found.action, now)  # type: ignore[union-attr]
        calm = found is None and is_calm(sight.outlook, subject.limits)
        shown[sight.look] = _Shown(sight, found, calm, seen, now)

    def _both(self, sight: Sight, now: datetime) -> tuple[_Shown, bool]:
        """Return which look counts, and whether both are calm: what either of them sees coming is coming."""
        every = self._shown[sight.channel_id]
        valid = [each for look, each in every.items() if (now - each.at).total_seconds() <= look.value]
        own = every[sight.look]
        calm = all(each.calm for each in valid)
        acting = [each for each in valid if each.found is not None]
        if not acting:
            return own, calm
        return own if own in acting else acting[0], calm

    async def _write(self, connection: Connection, changes: _Changes, now: datetime) -> None:
        if changes.expires:
            await decisions.settle_all(connection, changes.expires, DecisionStatus.EXPIRED, now)
        if changes.replaces:
            await decisions.settle_all(connection, changes.replaces, DecisionStatus.SUPERSEDED, now)
        for decision_id, reason in changes.settles:
            await decisions.settle(connection, decision_id, DecisionStatus.EXPIRED, now, reason=reason)
        if changes.prolongs:
            await decisions.prolong(connection, changes.prolongs, now + WORTH)
        if changes.issues:
            issues, ids = zip(*changes.issues, strict=True)
            await forecasts.keep(connection, issues, ids)
        if changes.makes:
            await decisions.make_all(connection, changes.makes)
            self.open_on |= {each.subject.id for each in changes.makes}
            self.foreseen_on |= await foresee(connection, changes.makes, now)
        if changes.calms:
            await no_longer(connection, changes.calms, now)
            self.foreseen_on.difference_update(changes.calms)


def _cannot_wait(back: Actuator, shown: _Shown, now: datetime) -> bool:
    """Say whether the limit is still expected to be crossed before cooling can show, and that for a minute on end."""
    found = shown.found
    if found is None or shown.seen is None or back.switched_on_at is None or not shown.seen.is_steady(now):
        return False
    left_s = (back.switched_on_at + SETTLING - now).total_seconds()
    expected_s = found.impact.time_to_threshold_s
    return expected_s is not None and expected_s < left_s
