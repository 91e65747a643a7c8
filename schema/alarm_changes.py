"""What people do with alarms."""

from datetime import datetime, timedelta

import strawberry

from schema.alarm import Alarm
from schema.payload import Payload, UserError
from twinql.domain.alarms.vocabulary import LONGEST_SHELF
from twinql.errors import InvalidInputError

MOST_AT_ONCE = 200
_COMMENT = "What you have to say, at most 2,000 characters; kept with the step."
_AS_IT_IS = "The alarm as it is now; null where the input was not taken."


@strawberry.input(description="An alarm that somebody has seen.")
class AcknowledgeAlarmInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The alarm.")
    comment: str | None = strawberry.field(default=None, description=_COMMENT)


@strawberry.input(description="Alarms that somebody has seen.")
class AcknowledgeAlarmsInput:
    """Which ones."""

    ids: list[strawberry.ID] = strawberry.field(description=f"The alarms, 1 to {MOST_AT_ONCE}.")
    comment: str | None = strawberry.field(default=None, description=f"{_COMMENT} With each of them.")


@strawberry.input(description="Something to be said of an alarm.")
class CommentOnAlarmInput:
    """Of which one, and what."""

    id: strawberry.ID = strawberry.field(description="The alarm, an open or a closed one.")
    comment: str = strawberry.field(description=_COMMENT)


@strawberry.input(description="An alarm that shall be silent for a time: either `until` or `for` says for how long.")
class ShelveAlarmInput:
    """Which one, and for how long."""

    id: strawberry.ID = strawberry.field(description="The alarm; one that is shelved already is shelved anew.")
    until: datetime | None = strawberry.field(
        default=None, description=f"Until when, at most {LONGEST_SHELF.days} days ahead."
    )
    for_: timedelta | None = strawberry.field(
        name="for", default=None, description=f"For how long from now on, at most {LONGEST_SHELF.days} days."
    )
    comment: str | None = strawberry.field(default=None, description=_COMMENT)

    def end(self, now: datetime) -> datetime:
        """Return until when it is shelved; whether a time may be is asked later.

        Raises:
            InvalidInputError: Neither or both say so, or `for` says what cannot be.
        """
        if self.until is not None and self.for_ is None:
            return self.until
        if self.for_ is not None and self.until is None:
            if not timedelta(0) < self.for_ <= LONGEST_SHELF:
                raise InvalidInputError(f"Write more than nothing, and at most P{LONGEST_SHELF.days}D.", path=("for",))
            return now + self.for_
        raise InvalidInputError("Say how long it shall be silent: either `until`, a time, or `for`, a duration.")


@strawberry.input(description="A shelved alarm that shall be heard again.")
class UnshelveAlarmInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The alarm.")
    comment: str | None = strawberry.field(default=None, description=_COMMENT)


@strawberry.input(description="An alarm that shall be silent until further notice.")
class TakeAlarmOutOfServiceInput:
    """Which one, and why."""

    id: strawberry.ID = strawberry.field(description="The alarm.")
    comment: str = strawberry.field(description="Why, at most 2,000 characters; kept with the step.")


@strawberry.input(description="An alarm out of service that shall be heard again.")
class ReturnAlarmToServiceInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The alarm.")
    comment: str | None = strawberry.field(default=None, description=_COMMENT)


@strawberry.type(description="What became of an alarm to be acknowledged.")
class AcknowledgeAlarmPayload(Payload):
    """The outcome of `acknowledgeAlarm`."""

    alarm: Alarm | None = strawberry.field(default=None, description=_AS_IT_IS)


@strawberry.type(description="What became of one of several alarms to be acknowledged.")
class AcknowledgedAlarm:
    """The outcome for one id."""

    alarm_id: strawberry.ID = strawberry.field(description="The id that was given.")
    alarm: Alarm | None = strawberry.field(
        description="The alarm as it is now; null where it was not acknowledged by this."
    )
    error: UserError | None = strawberry.field(
        description="Why it was not acknowledged, such as CONFLICT where it is already; null where it was."
    )


@strawberry.type(description="What became of alarms to be acknowledged.")
class AcknowledgeAlarmsPayload(Payload):
    """The outcome of `acknowledgeAlarms`."""

    outcomes: list[AcknowledgedAlarm] = strawberry.field(
        default_factory=list, description="What became of each, in the order of the input; each stands by itself."
    )


@strawberry.type(description="What became of a comment on an alarm.")
class CommentOnAlarmPayload(Payload):
    """The outcome of `commentOnAlarm`."""

    alarm: Alarm | None = strawberry.field(default=None, description=_AS_IT_IS)


@strawberry.type(description="What became of an alarm to be shelved.")
class ShelveAlarmPayload(Payload):
    """The outcome of `shelveAlarm`."""

    alarm: Alarm | None = strawberry.field(default=None, description=_AS_IT_IS)


@strawberry.type(description="What became of an alarm to be unshelved.")
class UnshelveAlarmPayload(Payload):
    """The outcome of `unshelveAlarm`."""

    alarm: Alarm | None = strawberry.field(default=None, description=_AS_IT_IS)


@strawberry.type(description="What became of an alarm to be taken out of service.")
class TakeAlarmOutOfServicePayload(Payload):
    """The outcome of `takeAlarmOutOfService`."""

    alarm: Alarm | None = strawberry.field(default=None, description=_AS_IT_IS)


@strawberry.type(description="What became of an alarm to be returned to service.")
class ReturnAlarmToServicePayload(Payload):
    """The outcome of `returnAlarmToService`."""

    alarm: Alarm | None = strawberry.field(default=None, description=_AS_IT_IS)
