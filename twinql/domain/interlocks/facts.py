"""What interlocks know of the plant when they judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.commands import CommandStatus
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.verdict import Request, Stage
from twinql.domain.readings import OF_DEVICES, ReadingSource


@dataclass(frozen=True, slots=True)
class Target:
    """What interlocks know of the channel that shall be set.

    Attributes:
        name: What people call it.
        unit: The unit of its values, as the graph names it.
        writable: Whether commands may set it.
        archived: Whether it was taken out of use.
        minimum: Lowest value that can be right; None where it is open. [unit of the channel]
        maximum: Highest value that can be right; None where it is open. [unit of the channel]
        states: Labels by code for a STATE channel; empty for others.
        last_value: What it last read; None where it has never been read. [unit of the channel]
        last_observed_at: When that was observed; None where it has never been read.
        reads_states: Whether its values are codes of states.
    """

    name: str
    unit: str
    writable: bool
    archived: bool
    minimum: float | None
    maximum: float | None
    states: Mapping[float, str]
    last_value: float | None
    last_observed_at: datetime | None
    reads_states: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a channel that an interlock looks at.

    Attributes:
        channel_id: The channel.
        name: What people call it.
        unit: The unit of its values, as the graph names it.
        states: Labels by code for a STATE channel; empty for others.
        resolution_s: Time between two readings when all is well; None where nobody said. [s]
        value: Its newest reading; None where it was never read, or that one has no value. [unit of the channel]
        is_good: Whether that one was measured, and nothing is said against it.
        observed_at: When that was, by the clock of its source; None where it was never read.
        recorded_at: When TwinQL learned of it.
        ahead_until: The latest instant that readings bear which were learned of later and are dated ahead of now: the
            clock of their source is off. None where none are.
        source: The way by which its newest reading came in; None where it was never read.
        has_device: Whether a device or the simulator reads it: then what people write tells nothing.
        archived: Whether it was taken out of use.
    """

    channel_id: UUID
    name: str
    unit: str
    states: Mapping[float, str]
    resolution_s: float | None
    value: float | None
    is_good: bool
    observed_at: datetime | None
    recorded_at: datetime | None
    ahead_until: datetime | None = None
    source: ReadingSource | None = None
    has_device: bool = False
    archived: bool = False

    @property
    def is_by_hand(self) -> bool:
        """Whether people wrote its newest reading, though a device reads it."""
        return self.has_device and self.source is not None and self.source not in OF_DEVICES

    def age(self, now: datetime) -> timedelta | None:
        """How old its newest reading is, by its own clock or by ours, whichever says more."""
        if self.observed_at is None or self.recorded_at is None:
            return None
        return max(now - min(self.observed_at, self.recorded_at), timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidDown:
    """An interlock that people laid down for a channel, with what is known of what it looks at.

    Attributes:
        id: The interlock.
        definition: What it says.
        seen: The channel that it looks at: the other one where it names one, else the one to be set.
        since: For MINIMUM_ON_TIME and MINIMUM_OFF_TIME: since when `seen` has at least been on, or off; the later of
            what its clock and ours say. None where it is not, or that is not known.
        lowest: For RATE_OF_CHANGE: the least that `seen` read from a minute ago on. [unit of the channel]
        highest: The most, likewise.
        beside: Whether `seen` is another channel than the one to be set.
    """

    id: UUID
    definition: InterlockDefinition
    seen: Seen
    since: datetime | None = None
    lowest: float | None = None
    highest: float | None = None
    beside: bool = False


_ON_ITS_WAY: Final = frozenset(
    {CommandStatus.SENT, CommandStatus.ACKNOWLEDGED, CommandStatus.EXECUTING, CommandStatus.EXECUTED}
)
_IN_DOUBT: Final = frozenset({CommandStatus.TIMED_OUT, CommandStatus.NOT_OBSERVED, CommandStatus.FAILED})
"""Nobody knows how far these came: a device says FAILED also of what it had begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Another command to a channel that counts.

    Attributes:
        channel_id: The channel.
        desired: The value that was asked for. [unit of the channel]
        status: Where it stands.
        not_before: Before this it is not sent; None where it may be sent at once.
        sent_at: When it was sent; None where it was not.
        expires_at: After this it is never sent.
    """

    channel_id: UUID
    desired: float
    status: CommandStatus
    not_before: datetime | None
    sent_at: datetime | None
    expires_at: datetime

    def may_show(self, request: Request) -> bool:
        """Say whether its effect may be on its way, so that no reading shows it yet.

        One that waits comes first, unless what is asked is being sent: then those that still wait come after it. One
        that no device answered, that failed, or that no reading has shown, may take effect until it expires.
        """
        if self.status is CommandStatus.QUEUED:
            return request.stage is not Stage.SENDING and (self.not_before is None or self.not_before <= request.now)
        return self.status in _ON_ITS_WAY or (self.status in _IN_DOUBT and request.now < self.expires_at)

    def may_have_shown(self, request: Request, within: timedelta) -> bool:
        """Say whether its effect may be on its way, or may have come within a span that ends now, unseen."""
        if self.may_show(request):
            return True
        lately = self.sent_at is not None and self.sent_at > request.now - within
        return lately and self.status in _IN_DOUBT


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """An emergency stop that holds.

    Attributes:
        at: Since when.
        by: Who triggered it.
        reason: Why, in their words.
    """

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known when a command is judged.

    Attributes:
        channel_id: The channel that shall be set.
        organisation_id: The organisation that owns it.
        target: What is known of it.
        stopped: The emergency stop of its site; None where none holds.
        laid_down: Its interlocks, the oldest first.
        under_way: Other commands to it and to the channels that its interlocks look at.
    """

    channel_id: UUID
    organisation_id: UUID
    target: Target
    stopped: Stopped | None = None
    laid_down: tuple[LaidDown, ...] = ()
    under_way: tuple[UnderWay, ...] = ()

    def commands_to(self, channel_id: UUID) -> list[UnderWay]:
        """Return the other commands to a channel."""
        return [command for command in self.under_way if command.channel_id == channel_id]
