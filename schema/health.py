"""How well channels and assets are, and whether assets are heard of."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.diagnosis_words import DiagnosisReason  # noqa: F401 - publishes the enums
from schema.from_readings import FromReadings
from twinql.context import Info
from twinql.domain.diagnosis import availability
from twinql.domain.diagnosis.availability import AvailabilityStatus
from twinql.domain.diagnosis.bands import CalibrationValidity, HealthStatus, IssueCode
from twinql.domain.diagnosis.health import Issue, asset_health
from twinql.domain.units import Unit
from twinql.storage.database import Connection
from twinql.storage.diagnosis import calibrations_of, sheets_of, sheets_of_assets
from twinql.storage.health import Checked, availabilities_of, healths_of, validity_of

if TYPE_CHECKING:
    from schema.alarm import Alarm


@strawberry.type(description="Something that takes points off a health, with the numbers behind it.")
class HealthIssue(FromReadings):
    """An issue of a channel."""

    code: IssueCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people: a sentence.")
    points: float = strawberry.field(description="How many of 100 points it takes off.")
    value: float | None = strawberry.field(
        description="The number behind it, in `unit`, or a share of 0 to 1; null where there is none."
    )
    threshold: float | None = strawberry.field(description="What that is compared with, in `unit` or as a share.")
    unit: Unit | None = strawberry.field(description="SECOND for times; null for shares and plain numbers.")
    alarm_id: strawberry.Private[UUID | None]
    alarm: Annotated["Alarm", strawberry.lazy("schema.alarm")] | None = to_one(
        "schema.alarm:Alarm", "alarm_id", description="The alarm, where it is one; else null."
    )

    @classmethod
    def of(cls, checked: Checked, issue: Issue) -> Self:
        """Show an issue."""
        return cls(
            span=checked.span,
            code=issue.code,
            message=issue.message,
            points=issue.points,
            value=issue.value,
            threshold=issue.threshold,
            unit=issue.unit,
            alarm_id=issue.alarm_id,
        )


@strawberry.type(description="How well a channel or an asset is. `bands` publishes how scores are called and made.")
class Health:
    """A health."""

    score: float | None = strawberry.field(
        description="From 100, where nothing is wrong, down to 0: 100 less the points of its issues. An asset has the "
        "least of its channels. Null where nothing was ever read."
    )
    status: HealthStatus = strawberry.field(description="How that is called.")
    issues: list[HealthIssue] = strawberry.field(description="What takes points off, the most first.")

    @classmethod
    def of_channel(cls, checked: Checked) -> Self:
        """Show the health of a channel."""
        health = checked.health
        issues = [HealthIssue.of(checked, issue) for issue in health.issues]
        return cls(score=health.score, status=health.status, issues=issues)

    @classmethod
    def unknown(cls) -> Self:
        """Show that of what is not diagnosed."""
        return cls(score=None, status=HealthStatus.UNKNOWN, issues=[])

    @classmethod
    def of_asset(cls, channels: Iterable[Checked]) -> Self:
        """Show the health of an asset by those of its channels."""
        by_number = {each.sheet.number: each for each in channels}
        health = asset_health({number: each.health for number, each in by_number.items()})
        issues = [HealthIssue.of(by_number[number], issue) for number, issue in health.issues]
        return cls(score=health.score, status=health.status, issues=issues)


@strawberry.type(description="Whether an asset is heard of, and since when.")
class Availability:
    """An availability."""

    status: AvailabilityStatus = strawberry.field(description="Whether it is heard of.")
    since: datetime | None = strawberry.field(
        description="ONLINE: since the end of its last silence. LATE and OFFLINE: when it was last heard of. Null for "
        "UNKNOWN."
    )
    at_least: bool = strawberry.field(
        description="Whether no silence was found as far back as was looked: then it is ONLINE for longer than since "
        "`since`."
    )
    last_heard_at: datetime | None = strawberry.field(
        description="When its newest reading was observed; null where it was never read."
    )

    @classmethod
    def of(cls, found: availability.Availability) -> Self:
        """Show an availability."""
        since, last = (
            None if at_s is None else datetime.fromtimestamp(at_s, UTC) for at_s in (found.since_s, found.last_s)
        )
        return cls(status=found.status, since=since, at_least=found.at_least, last_heard_at=last)


async def channel_health(info: Info, number: int, window: timedelta | None) -> Health:
    """Say how well a channel is, for all channels of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, numbers: Sequence[int]) -> list[Health]:
        sheets = [sheet for sheet in await sheets_of(connection, numbers) if sheet is not None and not sheet.schedule]
        checked = {each.sheet.number: each for each in await healths_of(connection, sheets, window, now)}
        return [Health.of_channel(checked[number]) if number in checked else Health.unknown() for number in numbers]

    found: Health = await info.context.batch(("health", window), load).load(number)
    return found


async def calibration_validity_of(info: Info, number: int) -> CalibrationValidity:
    """Say whether the calibration of a channel holds, for all channels of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, numbers: Sequence[int]) -> list[CalibrationValidity]:
        sheets = {each.number: each.id for each in await sheets_of(connection, numbers) if each is not None}
        until = [now] * len(sheets)
        made = dict(zip(sheets, await calibrations_of(connection, list(sheets.values()), until), strict=True))
        return [validity_of(made[number], now) for number in numbers]

    found: CalibrationValidity = await info.context.batch("calibration validity", load).load(number)
    return found


async def asset_health_of(info: Info, asset: UUID, window: timedelta | None) -> Health:
    """Say how well an asset is, for all assets of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, assets: Sequence[UUID]) -> list[Health]:
        by_asset = await sheets_of_assets(connection, assets)
        sheets = [sheet for sheets in by_asset for sheet in sheets]
        checked = iter(await healths_of(connection, sheets, window, now))
        return [Health.of_asset([next(checked) for _ in sheets]) for sheets in by_asset]

    found: Health = await info.context.batch(("asset health", window), load).load(asset)
    return found


async def availability_of(info: Info, asset: UUID) -> Availability:
    """Say whether an asset is heard of, for all assets of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, assets: Sequence[UUID]) -> list[Availability]:
        sheets = await sheets_of_assets(connection, assets)
        return [Availability.of(each) for each in await availabilities_of(connection, sheets, now)]

    found: Availability = await info.context.batch("availability", load).load(asset)
    return found
