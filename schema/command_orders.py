"""What people ask of actuators: one command, or a series."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.changes import key_at, needed_key_at
from schema.command import Command
from schema.command_schedule import CommandSchedule
from schema.declared import to_one
from schema.expected_effect import ExpectedEffectInput
from schema.interlock_verdict import InterlockVerdict
from schema.payload import Payload
from twinql.domain.command_series import MOST_COMMANDS, CommandSeries
from twinql.domain.commands import USUAL_LIFE
from twinql.domain.orders import Order
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError
from twinql.storage.commands import Issued

if TYPE_CHECKING:
    from schema.channel import Channel


@strawberry.input(description="What is asked of an actuator.")
class IssueCommandInput:
    """An order: either `desired` or `action` says what the channel shall be."""

    channel_id: strawberry.ID = strawberry.field(description="The channel to be set, a writable one.")
    desired: float | None = strawberry.field(
        default=None, description="The value it shall have, in the unit of the channel, or in `unit`."
    )
    unit: Unit | None = strawberry.field(
        default=None, description="The unit of `desired`, one that fits the channel; its own where left out."
    )
    action: str | None = strawberry.field(
        default=None, description="For a STATE channel: the label of the state it shall have, such as OFF."
    )
    not_before: datetime | None = strawberry.field(
        default=None, description="Before this it is not sent, at most 31 days ahead; at once where left out."
    )
    expires_in: timedelta = strawberry.field(
        default=USUAL_LIFE,
        description="How long it stays worth sending, from `notBefore` on where there is one: one second to 24 hours.",
    )
    idempotency_key: str = strawberry.field(
        description="Made up by you, 1 to 200 characters: the same key with the same input gives the same command."
    )
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")
    decision_id: strawberry.ID | None = strawberry.field(default=None, description="The decision that leads to it.")
    expect: ExpectedEffectInput | None = strawberry.field(
        default=None,
        description="The effect you expect: with it, VERIFIED takes that this shows too; "
        "without it, that the channel shows the value.",
    )
    dry_run: bool = strawberry.field(
        default=False, description="True says what every interlock says, and changes nothing."
    )

    def to_domain(self) -> Order:
        """Say it in the words of the domain."""
        return Order(
            channel_id=needed_key_at(self.channel_id, "channelId", "Channel"),
            idempotency_key=self.idempotency_key,
            desired=self.desired,
            unit=self.unit,
            action=self.action,
            not_before=self.not_before,
            expires_in=self.expires_in,
            reason=self.reason,
            decision_id=key_at(self.decision_id, "decisionId", "Decision"),
            expect=None if self.expect is None else self.expect.to_domain(),
        )


@strawberry.type(description="What became of an order.")
class IssueCommandPayload(Payload):
    """The command, and what every interlock said."""

    command: Command | None = strawberry.field(
        default=None,
        description="The command: QUEUED, AWAITING_APPROVAL where its channel asks for that, or REJECTED where an "
        "interlock refuses it. Null in a dry run, and where the input can never be a command.",
    )
    interlocks: list[InterlockVerdict] = strawberry.field(
        default_factory=list, description="What every interlock says, with the numbers it compared."
    )
    replayed: bool = strawberry.field(
        default=False, description="Whether the command was there before, under the same key."
    )


@strawberry.input(description="One command of a series.")
class ScheduledCommandInput:
    """An order: either `desired` or `action` says what the channel shall be."""

    channel_id: strawberry.ID = strawberry.field(description="The channel to be set, a writable one.")
    desired: float | None = strawberry.field(
        default=None, description="The value it shall have, in the unit of the channel, or in `unit`."
    )
    unit: Unit | None = strawberry.field(
        default=None, description="The unit of `desired`, one that fits the channel; its own where left out."
    )
    action: str | None = strawberry.field(
        default=None, description="For a STATE channel: the label of the state it shall have, such as OFF."
    )
    not_before: datetime = strawberry.field(description="Before this it is not sent, at most 31 days ahead.")
    expires_in: timedelta = strawberry.field(
        default=USUAL_LIFE, description="How long it stays worth sending from then on, from one second to 24 hours."
    )
    expect: ExpectedEffectInput | None = strawberry.field(
        default=None,
        description="The effect you expect: with it, VERIFIED takes that this shows too; "
        "without it, that the channel shows the value.",
    )

    def to_domain(self) -> Order:
        """Say it in the words of the domain; the series gives it a key."""
        return Order(
            channel_id=needed_key_at(self.channel_id, "channelId", "Channel"),
            idempotency_key="-",
            desired=self.desired,
            unit=self.unit,
            action=self.action,
            not_before=self.not_before,
            expires_in=self.expires_in,
            expect=None if self.expect is None else self.expect.to_domain(),
        )


@strawberry.input(description="A series of commands, all of which are taken on, or none.")
class ScheduleCommandsInput:
    """A series."""

    name: str = strawberry.field(description="What people call it, such as Night setback; 1 to 200 characters.")
    idempotency_key: str = strawberry.field(
        description="Made up by you, 1 to 200 characters: the same key with the same input gives the same schedule."
    )
    commands: list[ScheduledCommandInput] = strawberry.field(description=f"One to {MOST_COMMANDS} commands.")
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")
    dry_run: bool = strawberry.field(
        default=False, description="True says what every interlock says, and changes nothing."
    )

    def to_domain(self) -> CommandSeries:
        """Say it in the words of the domain."""
        orders = []
        for place, each in enumerate(self.commands):
            try:
                orders.append(each.to_domain())
            except InvalidInputError as error:
                raise InvalidInputError(error.message, path=("commands", str(place), *error.path)) from error
        return CommandSeries(self.name, self.idempotency_key, tuple(orders), self.reason)


@strawberry.type(description="What became of one command of a series.")
class ScheduledCommandOutcome:
    """An outcome."""

    channel_id: strawberry.Private[UUID]
    command_id: strawberry.Private[UUID | None]
    index: int = strawberry.field(description="Its place in the series, from 0.")
    not_before: datetime | None = strawberry.field(description="Before this it is not sent; at once where null.")
    interlocks: list[InterlockVerdict] = strawberry.field(
        description="What every interlock says, with the numbers it compared."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel to be set."
    )
    command: Command | None = to_one(
        "schema.command:Command",
        "command_id",
        description="The command; null in a dry run, and where one of the series is refused.",
    )

    @classmethod
    def all_of(cls, orders: Sequence[Order], issued: Sequence[Issued]) -> list[Self]:
        """Show what became of the orders of a series."""
        return [
            cls(
                channel_id=order.channel_id,
                command_id=each.command_id,
                index=place,
                not_before=order.not_before,
                interlocks=[InterlockVerdict.of(verdict) for verdict in each.verdicts],
            )
            for place, (order, each) in enumerate(zip(orders, issued, strict=True))
        ]


@strawberry.type(description="What became of a series.")
class ScheduleCommandsPayload(Payload):
    """The schedule, and what every interlock said of each command."""

    schedule: CommandSchedule | None = strawberry.field(
        default=None, description="The schedule; null in a dry run, and where one of its commands is refused."
    )
    outcomes: list[ScheduledCommandOutcome] = strawberry.field(
        default_factory=list, description="What interlocks say of each command, in the order of the input."
    )
    replayed: bool = strawberry.field(
        default=False, description="Whether the schedule was there before, under the same key."
    )
