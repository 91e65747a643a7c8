"""Readings as they were known at a time."""

_AS_OF = """(
    select v.observed_at, v.recorded_at, v.value, v.channel_number, v.organisation_number, v.quality, v.source
    from (
        select
            observed_at, recorded_at, value, channel_number, organisation_number, quality, source,
            null::bigint as ended_by
        from readings
        union all
        select
            observed_at, former_recorded_at, former_value, channel_number, organisation_number, former_quality,
            former_source, number
        from reading_corrections
    ) as v
    where v.recorded_at <= {as_of} and case when (
        select c.number
        from reading_corrections as c
        where c.channel_number = v.channel_number and c.observed_at = v.observed_at and c.corrected_at > {as_of}
        order by c.number
        limit 1
    ) is not distinct from v.ended_by then true end is not null
)"""

_NEWEST = """(
    select case when schedule then 'infinity' else {as_of}::timestamptz + interval '1 day' end
    from channels where number = {channel}
)"""


def readings_known(parameter: int) -> str:
    """Return what stands in the place of `readings` in a statement that asks what was known at a time.

    A reading has versions: former ones, each until the correction that ended it, and the present one. Known is the
    version that the first correction after that time ended, or the present one where there is none, if it had been
    recorded by then. The first is told by its number: a transaction that waited for another bears the earlier time.

    One condition stands on both tables, and not one on each, so that Postgres can merge them in the order of their
    keys: a channel and a stretch of time find their index and partitions through it, and the newest reading or a page
    of a list costs what it holds and not all that lies behind it. "Is not null" is there because the planner expects
    nearly all rows to meet it, as they do: of another condition it expects one in 200, and sorts them all.

    It is no function of the database, because one that the planner opens may not fix its search path, which Supabase's
    advisor wants of every function.

    Args:
        parameter: The number of the statement's parameter that is the time, a timestamptz.

    Returns:
        A query in brackets, with the columns of `readings`.
    """
    return _AS_OF.format(as_of=f"${parameter}::timestamptz")


def newest_known(channel: str, as_of: str) -> str:
    """Return up to where readings of a channel can lie that were known at a time: a day ahead, but on schedules.

    No other reading is taken when it is recorded. Where statements say so, what was observed since is not looked
    through for the few that were known.

    Args:
        channel: The number of the channel, in SQL.
        as_of: The time, in SQL.

    Returns:
        A query in brackets, of one timestamptz.
    """
    return _NEWEST.format(channel=channel, as_of=as_of)
