"""Readings as they were known at a time."""

_AS_OF = """(
    select r.observed_at, r.recorded_at, r.value, r.channel_number, r.organisation_number, r.quality, r.source
    from readings as r
    where r.recorded_at <= {as_of}
        and not exists (
            select
            from reading_corrections as later
            where later.channel_number = r.channel_number and later.observed_at = r.observed_at
                and later.corrected_at > {as_of}
        )
    union all
    select first.observed_at, first.former_recorded_at, first.former_value, first.channel_number,
        first.organisation_number, first.former_quality, first.former_source
    from (
        select distinct on (c.channel_number, c.observed_at) c.*
        from reading_corrections as c
        where c.corrected_at > {as_of}
        order by c.channel_number, c.observed_at, c.number
    ) as first
    where first.former_recorded_at <= {as_of}
)"""


def readings_known(parameter: int) -> str:
    """Return what stands in the place of `readings` in a statement that asks what was known at a time.

    A reading is what it was before the first correction after that time, or else what it is now; what was learned
    later is not there. The planner opens it: a channel and a stretch of time find their index and partitions through
    it. It is no function of the database, because one that the planner opens may not fix its search path, which
    Supabase's advisor wants of every function.

    Args:
        parameter: The number of the statement's parameter that is the time, a timestamptz.

    Returns:
        A query in brackets, with the columns of `readings`.
    """
    return _AS_OF.format(as_of=f"${parameter}::timestamptz")
