"""What would happen if, as somebody asks it, and what comes of it."""

import strawberry

from schema.load_question import LoadShiftInput
from schema.payload import Payload
from schema.scenario import Scenario
from schema.scenario_question import TemperatureScenarioInput
from twinql.domain.scenarios.scenario import ScenarioRefusal as Refused


@strawberry.input(description="What would happen if: exactly one of `temperature` and `loadShift`.")
class SimulateInput:
    """A question."""

    name: str | None = strawberry.field(
        default=None, description="What the scenario shall be called, 1 to 200 characters; left out, by what it asks."
    )
    temperature: TemperatureScenarioInput | None = strawberry.field(default=None, description="Of a temperature.")
    load_shift: LoadShiftInput | None = strawberry.field(
        default=None, description="Of a meter's load under its tariff."
    )


@strawberry.type(description="Why there is no scenario: an honest answer would need something that is not there.")
class ScenarioRefusal:
    """A refusal."""

    code: str = strawberry.field(
        description="For programs, such as POOR_FIT, ACTUATOR_NEVER_MOVED, INSUFFICIENT_HISTORY, NO_DRIVERS or "
        "MORE_THAN_THERE_IS."
    )
    message: str = strawberry.field(description="For people: what is wrong, with the numbers.")
    needed: str = strawberry.field(description="For people: what would be needed.")

    @classmethod
    def of(cls, refused: Refused) -> "ScenarioRefusal":
        """Show a refusal."""
        return cls(code=refused.code, message=refused.message, needed=refused.needed)


@strawberry.type(description="What came of a question: a scenario that is kept, or why there is none.")
class SimulatePayload(Payload):
    """The outcome of `simulate`."""

    scenario: Scenario | None = strawberry.field(
        default=None, description="The scenario; null where it was refused, or the input was not taken."
    )
    refusal: ScenarioRefusal | None = strawberry.field(
        default=None, description="Why there is none, where the input was taken; nothing is kept then."
    )


@strawberry.input(description="A scenario that nobody needs any more.")
class DeleteScenarioInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The scenario.")


@strawberry.type(description="What became of a scenario that was to be deleted.")
class DeleteScenarioPayload(Payload):
    """The outcome of `deleteScenario`."""

    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The global id that it had; null where nothing was deleted."
    )
