"""Readings in the order of time, taken from the months one after the other."""

from twinql.storage.months import MONTHS


def in_order_of_time(selected: str, rest: str, *, by: str, direction: str, size: int) -> str:
    """Write the query for the first readings of one channel in an order, by stretches of time.

    Args:
        selected: What stands after `select`; to it a column `observed` is added, where there are stretches.
        rest: From `from` on, with conditions at its end.
        by: The column of times.
        direction: `asc` or `desc`.
        size: How many rows at most.
    """
    order = f"order by {by} {direction} limit {size}"
    columns = ", ".join(filter(None, [selected, f"{by} as observed"]))
    stretches = [f"(select {columns} {rest} and {stretch} {order})" for stretch in MONTHS.stretches(by)]
    if not stretches:
        return f"select {selected} {rest} {order}"
    return f"select * from ({' union all '.join(stretches)}) as stretches order by observed {direction} limit {size}"
