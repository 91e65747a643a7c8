"""A plan of loads as a series of commands: on where a run begins, and off where it ends."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from twinql.domain.command_series import CommandSeries
from twinql.domain.commands import LONGEST_LIFE
from twinql.domain.instants import format_instant, parse_instant
from twinql.domain.orders import Order
from twinql.errors import ConflictError

KEY: Final = "load-plan:"
"""The idempotency key of a plan's series is this and its id: it is carried out once, however often that is asked.

By the same key `LoadPlan.schedule` finds the series."""
LATEST_START: Final = timedelta(hours=1)
"""So long after its hour a load is still switched on, if its run lasts that long; it is switched off however late."""

Written = Mapping[str, Any]


def series_of(plan_id: UUID, name: str, loads: Sequence[Written]) -> CommandSeries:
    """Return the commands that carry a plan out, the first ones first; loads that only people switch are left out.

    Args:
        plan_id: The plan.
        name: What people call it.
        loads: When its loads run, as it was written down.

    Raises:
        ConflictError: None of its loads has a channel that switches it.
    """
    orders = sorted(
        (order for each in loads for order in _orders(each)), key=lambda each: (each.not_before, each.channel_id)
    )
    if not orders:
        message = "No load of this plan has a channel that switches it; give one a `channelId`, and plan anew."
        raise ConflictError(message, path=("id",))
    return CommandSeries(name, f"{KEY}{plan_id}", tuple(orders), f"The plan of loads {name}")


def first_start(series: CommandSeries) -> datetime:
    """Return when the first of its commands is due."""
    first = series.orders[0].not_before
    assert first is not None
    return first


def too_late(series: CommandSeries) -> ConflictError:
    """Say that the hour of a plan is over."""
    message = f"The first run of this plan began at {format_instant(first_start(series))}; plan anew."
    return ConflictError(message, path=("id",))


def _orders(written: Written) -> Iterator[Order]:
    if written["channel_id"] is None:
        return
    channel_id = UUID(written["channel_id"])
    for first, last in written["runs"]:
        begins, ends = parse_instant(first), parse_instant(last)
        life = min(ends - begins, LATEST_START)
        yield Order(channel_id, "", desired=written["on_value"], expires_in=life, not_before=begins)
        yield Order(channel_id, "", desired=written["off_value"], expires_in=LONGEST_LIFE, not_before=ends)
