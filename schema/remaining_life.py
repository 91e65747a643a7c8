"""How long a machine has left."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from schema.declared import several
from schema.diagnosis_words import DiagnosisReason
from twinql.context import Info
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.remaining_life.runs import Proof
from twinql.live.remaining_lives import Told, told_of
from twinql.storage.remaining_life import fleets_of

if TYPE_CHECKING:
    from schema.channel import Channel

HOUR_S = 3_600.0


@strawberry.type(
    description="How right the remaining lives of such machines are told: each run to failure was forecast, all along, "
    "from the others."
)
class RemainingLifeAccuracy:
    """How right it is."""

    failures: int = strawberry.field(description="How many runs to failure it was learned from.")
    censored: int = strawberry.field(description="How many runs that did not fail it was learned from.")
    count: int = strawberry.field(description="How many forecasts were tried.")
    rmse: float = strawberry.field(
        description="Root mean square error of p50, in hours; what is left beyond the cap counts as the cap."
    )
    age_rmse: float = strawberry.field(
        description="The same of the mean life less the age, in hours: what is known without any reading."
    )
    coverage: float = strawberry.field(
        description="The share of tries in which the truth lay between p10 and p90, 0 to 1."
    )

    @classmethod
    def of(cls, proof: Proof | None, step_s: float | None) -> Self | None:
        """Show it; None where nothing was learned."""
        if proof is None or step_s is None:
            return None
        return cls(
            failures=proof.failures,
            censored=proof.censored,
            count=proof.count,
            rmse=proof.rmse * step_s / HOUR_S,
            age_rmse=proof.age_rmse * step_s / HOUR_S,
            coverage=proof.coverage,
        )


@strawberry.type(
    description="How long a machine has left until it fails, learned from runs to failure of machines of its maker and "
    "model. All hours are null with a reason."
)
class RemainingUsefulLife:
    """A remaining life."""

    channel_ids: strawberry.Private[Sequence[UUID]]
    p10: float | None = strawberry.field(
        description="With nine chances in ten it fails no sooner, in hours; null beyond the cap too."
    )
    p50: float | None = strawberry.field(
        description="It fails as likely sooner as later, in hours; null beyond the cap too."
    )
    p90: float | None = strawberry.field(
        description="With nine chances in ten it fails no later, in hours; null beyond the cap too."
    )
    cap: float | None = strawberry.field(
        description="As far as can be told, in hours: 60 % of the median life. What is null without a reason lies "
        "there or beyond."
    )
    step: timedelta | None = strawberry.field(
        description="How long a row of readings is that it rests on; null where no runs say how long lives are."
    )
    accuracy: RemainingLifeAccuracy | None = strawberry.field(
        description="How right such answers are; null where nothing was learned."
    )
    reason: DiagnosisReason | None = strawberry.field(
        description="Why there is no remaining life: INSUFFICIENT_HISTORY for too few failures, an unknown or too "
        "recent beginning, NO_CHANNEL, CONSTANT, STALE. Null where there is one."
    )

    @strawberry.field(description="Its channels that were looked at: those that measure something, at most 12 by key.")
    async def channels(self, info: Info) -> list[Annotated["Channel", strawberry.lazy("schema.channel")]]:
        """Load them."""
        return await several(info, "schema.channel:Channel", self.channel_ids)

    @classmethod
    def of(cls, told: Told) -> Self:
        """Show a remaining life."""
        life, hours = told.life, (told.step_s or 0.0) / HOUR_S
        p10 = p50 = p90 = cap = None
        if not isinstance(life, Reason):
            cap = life.cap * hours
            p10, p50, p90 = (None if each >= life.cap else each * hours for each in (life.p10, life.p50, life.p90))
        return cls(
            p10=p10,
            p50=p50,
            p90=p90,
            cap=cap,
            step=None if told.step_s is None else timedelta(seconds=told.step_s),
            accuracy=RemainingLifeAccuracy.of(told.proof, told.step_s),
            reason=DiagnosisReason.of(life),
            channel_ids=[sheet.id for sheet in told.sheets],
        )


async def remaining_life_of(info: Info, machine: UUID) -> RemainingUsefulLife:
    """Say how long a machine has left, for all machines of the operation one after the other."""
    context = info.context

    async def load(machines: Sequence[UUID]) -> list[Any]:
        async with context.reading() as connection:
            fleets = await fleets_of(connection, machines, context.now)
        return [
            RemainingUsefulLife.of(
                await told_of(context.reading, context.life_models, await context.bench(), fleet, context.now)
            )
            for fleet in fleets
        ]

    found: RemainingUsefulLife = await context.together("remaining life", load).load(machine)
    return found
