"""A series of commands that is taken on, and cancelled, as one."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from twinql.domain.orders import LONGEST_KEY, Order
from twinql.domain.wording import check_reason, cleaned
from twinql.errors import InvalidInputError

MOST_COMMANDS: Final = 500


@dataclass(frozen=True, slots=True)
class CommandSeries:
    """A series of commands.

    Attributes:
        name: What people call it.
        idempotency_key: Chosen by the caller: the same key gives the same series.
        orders: Its commands; their keys, reasons and series are given by it.
        reason: Why, in the caller's words.
    """

    name: str
    idempotency_key: str
    orders: tuple[Order, ...]
    reason: str | None = None

    def check(self) -> None:
        """Refuse what leaves something out or holds too much.

        Raises:
            InvalidInputError: It does; the path says where.
        """
        cleaned(self.name, "name", "name")
        if not 1 <= len(self.idempotency_key) <= LONGEST_KEY:
            message = f"An idempotency key has 1 to {LONGEST_KEY} characters; make one up, such as a UUID."
            raise InvalidInputError(message, path=("idempotencyKey",))
        if not 1 <= len(self.orders) <= MOST_COMMANDS:
            message = f"A schedule has 1 to {MOST_COMMANDS} commands; split a longer one."
            raise InvalidInputError(message, path=("commands",))
        check_reason(self.reason)

    def order(self, place: int, schedule_id: UUID | None) -> Order:
        """Return one of its commands as it is issued."""
        return replace(
            self.orders[place],
            idempotency_key=f"schedule:{schedule_id}:{place}",
            schedule_id=schedule_id,
            reason=self.reason,
        )
