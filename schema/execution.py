"""What machines are doing."""

from datetime import datetime
from typing import Self

import strawberry

from schema.described import publish
from schema.stored_parts import Part, Stored
from twinql.domain.assets import Execution, ExecutionState
from twinql.storage.read import json_text
from twinql.storage.statements import included

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


def _state(label: str) -> str:
    """Write the state that a label names, as `Execution.state` reads it."""
    named = " ".join(f"when '{each.name}' then '\"{each.name}\"'" for each in ExecutionState)
    # Letters beyond ASCII are made capital in other ways here and there.
    beyond = f"when octet_length({label}) <> length({label}) then {json_text.NOT_PASSED}"
    return f"case {beyond} else case upper({label}) {named} else '\"UNKNOWN\"' end end"


EXECUTION = Stored(
    f"({included('execution', 'of_machine', '{0}')}) as {{alias}}",
    ("row_id",),
    {"state": Part("label", written=_state)} | {name: Part(name) for name in ("label", "since", "observed_at")},
)
"""How the database writes it: of a machine of which nothing tells, too."""
