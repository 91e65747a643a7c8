"""What is asked of actuators, and what became of it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self
from uuid import UUID

import strawberry

from schema.command_verification import VERIFICATION, CommandVerification
from schema.declared import Asked, column, entity_of, hidden, key_of, to_one
from schema.described import publish
from schema.expected_effect import EXPECTED, ExpectedEffect
from schema.interlock_verdict import VERDICT, InterlockVerdict
from schema.node import Node
from schema.stored_parts import Part, Stored, actor_in, object_of, objects_of, stored
from schema.viewer_can import is_one_of, viewer_can
from twinql.context import Info
from twinql.domain.commands import UNSENT, CommandStatus
from twinql.domain.global_id import encode
from twinql.domain.identity import subject_of
from twinql.domain.membership import Role
from twinql.domain.verification import expectation_of
from twinql.storage.commands import Transition, transitions_of
from twinql.storage.interlocks import verdict_of
from twinql.storage.read import Condition, PageRequest, Question, Table, equals, one_of
from twinql.storage.read.entity import COMMANDS, NEWEST_COMMAND, Order

if TYPE_CHECKING:
    from schema.channel import Channel
    from schema.command_schedule import CommandSchedule
    from schema.decision import Decision

publish(
    CommandStatus,
    "Where a command stands.",
    REQUESTED="Somebody asked for it.",
    AWAITING_APPROVAL="Somebody has to approve it first.",
    REJECTED="An interlock or the device refused it.",
    QUEUED="It waits for its device.",
    SENT="It was handed over; the device has not answered.",
    ACKNOWLEDGED="The device has it.",
    EXECUTING="The device is at it.",
    EXECUTED="The device says that it is done.",
    VERIFIED="A reading shows the effect.",
    NOT_OBSERVED="No reading has shown the effect in time.",
    FAILED="The device could not do it.",
    TIMED_OUT="The device did not answer in time; nobody knows whether it acted.",
    EXPIRED="It was not sent in time, and never will be.",
    CANCELLED="Somebody took it back before it was sent.",
)


@strawberry.enum(description="What kind of actor moved something.")
class ActorKind(Enum):
    """People and things that act."""

    USER = strawberry.enum_value("user", description="A person or service with a token.")
    WORKER = strawberry.enum_value("worker", description="TwinQL's own background work.")
    DEVICE = strawberry.enum_value("device", description="A device, by the way it is reached.")


@strawberry.type(description="Who or what acted.")
class Actor:
    """An actor."""

    kind: ActorKind = strawberry.field(description="What kind of actor.")
    name: str = strawberry.field(
        description="The subject of the token, the name of the worker or of the way to the device, or the id of the "
        "device's API key."
    )

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a kind, a colon and a name."""
        said, _, name = text.partition(":")
        kind = ActorKind(said)
        if kind is ActorKind.DEVICE:
            with suppress(ValueError):  # a way to devices that has no keys, such as the simulator
                name = encode("ApiKey", UUID(name))
        return cls(kind=kind, name=name)


@strawberry.type(description="One step in the life of a command; steps are only ever added.")
class CommandTransition:
    """A transition."""

    sequence: int = strawberry.field(description="Its place in the life of the command, from 1.")
    status: CommandStatus = strawberry.field(description="The status it went to.")
    at: datetime = strawberry.field(description="When.")
    actor: Actor = strawberry.field(description="Who or what moved it.", metadata=stored(actor_in("actor")))
    detail: str | None = strawberry.field(description="More about it, for people; null where no more was said.")

    @classmethod
    def of(cls, step: Transition) -> Self:
        """Show a transition."""
        return cls(
            sequence=step.sequence, status=step.status, at=step.at, actor=Actor.of(step.actor), detail=step.detail
        )


def steps_up_to(steps: Sequence[Transition], status: CommandStatus) -> Sequence[Transition]:
    """Leave out the steps that followed after a command stood so; all are there where it never did."""
    reached = [place for place, step in enumerate(steps, 1) if step.status is status]
    return steps[: reached[-1]] if reached else steps


_LIFE = Stored(
    # As far as the status goes that is read beside it, as `steps_up_to` leaves it.
    "(select t.* from command_transitions as t where t.command_id = {0} and t.sequence <= coalesce("
    "(select max(s.sequence) from command_transitions as s where s.command_id = {0} and s.status::text = {1}), "
    "t.sequence) order by t.sequence) as {alias}",
    ("row_id", "status"),
    {name: Part(name) for name in ("sequence", "status", "at", "actor", "detail")},
    many=True,
)


def _verdicts(stored: list[dict[str, Any]]) -> list[InterlockVerdict]:
    return [InterlockVerdict.of(verdict_of(each)) for each in stored]


def _expected(stored: dict[str, Any] | None) -> ExpectedEffect | None:
    return None if stored is None else ExpectedEffect.of(expectation_of(stored))


def _verified(stored: dict[str, Any] | None) -> CommandVerification | None:
    return None if stored is None else CommandVerification.of(stored)


