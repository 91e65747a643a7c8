"""What writable channels shall be, and what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Control:
    """What a channel shall be, and what it is.

    Attributes:
        reads_states: Whether its values are codes of states, of which there is no difference.
        command_id: The newest command that is due and still stands, or was carried out; None where there is none.
        desired: What it shall be by that. [unit of the channel]
        desired_since: Since when.
        reported: What it read last; None where it was never read. [unit of the channel]
        reported_at: When that was observed.
    """

    reads_states: bool
    command_id: UUID | None
    desired: float | None
    desired_since: datetime | None
    reported: float | None
    reported_at: datetime | None

    @property
    def delta(self) -> float | None:
        """How far it is from what it shall be; None for states, and where one of the two is not known."""
        if self.reads_states or self.desired is None or self.reported is None:
            return None
        return self.desired - self.reported


async def controls_of(connection: Connection, channel_ids: Sequence[UUID], *, now: datetime) -> list[Control]:
    """Return what each channel shall be, and what it is."""
    return [Control(**row) for row in await connection.fetch(load("controls")["controls"], channel_ids, now)]
