"""What machines are doing."""

from datetime import datetime
from typing import Self

import strawberry

from schema.described import publish
from twinql.domain.assets import Execution, ExecutionState

publish(
    ExecutionState,
    "What a machine is doing.",
    RUNNING="It works.",
    IDLE="It is ready and does nothing.",
    FAULT="It has stopped by itself.",
    OFF="It is switched off.",
    UNKNOWN="Nothing tells.",
)


@strawberry.type(description="What a machine is doing, and since when.")
class MachineExecution:
    """The state of the channel `execution`."""

    state: ExecutionState = strawberry.field(description="What it is doing; UNKNOWN where nothing tells.")
    label: str | None = strawberry.field(description="The same in the words of its channel; null where nothing tells.")
    since: datetime | None = strawberry.field(
        description="When this state was first read without another one since; null where nothing tells."
    )
    observed_at: datetime | None = strawberry.field(description="When it was last read; null where nothing tells.")

    @classmethod
    def of(cls, execution: Execution | None) -> Self:
        """Show what was read."""
        if execution is None:
            return cls(state=ExecutionState.UNKNOWN, label=None, since=None, observed_at=None)
        return cls(
            state=execution.state, label=execution.label, since=execution.since, observed_at=execution.observed_at
        )
