"""What all that is written of a stretch of a channel has in common: what is asked of it, and its readings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twinql.domain.series import Wish
from twinql.domain.units import Unit
from twinql.storage.known import newest_known, readings_known
from twinql.storage.read.json_text import fields, needed
from twinql.storage.read.text import Text


@dataclass(frozen=True, slots=True)
class Chart:
    """A series that is to be written.

    Attributes:
        channel: The row of the channel, with `number`, `kind`, `quantity`, `unit`, `zone` and `resolution_s`.
        wish: What is asked of it, checked.
        unit: The unit asked for; None is the channel's own.
        wanted: The keys of the answer, each with the name of a field.
        also: The SQL of the JSON of further keys, in their places among `wanted`.
    """

    channel: str
    wish: Wish
    unit: Unit | None
    wanted: Sequence[tuple[str, str]]
    also: Mapping[str, str] = field(default_factory=dict)

    def wants(self, *names: str) -> bool:
        """Whether one of these fields is wanted."""
        return any(name in names for _, name in self.wanted)

    def written(self, texts: Mapping[str, str]) -> str:
        """Write the answer of the JSON of its fields by their names, none of which is missing."""
        return needed(fields((key, self.also.get(key) or texts[name]) for key, name in self.wanted))


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of a channel in a period.

    Attributes:
        rows: What follows `select …` for them, as `r`; beside them there is a row `u`.
        outside: A column that row must have: the one of both ends that is not in the period.
    """

    rows: str
    outside: str

    @classmethod
    def of(cls, text: Text, channel: str, wish: Wish) -> "Readings":
        """Write which they are.

        Args:
            text: The statement.
            channel: The row of the channel, with `number` and `kind`.
            wish: Says the period, and as known at which time.
        """
        asked = (wish.first, wish.last) if wish.as_of is None else (wish.first, wish.last, wish.as_of)
        return cls.between(channel, *(text.parameter(each) for each in asked))

    @classmethod
    def between(cls, channel: str, first: str, last: str, as_of: str | None = None) -> "Readings":
        """Write which they are, with parameters that the statement has."""
        first, last = f"{first}::timestamptz", f"{last}::timestamptz"
        source, known = "readings", ""
        if as_of is not None:
            source = readings_known(int(as_of.removeprefix("$")))
            known = f" and r.observed_at <= {newest_known(f'{channel}.number', as_of)}"
        # Closed, so that partitions and the index are chosen whatever the kind is.
        period = f"r.observed_at between {first} and {last} and r.observed_at <> u.outside"
        return cls(
            f"from {source} as r where r.channel_number = {channel}.number and {period}{known}",
            f"case {channel}.kind when 'INTERVAL' then {first} else {last} end as outside",
        )
