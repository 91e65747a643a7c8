"""How values of a channel get into the unit asked for, in SQL: as `twinql.domain.bridges.told_in`, but for gas."""

from collections.abc import Iterator
from dataclasses import dataclass

from twinql.domain.bridges import across, over_an_hour
from twinql.domain.units import Unit, alike, line
from twinql.storage.read.stretch import Chart
from twinql.storage.read.text import Text

_NUMBERS = ("before", "numerator", "denominator", "after", "over")


@dataclass(frozen=True, slots=True)
class Told:
    """Values in a unit.

    Attributes:
        unit: The JSON of its name, in SQL.
        columns: What a row named `u` must have, with a comma before each; empty for the channel's own unit.
        known: A condition on that row: whether the values can be told in it.
        hours: Over how long each value was counted or is the mean, in SQL; None where no length of time leads to it.
    """

    unit: str
    columns: str = ""
    known: str = "true"
    hours: str | None = None

    @classmethod
    def of(cls, text: Text, chart: Chart) -> "Told":
        """Write how values of a channel get into the unit that is asked for; those of intervals also over their length.

        Args:
            text: The statement.
            chart: What is asked; the row of its channel has `unit`, `kind` and `resolution_s`.
        """
        channel, unit = chart.channel, chart.unit
        if unit is None:
            return cls(f"'\"' || {channel}.unit || '\"'")
        sources = dict(_sources(unit))
        place = f"array_position({text.parameter([each.value for each in sources])}::text[], {channel}.unit)"
        columns = "".join(
            f", ({text.parameter(list(numbers))}::float8[])[{place}] as {name}"
            for name, numbers in zip(_NUMBERS, zip(*sources.values(), strict=True), strict=True)
        )
        length = f"case {channel}.kind when 'INTERVAL' then {channel}.resolution_s::float8 / 3600 end as hours"
        # A parameter that nobody uses is refused.
        name = f"'\"' || {text.parameter(unit.value)}::text || '\"'" if chart.wants("unit") else ""
        return cls(
            name,
            f"{columns}, {length}",
            "(u.over is not null and (u.over = 0 or u.hours is not null))",
            "u.hours" if across(unit) else None,
        )

    def value(self, sql: str, *, difference: bool = False) -> str:
        """Write a value of the channel in this unit; or a difference of two, which the zero of a scale leaves alone."""
        if not self.columns:
            return sql
        scaled = f"({sql} * u.numerator / u.denominator)"
        if not difference:
            scaled = f"(({sql} + u.before) * u.numerator / u.denominator + u.after)"
        if self.hours is None:
            return scaled
        return (
            f"(case u.over when 0 then {scaled} when 1 then {scaled} * {self.hours} else {scaled} / {self.hours} end)"
        )


def _sources(unit: Unit) -> Iterator[tuple[Unit, tuple[float, ...]]]:
    """Yield the units that lead to a unit, with what is added before, multiplied, divided and added after.

    The last number says whether it is an amount over a length of time then (1), or a rate (-1).
    """
    for each in alike(unit):
        yield each, (*line(each, unit, False), 0.0)
    for each in across(unit):
        factor, is_rate = over_an_hour(each, unit)
        yield each, (0.0, float(factor.numerator), float(factor.denominator), 0.0, 1.0 if is_rate else -1.0)
