"""Questions about who is told of alarms, and changes of it."""

from typing import Annotated

import strawberry

from schema.alarm_target import AlarmTarget, AlarmTargetFilter, alarm_targets_asked
from schema.alarm_target_changes import (
    ArchiveAlarmTargetInput,
    ArchiveAlarmTargetPayload,
    CreateAlarmTargetInput,
    CreateAlarmTargetPayload,
    TestAlarmTargetInput,
    TestAlarmTargetPayload,
    UnarchiveAlarmTargetInput,
    UnarchiveAlarmTargetPayload,
    UpdateAlarmTargetInput,
    UpdateAlarmTargetPayload,
)
from schema.changes import needed_key_at
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed, one
from schema.lists import AlarmTargetConnection
from schema.orders import NameOrder
from schema.payload import mutation
from schema.site import OrderBy
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.live.trial import try_out
from twinql.storage import alarm_targets as storage

Which = Annotated[AlarmTargetFilter | None, strawberry.argument(name="filter", description="Which targets.")]
ToCreate = Annotated[CreateAlarmTargetInput, strawberry.argument(description="The new target.")]
ToUpdate = Annotated[UpdateAlarmTargetInput, strawberry.argument(description="The target, and what changes.")]
ToArchive = Annotated[ArchiveAlarmTargetInput, strawberry.argument(description="The target.")]
ToTest = Annotated[TestAlarmTargetInput, strawberry.argument(description="The target.")]
ToUnarchive = Annotated[UnarchiveAlarmTargetInput, strawberry.argument(description="The target.")]


@strawberry.type
class AlarmTargetQuery:
    """Root fields about targets."""

    @listed(
        graphql_type=AlarmTargetConnection,
        needs=Role.OWNER,
        description="Who is told of the alarms of your organisation. Needs the role OWNER.",
    )
    def alarm_targets(
        filter_: Which = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return alarm_targets_asked(filter_, order_by, page_of(first, after, last, before))


@strawberry.type
class AlarmTargetMutation:
    """Root fields that change targets."""

    @mutation(
        needs=Role.OWNER,
        description="Have somebody told of alarms, by a signed request to a webhook or by e-mail, from now on.",
    )
    async def create_alarm_target(self, info: Info, input: ToCreate) -> CreateAlarmTargetPayload:
        """Make it."""
        management, private = await info.context.management(), info.context.couriers.private
        key = await storage.create_alarm_target(management, input.to_domain(), input.secret, allow_private=private)
        return CreateAlarmTargetPayload(alarm_target=await one(info, AlarmTarget, key))

    @mutation(needs=Role.OWNER, description="Change who is told of alarms from now on, and with which secret.")
    async def update_alarm_target(self, info: Info, input: ToUpdate) -> UpdateAlarmTargetPayload:
        """Change it."""
        management, private = await info.context.management(), info.context.couriers.private
        key = needed_key_at(input.id, "id", "AlarmTarget")
        await storage.update_alarm_target(management, key, input.changes(), allow_private=private)
        return UpdateAlarmTargetPayload(alarm_target=await one(info, AlarmTarget, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a target out of use: it is told nothing more. Nothing changes where it is archived already. "
        "`unarchiveAlarmTarget` undoes it.",
    )
    async def archive_alarm_target(self, info: Info, input: ToArchive) -> ArchiveAlarmTargetPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "AlarmTarget")
        await storage.archive_alarm_target(await info.context.management(), key)
        return ArchiveAlarmTargetPayload(alarm_target=await one(info, AlarmTarget, key))

    @mutation(needs=Role.OWNER, description="Take a target back into use. Nothing changes where it is in use.")
    async def unarchive_alarm_target(self, info: Info, input: ToUnarchive) -> UnarchiveAlarmTargetPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "AlarmTarget")
        await storage.unarchive_alarm_target(await info.context.management(), key)
        return UnarchiveAlarmTargetPayload(alarm_target=await one(info, AlarmTarget, key))

    @mutation(
        needs=Role.OWNER,
        description="Tell a target of a test at once, signed and addressed as alarms are, and answer whether it was "
        "taken. It is tried once: a webhook may take 10 s, a mail server 30 s.",
    )
    async def test_alarm_target(self, info: Info, input: ToTest) -> TestAlarmTargetPayload:
        """Tell it."""
        key, context = needed_key_at(input.id, "id", "AlarmTarget"), info.context
        membership = await context.require(Role.OWNER)
        answer = await try_out(context.database, context.couriers, key, membership.organisation_id, now=context.now)
        return TestAlarmTargetPayload(delivered=answer.error is None, error=answer.error)
