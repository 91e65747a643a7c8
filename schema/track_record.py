"""What came of letting TwinQL act by itself, or of only watching what it would do."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from twinql.domain.automation import track_record as domain
from twinql.domain.automation.autonomy import AutonomyLevel


@strawberry.type(description="Money in one currency.")
class SavedMoney:
    """An amount."""

    amount: Decimal = strawberry.field(description="How much, in `currency`.")
    currency: str = strawberry.field(description="ISO 4217 code.")


@strawberry.type(
    description="What decisions saved, or would have saved, together. Null where no decision has the figure: none is "
    "invented."
)
class AutonomySavings:
    """Sums."""

    decisions: int = strawberry.field(description="Of how many decisions.")
    energy_kwh: float | None = strawberry.field(description="Energy saved, in kWh.")
    energy_known_for: int = strawberry.field(description="Of how many of them the energy is known.")
    peak_kw: float | None = strawberry.field(
        description="The largest peak power avoided by one of them, in kW: peaks at different times do not add up."
    )
    peak_known_for: int = strawberry.field(description="Of how many of them the peak is known.")
    costs: list[SavedMoney] = strawberry.field(description="Money saved, by currency; empty without a tariff.")
    cost_known_for: int = strawberry.field(description="Of how many of them the money is known.")

    @classmethod
    def of(cls, savings: domain.Savings) -> Self:
        """Show sums."""
        return cls(
            decisions=savings.decisions,
            energy_kwh=savings.energy_kwh,
            energy_known_for=savings.energy_known,
            peak_kw=savings.peak_kw,
            peak_known_for=savings.peak_known,
            costs=[SavedMoney(amount=amount, currency=currency) for currency, amount in savings.costs],
            cost_known_for=savings.cost_known,
        )


@strawberry.type(description="What came of the decisions for which a level was in effect.")
class AutonomyLevelRecord:
    """Counts."""

    level: AutonomyLevel = strawberry.field(description="The level that was in effect.")
    decisions: int = strawberry.field(description="How many decisions proposed a command.")
    commands: int = strawberry.field(description="How many commands came of them, each in one of these columns.")
    refused: int = strawberry.field(description="How many an interlock refused, or in the shadow would have refused.")
    verified: int = strawberry.field(description="Of how many commands a reading shows the effect.")
    without_effect: int = strawberry.field(
        description="How many showed none in time, failed, were refused by their device, or were never answered or "
        "fetched."
    )
    withdrawn: int = strawberry.field(
        description="How many came to nothing by people: cancelled, turned down, or never approved in time."
    )
    under_way: int = strawberry.field(description="How many commands are not over yet.")


@strawberry.type(description="What came of the decisions of a site that proposed a command.")
class TrackRecord:
    """A track record."""

    since: datetime = strawberry.field(description="Decisions since then are counted.")
    decisions: int = strawberry.field(description="How many there were, at all levels.")
    levels: list[AutonomyLevelRecord] = strawberry.field(
        description="By the level that was in effect, from the least on; those with decisions alone."
    )
    shadow: AutonomySavings = strawberry.field(
        description="What SHADOW would have saved: what was expected of the decisions that it would have carried out, "
        "whatever the level is by now. What one rule says of one channel again within 15 minutes after it was over has "
        "the same cause, and counts once."
    )
    realised: AutonomySavings = strawberry.field(
        description="What was measured of the decisions whose command was carried out, as its device said."
    )

    @classmethod
    def of(cls, record: domain.TrackRecord, since: datetime) -> Self:
        """Show a track record."""
        return cls(
            since=since,
            decisions=sum(each.decisions for each in record.levels),
            levels=[
                AutonomyLevelRecord(
                    level=each.level,
                    decisions=each.decisions,
                    commands=each.commands,
                    refused=each.refused,
                    verified=each.verified,
                    without_effect=each.without_effect,
                    withdrawn=each.withdrawn,
                    under_way=each.under_way,
                )
                for each in record.levels
            ],
            shadow=AutonomySavings.of(record.shadow),
            realised=AutonomySavings.of(record.realised),
        )
