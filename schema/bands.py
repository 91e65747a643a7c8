"""The tables by which numbers are labelled, so that a client can draw them."""

from math import isfinite
from typing import Any, Self

import strawberry

from schema.diagnosis_words import DiagnosisReason  # noqa: F401 - publishes the enums
from twinql.domain.diagnosis.bands import DEDUCTIONS, TABLES, IssueCode, Table


@strawberry.type(description="A line of a table.")
class ScoreBand:
    """A label between two numbers."""

    label: str = strawberry.field(description="What a number is called there, as the enum of the field names it.")
    from_: float | None = strawberry.field(
        name="from", description="Where it begins, itself included, in the measure of the table; null for no beginning."
    )
    until: float | None = strawberry.field(
        description="Where it ends, itself left out, in the measure of the table; null for no end."
    )


@strawberry.type(description="A table by which a number is labelled.")
class ScoreTable:
    """Lines in rising order, without a hole."""

    name: str = strawberry.field(description="For programs, such as HEALTH.")
    measure: str = strawberry.field(description="What the number is, with its unit.")
    bands: list[ScoreBand] = strawberry.field(description="The lines, the lowest first.")

    @classmethod
    def of(cls, table: Table[Any]) -> Self:
        """Show a table."""
        lines = [
            ScoreBand(label=band.label.value, from_=_finite(band.from_), until=_finite(band.until))
            for band in table.bands
        ]
        return cls(name=table.name, measure=table.measure, bands=lines)


@strawberry.type(description="How many of 100 points an issue takes off a health.")
class HealthDeduction:
    """An issue with its points."""

    code: IssueCode = strawberry.field(description="The issue.")
    most_points: float = strawberry.field(
        description="How many points at most: of shares, that share of them; of an alarm, what its severity takes."
    )


@strawberry.type(description="All tables by which TwinQL labels numbers.")
class Bands:
    """Published tables."""

    tables: list[ScoreTable] = strawberry.field(description="The tables.")
    deductions: list[HealthDeduction] = strawberry.field(description="What takes points off a health.")

    @classmethod
    def published(cls) -> Self:
        """Show them."""
        deductions = [HealthDeduction(code=code, most_points=points) for code, points in DEDUCTIONS.items()]
        return cls(tables=[ScoreTable.of(table) for table in TABLES], deductions=deductions)


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
