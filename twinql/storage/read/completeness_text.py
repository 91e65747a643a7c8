"""How many readings a period should have and has, as JSON, written by the database.

The same as `twinql.storage.completeness.completeness_of`.
"""

from collections.abc import Sequence

from twinql.domain.readings import to_us
from twinql.domain.series import CHANGE_OF_CLOCKS, DAY_S, Wish
from twinql.storage.read.json_text import fields, nullable
from twinql.storage.read.stretch import Readings
from twinql.storage.read.text import Text

FIELDS = frozenset({"expected", "actual"})
"""What is written of completeness."""
_SLACK_US = CHANGE_OF_CLOCKS.seconds * 1_000_000


def completeness_text(text: Text, channel: str, wish: Wish, wanted: Sequence[tuple[str, str]]) -> str:
    """Write the JSON of a completeness.

    Args:
        text: The statement, which knows the present: up to then readings are due, but on schedules.
        channel: The row of the channel, with `number`, `kind`, `resolution_s` and `schedule`.
        wish: Whose period is looked at.
        wanted: The keys of the answer, each with the name of a field.
    """
    names = {name for _, name in wanted}
    written = {
        "expected": nullable(f"({_expected(text, channel, wish)})::text") if "expected" in names else "",
        "actual": f"({_actual(text, channel, wish)})::text" if "actual" in names else "",
        "__typename": "'\"Completeness\"'",
    }
    return fields((key, written[name]) for key, name in wanted)


def _expected(text: Text, channel: str, wish: Wish) -> str:
    """Write what `twinql.domain.series.expected_readings` says; null without a resolution."""
    until = min(each for each in (wish.last, text.now, wish.as_of) if each is not None)
    whole, due = (to_us(end) - to_us(wish.first) for end in (wish.last, until))
    elapsed = f"case when {channel}.schedule then {text.parameter(whole)}::int8 else {text.parameter(due)}::int8 end"
    step = f"({channel}.resolution_s * 1000000::int8)"
    # An instant is due where the period begins, and so once more than there are whole steps unless it ends on one.
    beyond = (
        f"case when {channel}.resolution_s >= {DAY_S} then {_SLACK_US} "
        f"when {channel}.kind = 'INTERVAL' then 0 else {step} - 1 end"
    )
    return f"case when {step} is not null then greatest(0, ({elapsed} + {beyond}) / {step}) end"


def _actual(text: Text, channel: str, wish: Wish) -> str:
    """Write how many usable readings there are; those of one slot count once."""
    readings = Readings.of(text, channel, wish)
    later = f"case {channel}.kind when 'INTERVAL' then interval '1 microsecond' else interval '0' end"
    begin = f"{text.parameter(wish.first)}::timestamptz + {later} as begin_at"
    slot = f"{channel}.resolution_s * interval '1 second' as slot"
    return f"""
        select n.actual from (select {readings.outside}, {begin}, {slot} offset 0) as u
        cross join lateral (
            select count(distinct coalesce(date_bin(u.slot, r.observed_at, u.begin_at), r.observed_at)) as actual
            {readings.rows} and r.quality <> 'BAD'
        ) as n
    """
