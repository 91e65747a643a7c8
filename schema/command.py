"""What is asked of actuators, and what became of it."""

from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden, key_of, to_one
from schema.described import publish
from schema.interlock_verdict import InterlockVerdict
from schema.node import Node
from schema.payload import Payload
from twinql.context import Info
from twinql.domain.commands import USUAL_LIFE, CommandStatus
from twinql.storage.commands import Transition, transitions_of
from twinql.storage.interlocks import verdict_of
from twinql.storage.read import Condition, PageRequest, Question, Table, one_of
from twinql.storage.read.entity import COMMANDS, NEWEST_COMMAND

if TYPE_CHECKING:
    from schema.channel import Channel
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
    name: str = strawberry.field(description="The subject of the token, or the name of the worker or device.")

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a kind, a colon and a name."""
        kind, _, name = text.partition(":")
        return cls(kind=ActorKind(kind), name=name)


@strawberry.type(description="One step in the life of a command; steps are only ever added.")
class CommandTransition:
    """A transition."""

    sequence: int = strawberry.field(description="Its place in the life of the command, from 1.")
    status: CommandStatus = strawberry.field(description="The status it went to.")
    at: datetime = strawberry.field(description="When.")
    actor: Actor = strawberry.field(description="Who or what moved it.")
    detail: str | None = strawberry.field(description="More about it, for people; null where no more was said.")

    @classmethod
    def of(cls, step: Transition) -> Self:
        """Show a transition."""
        return cls(
            sequence=step.sequence, status=step.status, at=step.at, actor=Actor.of(step.actor), detail=step.detail
        )


def _verdicts(stored: list[dict[str, Any]]) -> list[InterlockVerdict]:
    return [InterlockVerdict.of(verdict_of(each)) for each in stored]


@strawberry.type(description="What was asked of an actuator, and what became of it.")
class Command(Node):
    """A command."""

    table: ClassVar[Table] = COMMANDS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    decision_id: strawberry.Private[UUID | None] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel to be set."
    )
    decision: Annotated["Decision", strawberry.lazy("schema.decision")] | None = to_one(
        "schema.decision:Decision", "decision_id", description="The decision that led to it; null where none did."
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
        description="Who asked for it.",
    )
    reason: str | None = column(description="Why, in the words of whoever asked; null where nothing was said.")
    requested_at: datetime = column(description="When it was asked for.")
    expires_at: datetime = column(description="After this it is never sent.")
    interlocks: list[InterlockVerdict] = column(
        read=_verdicts, description="What every interlock said when it was asked for."
    )

    @strawberry.field(description="Its life so far, from the first step on.")
    async def transitions(self, info: Info) -> list[CommandTransition]:
        """Load the lives of all commands of the operation at once."""
        steps = await info.context.batch("transitions", transitions_of).load(self.row_id)
        return [CommandTransition.of(each) for each in steps]


@strawberry.input(description="Which commands are wanted; what is left out does not matter.")
class CommandFilter:
    """Conditions that all hold."""

    status: list[CommandStatus] | None = strawberry.field(default=None, description="Only those that stand so.")
    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only to these channels.")
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only to channels of these meters and machines; those of their parts are their parts'.",
    )


def commands_asked(chosen: CommandFilter | None, page: PageRequest, *, parent: str | None = None) -> Asked:
    """Return the question for commands, newest first, under a parent column or for all."""
    chosen = chosen or CommandFilter()
    channels = None if chosen.channel_ids is None else [key_of(each, "Channel") for each in chosen.channel_ids]
    where = (
        *one_of("status", None if chosen.status is None else [each.value for each in chosen.status], "command_status"),
        *one_of("channel_id", channels, "uuid"),
        *_of_assets(chosen.asset_ids),
    )
    return Asked(Command, Question(entity_of(Command), NEWEST_COMMAND, page, where, parent=parent))


def _of_assets(ids: list[strawberry.ID] | None) -> tuple[Condition, ...]:
    if ids is None:
        return ()
    keys = tuple(key_of(each, "Meter", "Machine") for each in ids)
    return (Condition("channel_id in (select id from channels where asset_id = any({}::uuid[]))", (keys,)),)


def commands_of_decision() -> Asked:
    """Return the question for the newest command that came of a decision."""
    return commands_asked(None, PageRequest(1), parent="decision_id")


@strawberry.input(description="What is asked of an actuator.")
class IssueCommandInput:
    """An order: either `desired` or `action` says what the channel shall be."""

    channel_id: strawberry.ID = strawberry.field(description="The channel to be set, a writable one.")
    desired: float | None = strawberry.field(
        default=None, description="The value it shall have, in the unit of the channel."
    )
    action: str | None = strawberry.field(
        default=None, description="For a STATE channel: the label of the state it shall have, such as OFF."
    )
    expires_in: timedelta = strawberry.field(
        default=USUAL_LIFE, description="How long it stays worth sending, from one second to 24 hours."
    )
    idempotency_key: str = strawberry.field(
        description="Made up by you, 1 to 200 characters: the same key with the same input gives the same command."
    )
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")
    decision_id: strawberry.ID | None = strawberry.field(default=None, description="The decision that leads to it.")
    dry_run: bool = strawberry.field(
        default=False, description="True says what every interlock says, and changes nothing."
    )


@strawberry.type(description="What became of an order.")
class IssueCommandPayload(Payload):
    """The command, and what every interlock said."""

    command: Command | None = strawberry.field(
        default=None,
        description="The command: QUEUED, or REJECTED where an interlock refuses it. Null in a dry run, and where the "
        "input can never be a command.",
    )
    interlocks: list[InterlockVerdict] = strawberry.field(
        default_factory=list, description="What every interlock says, with the numbers it compared."
    )
    replayed: bool = strawberry.field(
        default=False, description="Whether the command was there before, under the same key."
    )
