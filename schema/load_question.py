"""What is asked of a load."""

from datetime import datetime

import strawberry

from schema.period import PeriodInput
from schema.scenario_question import key_in
from twinql.domain.scenarios.load_shift import LoadShift
from twinql.domain.scenarios.moves import Move


@strawberry.input(
    description="Energy that is used at another time, evenly over the other window. Exactly one of `energy`, `share` "
    "and `above` says how much."
)
class LoadMoveInput:
    """A move."""

    from_: datetime = strawberry.field(name="from", description="Where the window begins from which it is taken.")
    until: datetime = strawberry.field(description="Where that window ends.")
    to_from: datetime = strawberry.field(description="Where the window begins in which it is used instead.")
    to_until: datetime | None = strawberry.field(
        default=None, description="Where that window ends; left out, it is as long as the first one."
    )
    energy: float | None = strawberry.field(
        default=None, description="How much, in kWh, taken in proportion to what is used."
    )
    share: float | None = strawberry.field(
        default=None, description="The share of what is used, above 0 and at most 1."
    )
    above: float | None = strawberry.field(
        default=None, description="What is used above this mean power of each interval, in kW."
    )

    def to_domain(self) -> Move:
        """Say it in the words of the domain."""
        return Move(
            first=self.from_,
            last=self.until,
            to_first=self.to_from,
            to_last=self.to_until or self.to_from + (self.until - self.from_),
            energy_kwh=self.energy,
            share=self.share,
            above_kw=self.above,
        )


@strawberry.input(description="What would a meter cost, had its energy been used at other times, or if it will be.")
class LoadShiftInput:
    """A question about a load."""

    meter_id: strawberry.ID = strawberry.field(description="The meter.")
    during: PeriodInput = strawberry.field(
        description="The period that is costed, of at most 7 days, past or ahead by at most 8 days; all windows lie in "
        "it."
    )
    moves: list[LoadMoveInput] = strawberry.field(
        description="What is moved, at most 20, one after the other: each finds what the ones before it left."
    )
    tariff_id: strawberry.ID | None = strawberry.field(
        default=None, description="A tariff to reckon with in the place of what was agreed."
    )
    level: float = strawberry.field(
        default=0.8, description="Share of outcomes that should lie between p10 and p90 of a step, 0.5 to 0.99."
    )

    def to_domain(self) -> LoadShift:
        """Say it in the words of the domain."""
        first, last = self.during.countable()
        return LoadShift(
            meter_id=key_in(self.meter_id, "Meter", "loadShift", "meterId"),
            first=first,
            last=last,
            moves=[each.to_domain() for each in self.moves],
            tariff_id=None if self.tariff_id is None else key_in(self.tariff_id, "Tariff", "loadShift", "tariffId"),
            level=self.level,
        )
