"""What a person should look at now."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema import decision, vocabulary  # noqa: F401 - publish the enums
from schema.declared import named, one, to_one
from schema.described import publish
from schema.evidence import Evidence, evidence_of
from schema.node import Node
from twinql.context import Info
from twinql.domain.decisions.vocabulary import Urgency
from twinql.domain.diagnosis.insights import Insight as Found
from twinql.domain.diagnosis.insights import InsightKind
from twinql.errors import InvalidInputError
from twinql.storage.database import Connection
from twinql.storage.insights import insights_of

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.channel import Channel

publish(
    InsightKind,
    "What an insight rests on.",
    ALARM="An open alarm, or several of one channel.",
    DECISION="A recommendation that waits for somebody.",
    HEALTH="Something that takes points off the health of a channel.",
    CALIBRATION="A calibration that has ended, or ends soon.",
    MAINTENANCE="A maintenance task that was due and is not done.",
    REJECTED_READINGS="Readings that were refused and wait to be mended.",
)
MOST_INSIGHTS = 100
"""How many a caller may ask for."""
_NODES = {
    InsightKind.ALARM: "schema.alarm:Alarm",
    InsightKind.DECISION: "schema.decision:Decision",
    InsightKind.HEALTH: "schema.channel:Channel",
    InsightKind.CALIBRATION: "schema.calibration:Calibration",
    InsightKind.MAINTENANCE: "schema.maintenance_task:MaintenanceTask",
    InsightKind.REJECTED_READINGS: "schema.rejected_reading:RejectedReading",
}


@strawberry.type(description="Something that a person should look at now, with why, and the numbers behind it.")
class Insight:
    """An insight."""

    node_id: strawberry.Private[UUID]
    channel_id: strawberry.Private[UUID | None]
    asset_id: strawberry.Private[UUID | None]
    kind: InsightKind = strawberry.field(description="What it rests on.")
    urgency: Urgency = strawberry.field(description="How soon somebody should look.")
    message: str = strawberry.field(description="What is the matter, in a sentence.")
    reason: str = strawberry.field(description="Why somebody should look, in a sentence.")
    since: datetime = strawberry.field(
        description="Since when; for readings that are missing, BAD or out of target, where the time begins that was "
        "looked at."
    )
    evidence: list[Evidence] = strawberry.field(
        description="The numbers behind it, each with the readings that it was taken from. Empty where there are none, "
        "as for refused readings, tasks and calibrations: `node` leads to those."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel of which it speaks; null where none."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset",
        "asset_id",
        description="The meter or machine of which it speaks; null for a channel of the site itself.",
    )

    @strawberry.field(
        description="What it rests on: the alarm, the decision, the calibration, the task, the channel, or the reading "
        "refused last; null where it is gone meanwhile."
    )
    async def node(self, info: Info) -> Node | None:
        """Load it."""
        return await one(info, named(_NODES[self.kind]), self.node_id)

    @classmethod
    async def at(cls, info: Info, site_id: UUID, first: int) -> list[Self]:
        """Look at a site, together with all others that are asked for at the same moment.

        Raises:
            InvalidInputError: Too many are wanted, or none.
        """
        if not 1 <= first <= MOST_INSIGHTS:
            raise InvalidInputError(f"insights gives 1 to {MOST_INSIGHTS} of them; ask for as many.", path=("first",))
        found: list[Found] = await info.context.batch("insights", partial(_load, now=info.context.now)).load(site_id)
        return [cls.of(each) for each in found[:first]]

    @classmethod
    def of(cls, found: Found) -> Self:
        """Show what was found."""
        return cls(
            node_id=found.node_id,
            channel_id=found.place.channel_id,
            asset_id=found.place.asset_id,
            kind=found.kind,
            urgency=found.urgency,
            message=found.message,
            reason=found.reason,
            since=found.since,
            evidence=evidence_of(found.evidence),
        )


async def _load(connection: Connection, sites: Sequence[UUID], *, now: datetime) -> list[list[Found]]:
    return [await insights_of(connection, site, now) for site in sites]
