"""The place from which a subscription goes on."""

from twinql.domain.cursor import Cursor

AFTER = (
    "The cursor of an event: everything since is told first, once. What is no longer kept is told as a `gap`. "
    "Without it, the subscription begins now."
)


def place_of(after: str | None) -> Cursor | None:
    """Read a cursor, where one is given.

    Raises:
        InvalidInputError: It is none.
    """
    return None if after is None else Cursor.decode(after)
