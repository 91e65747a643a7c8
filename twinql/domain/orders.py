"""What somebody asks of an actuator, before anybody has judged it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.commands import USUAL_LIFE
from twinql.domain.units import Unit
from twinql.domain.verification import Expectation
from twinql.domain.wording import check_reason
from twinql.errors import InvalidInputError

LONGEST_DELAY: Final = timedelta(days=31)
LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks of an actuator.

    Attributes:
        channel_id: The channel to be set.
        idempotency_key: Chosen by the caller: the same key gives the same command.
        desired: The value it shall have; None where `action` says it. [`unit`]
        action: The label of the state it shall have, for a STATE channel; None where `desired` says it.
        expires_in: How long it stays worth sending, from `not_before` on where there is one.
        reason: Why, in the caller's words.
        decision_id: The decision that led to it.
        not_before: Before this it is not sent; None where it may be sent at once.
        expect: The effect that is expected of it; None where only its channel has to show the value.
        schedule_id: The series it is one of.
        needs_approval: Whether a second person has to approve it, also where its channel does not ask for that.
        unit: Of `desired`; None for that of the channel.
    """

    channel_id: UUID
    idempotency_key: str
    desired: float | None = None
    action: str | None = None
    expires_in: timedelta = USUAL_LIFE
    reason: str | None = None
    decision_id: UUID | None = None
    not_before: datetime | None = None
    expect: Expectation | None = None
    schedule_id: UUID | None = None
    needs_approval: bool = False
    unit: Unit | None = None

    def check(self) -> None:
        """Refuse what contradicts itself or leaves something out.

        Raises:
            InvalidInputError: It does; the path says where.
        """
        if not 1 <= len(self.idempotency_key) <= LONGEST_KEY:
            message = (
                f"An idempotency key has 1 to {LONGEST_KEY} characters; make one up for each command, such as a UUID."
            )
            raise InvalidInputError(message, path=("idempotencyKey",))
        if (self.desired is None) == (self.action is None):
            raise InvalidInputError(
                "Say what the channel shall be: either desired, a number, or action, a state's label."
            )
        check_reason(self.reason)
        if self.expect is not None:
            self.expect.check()

    def check_time(self, now: datetime) -> None:
        """Refuse what lies too far ahead, or was over before it was asked; a replay may be asked for at any time.

        Raises:
            InvalidInputError: It is too late, or too early to ask.
        """
        if self.not_before is None:
            return
        if self.not_before > now + LONGEST_DELAY:
            message = f"A command waits for at most {LONGEST_DELAY.days} days; choose an earlier notBefore."
            raise InvalidInputError(message, path=("notBefore",))
        if timedelta(0) < self.expires_in <= now - self.not_before:
            raise InvalidInputError("It would have expired already; choose a later notBefore.", path=("notBefore",))
