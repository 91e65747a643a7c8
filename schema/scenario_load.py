"""What comes of a load that is shifted: energy, money and carbon."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

import strawberry

from twinql.domain.instants import parse_instant
from twinql.domain.tariffs.money import rounded

Written = Mapping[str, Any]
"""What was written down of a scenario, as JSON gives it back."""


@strawberry.type(description="Energy that is used at another time.")
class LoadMove:
    """A move; one of `energy`, `share` and `above` says how much."""

    from_: datetime = strawberry.field(name="from", description="Where the window begins from which it is taken.")
    until: datetime = strawberry.field(description="Where that window ends.")
    to_from: datetime = strawberry.field(description="Where the window begins in which it is used instead.")
    to_until: datetime = strawberry.field(description="Where that window ends.")
    energy: float | None = strawberry.field(description="How much, in kWh; null where it was said otherwise.")
    share: float | None = strawberry.field(description="The share of what is used; null where it was said otherwise.")
    above: float | None = strawberry.field(
        description="What is used above this mean power, in kW; null where it was said otherwise."
    )

    @classmethod
    def all_of(cls, asked: Written) -> list[Self]:
        """Show the moves of a scenario."""
        return [
            cls(
                from_=parse_instant(each["from"]),
                until=parse_instant(each["until"]),
                to_from=parse_instant(each["to_from"]),
                to_until=parse_instant(each["to_until"]),
                energy=each["energy"],
                share=each["share"],
                above=each["above"],
            )
            for each in asked.get("moves", ())
        ]


@strawberry.type(
    description="An amount of money, VAT included, in the currency, rounded to its minor unit; with bounds where the "
    "load is expected and was not read."
)
class MoneyRange:
    """An amount with what it would be at the bounds of the load."""

    amount: Decimal | None = strawberry.field(description="With the load as it was read, or the median of each step.")
    exact: Decimal | None = strawberry.field(description="The same before rounding.")
    low: Decimal | None = strawberry.field(
        description="The least of three: with the median, and were every step at its p10 or at its p90, which is "
        "further off than those percentiles of the sum. Null where nothing is expected, or one of the three is not "
        "known."
    )
    high: Decimal | None = strawberry.field(
        description="The greatest of the same three. Null where nothing is expected, or one of the three is not known."
    )

    @classmethod
    def of(cls, found: Written, currency: str) -> Self:
        """Show an amount."""
        exact = {name: None if each is None else Decimal(each) for name, each in found.items()}
        shown = {name: None if each is None else rounded(each, currency) for name, each in exact.items()}
        return cls(amount=shown["amount"], exact=exact["amount"], low=shown["low"], high=shown["high"])


@strawberry.type(description="What comes of a load that is shifted, beside the load as it is or is expected.")
class LoadShiftOutcome:
    """Energy, money and carbon."""

    energy: float = strawberry.field(description="What is taken in in the period if nothing is moved, in kWh.")
    moved: float = strawberry.field(description="How much of it is moved, in kWh. None of it is lost or made.")
    baseline_peak: float | None = strawberry.field(
        description="The highest mean power of a step if nothing is moved, in kW; null where nothing is known."
    )
    alternative_peak: float | None = strawberry.field(description="The same if it is moved, in kW.")
    currency: str = strawberry.field(description="The currency of all amounts, ISO 4217.")
    baseline_cost: MoneyRange = strawberry.field(description="What the period costs if nothing is moved.")
    alternative_cost: MoneyRange = strawberry.field(description="What it would cost.")
    saving: MoneyRange = strawberry.field(description="What it would cost less; negative where it would cost more.")
    complete: bool = strawberry.field(
        description="Whether all of the period could be rated; what could not be is in neither cost."
    )
    baseline_carbon: float | None = strawberry.field(
        description="The carbon dioxide of what is taken in if nothing is moved, in kg; null where its intensity is "
        "not known of all of it."
    )
    alternative_carbon: float | None = strawberry.field(description="The same if it is moved, in kg.")
    expected_from: datetime | None = strawberry.field(
        description="From when on the load is expected and was not read yet; null where all of it was read."
    )

    @classmethod
    def of(cls, found: Written) -> Self:
        """Show what comes of it."""
        currency, carbon = found["currency"], found["carbon"] or {}
        return cls(
            energy=found["energy_kwh"],
            moved=found["moved_kwh"],
            baseline_peak=found["baseline_peak_kw"],
            alternative_peak=found["alternative_peak_kw"],
            currency=currency,
            baseline_cost=MoneyRange.of(found["baseline"], currency),
            alternative_cost=MoneyRange.of(found["alternative"], currency),
            saving=MoneyRange.of(found["saving"], currency),
            complete=found["complete"],
            baseline_carbon=carbon.get("baseline"),
            alternative_carbon=carbon.get("alternative"),
            expected_from=None if found["expected_from"] is None else parse_instant(found["expected_from"]),
        )
