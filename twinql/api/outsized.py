"""What can be seen to be too much before anything is read: pages that are too long, periods of too many buckets."""

from collections.abc import Mapping
from typing import Any

from twinql.domain.calendar import check_length
from twinql.domain.series import MOST_POINTS, Wish
from twinql.errors import InvalidInputError

MOST_OF_A_PAGE = 500
MOST_OF_PAGES = {
    "readings": 2_000,
    "intervals": 2_000,
    "forecasts": 100,
    "scenarios": 100,
    "calibrations": 100,
    "registerEvents": 100,
    "deferrableLoads": 100,
    "loadPlans": 100,
    "emergencyStops": 100,
}
"""How many items a page of a connection holds at most, by the name of the field; others hold `MOST_OF_A_PAGE`."""


def check_page(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuse a page that is longer than any of its list.

    Raises:
        InvalidInputError: It is; the message says how long one may be.
    """
    most = MOST_OF_PAGES.get(name, MOST_OF_A_PAGE)
    for argument in ("first", "last"):
        asked = arguments.get(argument)
        if asked is not None and asked > most:
            raise InvalidInputError(
                f"A page of `{name}` holds 0 to {most:,} items, and {asked:,} were asked for; page on with a cursor."
            )


def check_period(arguments: Mapping[str, Any]) -> None:
    """Refuse a period that has more buckets than points are wanted, on whatever clock they are counted.

    Raises:
        RangeTooLargeError: It has; the message says what fits.
    """
    during, bucket, points = (arguments.get(name) for name in ("during", "bucket", "maxPoints"))
    if during and bucket is not None and points is not None and 0 < points <= MOST_POINTS:
        check_length(Wish(during["from"], during["until"], bucket, most=points))
