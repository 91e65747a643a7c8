"""In which week what is calibrated, swapped or serviced on a site."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.health import HealthIssue
from twinql.context import Info
from twinql.domain.maintenance.rotation import Turn
from twinql.domain.maintenance.tasks import MaintenanceKind
from twinql.errors import InvalidInputError
from twinql.storage import rotation
from twinql.storage.database import Connection
from twinql.storage.health import Checked
from twinql.storage.rotation import rotation_of

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.calibration import Calibration
    from schema.channel import Channel
    from schema.maintenance_task import MaintenanceTask

MOST_WEEKS = 104
MOST_A_WEEK = 1_000
Weeks = Annotated[int, strawberry.argument(description="How many weeks, the present one first: 1 to 104.")]
Capacity = Annotated[int, strawberry.argument(description="How many things can be done in a week: 1 to 1,000.")]


@strawberry.type(description="Something that has to be done, and in which week.")
class RotationTurn:
    """A turn."""

    channel_id: strawberry.Private[UUID | None]
    asset_id: strawberry.Private[UUID | None]
    task_id: strawberry.Private[UUID | None]
    calibration_id: strawberry.Private[UUID | None]
    week: date | None = strawberry.field(
        description="The Monday of the week, by the site's time zone; null where no week has room: ask for more of "
        "them, or for more in a week."
    )
    kind: MaintenanceKind = strawberry.field(description="What is done.")
    due_on: date = strawberry.field(description="By when it has to be done.")
    late: bool = strawberry.field(
        description="Whether it was due before today, or is due before that week; or there is no week."
    )
    planned: bool = strawberry.field(description="Whether people have planned it for that week: it stays there.")
    clashes: bool = strawberry.field(
        description="Whether people have planned it for a week in which what stands in for it is out too. Nothing else "
        "clashes."
    )
    reason: str = strawberry.field(description="Why, in sentences with their numbers.")
    issue: HealthIssue | None = strawberry.field(
        description="What takes points off its health, with its readings; null where it is done for another reason."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The channel whose sensor it is; null where it is the asset itself.",
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset", "asset_id", description="The meter or machine; null for a sensor of the site itself."
    )
    task: Annotated["MaintenanceTask", strawberry.lazy("schema.maintenance_task")] | None = to_one(
        "schema.maintenance_task:MaintenanceTask",
        "task_id",
        description="The task that asks for it; null where none does: make one.",
    )
    calibration: Annotated["Calibration", strawberry.lazy("schema.calibration")] | None = to_one(
        "schema.calibration:Calibration", "calibration_id", description="The calibration that ends; null for none."
    )

    @classmethod
    def of(cls, turn: Turn, checked: Checked | None) -> Self:
        """Show a turn."""
        need = turn.need
        return cls(
            channel_id=need.channel_id,
            asset_id=need.asset_id,
            task_id=need.task_id,
            calibration_id=need.calibration_id,
            week=turn.week,
            kind=need.kind,
            due_on=need.due,
            late=turn.late,
            planned=need.planned is not None,
            clashes=turn.clashes,
            reason=need.reason,
            issue=None if need.issue is None or checked is None else HealthIssue.of(checked, need.issue),
        )


@strawberry.type(
    description="What has to be done to the sensors and assets of a site, spread over the coming weeks: of those that "
    "stand in for each other never two in one week."
)
class Rotation:
    """A schedule."""

    from_: date = strawberry.field(name="from", description="The Monday of the first week.")
    weeks: int = strawberry.field(description="How many weeks it has.")
    capacity_per_week: int = strawberry.field(description="How many things can be done in each.")
    turns: list[RotationTurn] = strawberry.field(
        description="What is done when: week by week, in each the most urgent first; what found no week comes last."
    )

    @classmethod
    def of(cls, found: rotation.Rotation, weeks: int, capacity: int) -> Self:
        """Show a schedule."""
        turns = [RotationTurn.of(each, _checked(each, found)) for each in found.turns]
        return cls(from_=found.first, weeks=weeks, capacity_per_week=capacity, turns=turns)


def _checked(turn: Turn, found: rotation.Rotation) -> Checked | None:
    about = turn.need.issue_channel_id
    return None if about is None else found.checked.get(about)


async def site_rotation_of(info: Info, site: UUID, weeks: int, capacity: int) -> Rotation | None:
    """Spread what has to be done over the coming weeks, for all sites that ask alike at once.

    Raises:
        InvalidInputError: Too many weeks or things a week are asked for, or none.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInputError(f"A rotation has 1 to {MOST_WEEKS} weeks; ask for as many.", path=("weeks",))
    if not 1 <= capacity <= MOST_A_WEEK:
        message = f"In a week 1 to {MOST_A_WEEK:,} things can be done; ask for as many."
        raise InvalidInputError(message, path=("capacityPerWeek",))
    now = info.context.now

    async def load(connection: Connection, sites: Sequence[UUID]) -> list[Rotation | None]:
        found = [await rotation_of(connection, each, now, weeks=weeks, capacity=capacity) for each in sites]
        return [None if each is None else Rotation.of(each, weeks, capacity) for each in found]

    made: Rotation | None = await info.context.batch(("rotation", weeks, capacity), load).load(site)
    return made
