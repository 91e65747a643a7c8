"""What people do with alarms."""

from datetime import datetime
from typing import Annotated

import strawberry

from schema.alarm import Alarm
from schema.alarm_changes import (
    MOST_AT_ONCE,
    AcknowledgeAlarmInput,
    AcknowledgeAlarmPayload,
    AcknowledgeAlarmsInput,
    AcknowledgeAlarmsPayload,
    AcknowledgedAlarm,
    CommentOnAlarmInput,
    CommentOnAlarmPayload,
    ReturnAlarmToServiceInput,
    ReturnAlarmToServicePayload,
    ShelveAlarmInput,
    ShelveAlarmPayload,
    TakeAlarmOutOfServiceInput,
    TakeAlarmOutOfServicePayload,
    UnshelveAlarmInput,
    UnshelveAlarmPayload,
)
from schema.changes import needed_key_at
from schema.declared import one
from schema.payload import mutation, user_error
from twinql.context import Info
from twinql.domain.alarms.vocabulary import AlarmAction
from twinql.domain.membership import Role
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.storage.alarms import step

ToAcknowledge = Annotated[AcknowledgeAlarmInput, strawberry.argument(description="The alarm.")]
AllToAcknowledge = Annotated[AcknowledgeAlarmsInput, strawberry.argument(description="The alarms.")]
ToComment = Annotated[CommentOnAlarmInput, strawberry.argument(description="The alarm, and what is to be said.")]
ToShelve = Annotated[ShelveAlarmInput, strawberry.argument(description="The alarm, and for how long.")]
ToUnshelve = Annotated[UnshelveAlarmInput, strawberry.argument(description="The alarm.")]
ToSilence = Annotated[TakeAlarmOutOfServiceInput, strawberry.argument(description="The alarm, and why.")]
ToReturn = Annotated[ReturnAlarmToServiceInput, strawberry.argument(description="The alarm.")]


@strawberry.type
class AlarmMutation:
    """Root fields that move alarms."""

    @mutation(
        needs=Role.OPERATOR,
        description="Say that you have seen an alarm: it is no longer escalated, and is closed once its condition has "
        "ended.",
    )
    async def acknowledge_alarm(self, info: Info, input: ToAcknowledge) -> AcknowledgeAlarmPayload:
        """Acknowledge it."""
        return AcknowledgeAlarmPayload(alarm=await _moved(info, input.id, AlarmAction.ACKNOWLEDGED, input.comment))

    @mutation(
        needs=Role.OPERATOR,
        description="Say that you have seen several alarms, with an outcome for each: one that cannot be acknowledged "
        "keeps none of the others from it.",
    )
    async def acknowledge_alarms(self, info: Info, input: AllToAcknowledge) -> AcknowledgeAlarmsPayload:
        """Acknowledge them one by one."""
        if not 1 <= len(input.ids) <= MOST_AT_ONCE:
            message = f"1 to {MOST_AT_ONCE} alarms are acknowledged at once, and {len(input.ids)} were named."
            raise InvalidInputError(message, path=("ids",))
        return AcknowledgeAlarmsPayload(outcomes=[await _acknowledged(info, each, input.comment) for each in input.ids])

    @mutation(needs=Role.OPERATOR, description="Say something about an alarm; it stays as it stands.")
    async def comment_on_alarm(self, info: Info, input: ToComment) -> CommentOnAlarmPayload:
        """Keep the comment among its transitions."""
        return CommentOnAlarmPayload(alarm=await _moved(info, input.id, AlarmAction.COMMENTED, input.comment))

    @mutation(
        needs=Role.OPERATOR,
        description="Silence an open alarm for a time, 7 days at most: nobody is told of it. Its condition goes on "
        "being followed, and when the time is over the alarm stands as the condition does.",
    )
    async def shelve_alarm(self, info: Info, input: ToShelve) -> ShelveAlarmPayload:
        """Shelve it."""
        until = input.end(info.context.now)
        alarm = await _moved(info, input.id, AlarmAction.SHELVED, input.comment, until=until)
        return ShelveAlarmPayload(alarm=alarm)

    @mutation(needs=Role.OPERATOR, description="Let a shelved alarm be heard again before its time is over.")
    async def unshelve_alarm(self, info: Info, input: ToUnshelve) -> UnshelveAlarmPayload:
        """Unshelve it."""
        return UnshelveAlarmPayload(alarm=await _moved(info, input.id, AlarmAction.UNSHELVED, input.comment))

    @mutation(
        needs=Role.OPERATOR,
        description="Silence an open alarm until `returnAlarmToService`, as while something is being repaired. A "
        "comment says why. Its condition goes on being followed.",
    )
    async def take_alarm_out_of_service(self, info: Info, input: ToSilence) -> TakeAlarmOutOfServicePayload:
        """Take it out of service."""
        alarm = await _moved(info, input.id, AlarmAction.TAKEN_OUT_OF_SERVICE, input.comment)
        return TakeAlarmOutOfServicePayload(alarm=alarm)

    @mutation(
        needs=Role.OPERATOR,
        description="Let an alarm that is out of service be heard again: it stands as its condition does.",
    )
    async def return_alarm_to_service(self, info: Info, input: ToReturn) -> ReturnAlarmToServicePayload:
        """Return it to service."""
        alarm = await _moved(info, input.id, AlarmAction.RETURNED_TO_SERVICE, input.comment)
        return ReturnAlarmToServicePayload(alarm=alarm)


async def _moved(
    info: Info, id: strawberry.ID, action: AlarmAction, comment: str | None, *, until: datetime | None = None
) -> Alarm | None:
    context, key = info.context, needed_key_at(id, "id", "Alarm")
    await step(context.database, context.actor, key, action, comment=comment, until=until, now=context.now)
    return await one(info, Alarm, key)


async def _acknowledged(info: Info, id: strawberry.ID, comment: str | None) -> AcknowledgedAlarm:
    try:
        alarm = await _moved(info, id, AlarmAction.ACKNOWLEDGED, comment)
    except (InvalidInputError, NotFoundError, ConflictError) as error:
        return AcknowledgedAlarm(alarm_id=id, alarm=None, error=user_error(error))
    return AcknowledgedAlarm(alarm_id=id, alarm=alarm, error=None)
