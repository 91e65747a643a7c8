"""What goes together in a machine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Self
from uuid import UUID

import strawberry

from schema import machine_words  # noqa: F401 - publishes the enums
from schema.declared import key_of
from schema.described import publish
from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import ReadingStretch
from twinql.context import Info
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.diagnosis.sheet import Sheet
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheets_of_assets
from twinql.storage.machine_relations import PAIRS, CorrelationPair, Related, relate, usual_relations

Period = tuple[datetime, datetime]


class CorrelationMethod(Enum):
    """What is compared."""

    PEARSON = "PEARSON"
    SPEARMAN = "SPEARMAN"


publish(
    CorrelationMethod,
    "What is compared.",
    PEARSON="Values.",
    SPEARMAN="Ranks: where one of the two is a STATE, whose codes have an order alone.",
)
MaxLag = Annotated[
    timedelta,
    strawberry.argument(
        description="Up to how much later one may follow the other; at most 100 steps of the grid are tried."
    ),
]
OneChannel = Annotated[strawberry.ID, strawberry.argument(description="A channel of the machine.")]


@strawberry.type(description="How much two channels go together, and how long after each other.")
class ChannelCorrelation:
    """A correlation."""

    x: ReadingStretch | None = strawberry.field(
        description="The first channel; null where the machine has no such channel in use."
    )
    y: ReadingStretch | None = strawberry.field(
        description="The second channel; null where the machine has no such channel in use."
    )
    r: float | None = strawberry.field(
        description="The correlation where it is strongest, -1 to 1; null with a reason."
    )
    lag_seconds: float | None = strawberry.field(
        description="By how many seconds `y` follows `x` there; negative where it goes before."
    )
    n: int | None = strawberry.field(description="How many pairs it was taken from; null with a reason.")
    effective: float | None = strawberry.field(
        description="How many independent pairs these are worth, since readings resemble those before them."
    )
    p_value: float | None = strawberry.field(
        description="How likely so strong a correlation at any of the lags is where there is none, 0 to 1."
    )
    method: CorrelationMethod | None = strawberry.field(description="What is compared; null with a reason.")
    step: timedelta | None = strawberry.field(
        description="The time between two pairs; null where one of the channels is missing."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, related: Related, period: Period) -> Self:
        """Show a correlation."""
        told = None if isinstance(related.found, Reason) else related.found
        step_s = None if related.grid is None else related.grid.step_s
        method = CorrelationMethod.SPEARMAN if told is not None and told.ranked else CorrelationMethod.PEARSON
        return cls(
            x=None if related.x is None else ReadingStretch(span=related.x.span(*period)),
            y=None if related.y is None else ReadingStretch(span=related.y.span(*period)),
            r=None if told is None else told.r,
            lag_seconds=None if told is None or step_s is None else told.lag * step_s,
            n=None if told is None else told.pairs,
            effective=None if told is None else told.effective,
            p_value=None if told is None else told.p_value,
            method=None if told is None else method,
            step=None if step_s is None else timedelta(seconds=step_s),
            reason=DiagnosisReason.of(related.found),
        )


@strawberry.type(description="One of the pairs that often go together, and how much they do.")
class UsualCorrelation:
    """A named correlation."""

    pair: CorrelationPair = strawberry.field(description="Which pair.")
    correlation: ChannelCorrelation = strawberry.field(
        description="How much they go together, by the first channel of each quantity, by key."
    )


async def correlation_of(
    info: Info, machine: UUID, ids: tuple[strawberry.ID, strawberry.ID], period: Period, most_lag: timedelta
) -> ChannelCorrelation:
    """Set two channels of a machine against each other, with a reason where one of the two is not in use on it.

    Raises:
        InvalidInputError: An id is not a channel's.
    """
    keys = key_of(ids[0], "Channel"), key_of(ids[1], "Channel")

    async def load(connection: Connection, asked: Sequence[UUID]) -> list[ChannelCorrelation]:
        machines = [{sheet.id: sheet for sheet in sheets} for sheets in await sheets_of_assets(connection, asked)]
        pairs: list[tuple[Sheet | None, Sheet | None]] = [
            (channels.get(keys[0]), channels.get(keys[1])) for channels in machines
        ]
        related = await relate(connection, pairs, period, most_lag)
        own = [each if each.grid is not None else replace(each, found=_not_its_own(each)) for each in related]
        return [ChannelCorrelation.of(each, period) for each in own]

    found: ChannelCorrelation = await info.context.batch(("correlation", *keys, period, most_lag), load).load(machine)
    return found


def _not_its_own(related: Related) -> Reason:
    which = " and ".join(name for name, sheet in (("x", related.x), ("y", related.y)) if sheet is None)
    return Reason(
        ReasonCode.NO_CHANNEL,
        f"The machine has no such channel in use as `{which}`; name two of its own, without plans and prices.",
    )


async def usual_correlations(info: Info, machine: UUID, period: Period, most_lag: timedelta) -> list[UsualCorrelation]:
    """Set the usual pairs of a machine against each other, for all machines of the operation at once."""

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[list[UsualCorrelation]]:
        return [
            [
                UsualCorrelation(pair=pair, correlation=ChannelCorrelation.of(each, period))
                for pair, each in zip(PAIRS, related, strict=True)
            ]
            for related in await usual_relations(connection, machines, period, most_lag)
        ]

    found: list[UsualCorrelation] = await info.context.batch(("correlations", period, most_lag), load).load(machine)
    return found