@strawberry.type(description="What was asked of an actuator, and what became of it.")
class Command(Node):
    """A command."""

    table: ClassVar[Table] = COMMANDS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    decision_id: strawberry.Private[UUID | None] = hidden()
    schedule_id: strawberry.Private[UUID | None] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel to be set."
    )
    decision: Annotated["Decision", strawberry.lazy("schema.decision")] | None = to_one(
        "schema.decision:Decision", "decision_id", description="The decision that led to it; null where none did."
    )
    schedule: Annotated["CommandSchedule", strawberry.lazy("schema.command_schedule")] | None = to_one(
        "schema.command_schedule:CommandSchedule",
        "schedule_id",
        description="The series it is one of; null where it was asked for alone.",
    )
    desired: float = column(description="The value it shall have, in the unit of the channel.")
    action: str | None = column(description="The same as a label, where a state was asked for by name; else null.")
    status: CommandStatus = column("status::text", description="Where it stands.")
    idempotency_key: str = column(description="The key under which it was asked for.")
    requested_by: Actor = column(
        # A command that was written by hand, without its first step, is still somebody's.
        "coalesce((select t.actor from command_transitions as t where t.command_id = commands.id and t.sequence = 1), "
        "'user:' || requested_by)",
        read=Actor.of,
        stored=actor_in("requested_by"),
        description="Who asked for it.",
    )
    reason: str | None = column(description="Why, in the words of whoever asked; null where nothing was said.")
    requested_at: datetime = column(description="When it was asked for.")
    not_before: datetime | None = column(description="Before this it is not sent; null where it may be at once.")
    expires_at: datetime = column(description="After this it is never sent.")
    expectation: ExpectedEffect | None = column(
        read=_expected,
        stored=object_of("expectation", EXPECTED),
        description="The effect that is expected of it; null where none was stated.",
    )
    verification: CommandVerification | None = column(
        read=_verified,
        stored=object_of("verification", VERIFICATION),
        description="What readings showed of its effect; null until that is known.",
    )
    interlocks: list[InterlockVerdict] = column(
        read=_verdicts,
        stored=objects_of("interlocks", VERDICT),
        description="What every interlock said when it was asked for.",
    )

    viewer_can_cancel: bool = viewer_can(
        Role.OPERATOR,
        when=is_one_of("status", *UNSENT),
        description="Whether you may take it back: it has not been sent, and your role allows it.",
    )

    @strawberry.field(
        description="Whether you may approve it or turn it down: it waits for that, somebody else asked for it, and "
        "your role allows it."
    )
    async def viewer_can_approve(self, info: Info) -> bool:
        """Look the membership up once for all commands of the operation."""
        asked = self.requested_by
        own = asked.kind is ActorKind.USER and asked.name == subject_of(info.context.actor)
        waits = self.status is CommandStatus.AWAITING_APPROVAL
        return waits and not own and await info.context.may(Role.OPERATOR)

    @strawberry.field(description="Its life so far, from the first step on.", metadata=stored(_LIFE))
    async def transitions(self, info: Info) -> list[CommandTransition]:
        """Load the lives of all commands of the operation at once, as far as the status goes that was read before."""
        steps = await info.context.batch("transitions", transitions_of).load(self.row_id)
        return [CommandTransition.of(each) for each in steps_up_to(steps, self.status)]


@strawberry.input(description="Which commands are wanted; what is left out does not matter.")
class CommandFilter:
    """Conditions that all hold."""

    status: list[CommandStatus] | None = strawberry.field(default=None, description="Only those that stand so.")
    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only to these channels.")
    due: bool | None = strawberry.field(
        default=None,
        description="True for those whose time it is, false for those that wait for `notBefore` or are over.",
    )
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only to channels of these meters and machines; those of their parts are their parts'.",
    )


def commands_asked(
    chosen: CommandFilter | None, page: PageRequest, *, parent: str | None = None, order: Order = NEWEST_COMMAND
) -> Asked:
    """Return the question for commands, newest first, under a parent column or for all."""
    chosen = chosen or CommandFilter()
    channels = None if chosen.channel_ids is None else [key_of(each, "Channel") for each in chosen.channel_ids]
    where = (
        *one_of("status", None if chosen.status is None else [each.value for each in chosen.status], "command_status"),
        *one_of("channel_id", channels, "uuid"),
        *_of_assets(chosen.asset_ids),
        *equals("(coalesce(not_before, requested_at) <= now() and expires_at > now())", chosen.due, "bool"),
    )
    return Asked(Command, Question(entity_of(Command), order, page, where, parent=parent))


def _of_assets(ids: list[strawberry.ID] | None) -> tuple[Condition, ...]:
    if ids is None:
        return ()
    keys = tuple(key_of(each, "Meter", "Machine") for each in ids)
    return (Condition("channel_id in (select id from channels where asset_id = any({}::uuid[]))", (keys,)),)


def commands_of_decision() -> Asked:
    """Return the question for the newest command that came of a decision."""
    return commands_asked(None, PageRequest(1), parent="decision_id")
