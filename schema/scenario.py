"""What would happen if: scenarios as they were worked out, each beside what happens if nobody does anything."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.described import publish
from schema.lists import ScenarioConnection
from schema.node import Node
from schema.scenario_load import LoadMove, LoadShiftOutcome
from schema.scenario_outcome import ScenarioOutcome, outcome_now
from schema.scenario_parts import (
    ScenarioAssumption,
    ScenarioCourse,
    ScenarioCrossing,
    ScenarioOvershoot,
    ThermalFit,
    crossings_of,
)
from schema.viewer_can import viewer_can
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.domain.scenarios.scenario import ScenarioKind
from twinql.domain.units import Unit
from twinql.storage.read import PageRequest, Question, Table, contains, equals, json_text, one_of
from twinql.storage.read.entity import BY_CREATION_DESCENDING, SCENARIOS

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.channel import Channel
    from schema.site import Site

publish(
    ScenarioKind,
    "What a scenario asks about.",
    TEMPERATURE="What a temperature does if something that moves it is changed.",
    LOAD_SHIFT="What a meter costs if energy is used at another time.",
)
_ENDS = (
    "array(select starts_at + step * step_seconds * interval '1 second' "
    "from generate_series(1, cardinality(baseline_p50)) as step order by step)"
)
_UNIT = (
    "case when kind = 'LOAD_SHIFT' then 'KILOWATT_HOUR' "
    "else (select c.unit::text from channels as c where c.id = channel_id) end"
)


def _course(name: str) -> str:
    """Return the SQL of one of the two courses."""
    return f"jsonb_build_object('lower', {name}_p10, 'median', {name}_p50, 'upper', {name}_p90)"


def _seconds(value: int) -> timedelta:
    return timedelta(seconds=value)


def _overshoot(findings: Mapping[str, Any]) -> ScenarioOvershoot | None:
    return ScenarioOvershoot.of(findings["overshoot"]) if findings.get("overshoot") else None


def _fit(findings: Mapping[str, Any]) -> ThermalFit | None:
    if not findings.get("fit"):
        return None
    return ThermalFit.of(findings["fit"], beyond=findings["beyond"], told_s=findings.get("told_s"))


def _load(findings: Mapping[str, Any]) -> LoadShiftOutcome | None:
    return LoadShiftOutcome.of(findings["load"]) if findings.get("load") else None


@strawberry.type(
    description="What would happen if, as it was worked out, beside what happens if nobody does anything. It is never "
    "changed."
)
class Scenario(Node):
    """A scenario."""

    table: ClassVar[Table] = SCENARIOS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    asset_id: strawberry.Private[UUID | None] = hidden()
    channel_id: strawberry.Private[UUID] = hidden()
    channel_number: strawberry.Private[int] = hidden("(select c.number from channels as c where c.id = channel_id)")
    name: str = column(description="What people call it.")
    kind: ScenarioKind = column("kind::text", description="What it asks about.")
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset",
        "asset_id",
        description="The asset of the channel, or the meter whose load is shifted; null for a channel of the site.",
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel that it foresees, or that counts the load."
    )
    created_at: datetime = column(description="When it was worked out; nothing that was read later was known to it.")
    created_by: str = column(description="Who asked: the subject of the token.")
    starts_at: datetime = column(description="Where it begins.")
    step: timedelta = column("step_seconds", read=_seconds, written=json_text.duration, description="Length of a step.")
    horizon: timedelta = column(
        "step_seconds * cardinality(baseline_p50)",
        read=_seconds,
        written=json_text.duration,
        description="How far it reaches: all steps together.",
    )
    level: float = column(description="Share of outcomes that should lie between p10 and p90.")
    unit: Unit = column(_UNIT, description="The unit of the courses: that of the channel, or kilowatt hours of a load.")
    ends: list[datetime] = column(_ENDS, description="End of each step.")
    assumptions: list[ScenarioAssumption] = column(
        "asked", read=ScenarioAssumption.all_of, description="What was assumed of channels; empty for a load."
    )
    moves: list[LoadMove] = column(
        "asked", read=LoadMove.all_of, description="Which load was moved; empty for a temperature."
    )
    baseline: ScenarioCourse = column(
        _course("baseline"), read=ScenarioCourse.of, description="If nobody does anything."
    )
    alternative: ScenarioCourse = column(
        _course("alternative"), read=ScenarioCourse.of, description="If what was assumed happens."
    )
    crossings: list[ScenarioCrossing] = column(
        "findings", read=crossings_of, description="When thresholds are first crossed, in either course."
    )
    overshoot: ScenarioOvershoot | None = column(
        "findings", read=_overshoot, description="How far it goes past a new setpoint; null where none was asked about."
    )
    fit: ThermalFit | None = column(
        "findings", read=_fit, description="The heat balance on which it rests, and how good that is; null for a load."
    )
    load: LoadShiftOutcome | None = column(
        "findings", read=_load, description="What comes of a load that is shifted; null for a temperature."
    )
    viewer_can_delete: bool = viewer_can(Role.OPERATOR, description="Whether your role allows you to delete it.")

    @strawberry.field(
        description="How both courses compare with what was read since; null of a load, and before the first step is "
        "over."
    )
    async def outcome(self, info: Info) -> ScenarioOutcome | None:
        """Compare it now."""
        return await outcome_now(info, self)


@strawberry.input(description="Which scenarios are wanted; what is left out does not matter.")
class ScenarioFilter:
    """Conditions that all hold."""

    kind: ScenarioKind | None = strawberry.field(default=None, description="Only those that ask about this.")
    site_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these sites.")
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only of these meters and machines."
    )
    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these channels.")
    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")


WhichScenarios = Annotated[
    ScenarioFilter | None, strawberry.argument(name="filter", description="Which scenarios; all of them if left out.")
]


def scenarios_asked(chosen: ScenarioFilter | None, page: PageRequest, *, parent: str | None = None) -> Asked:
    """Return the question for scenarios, newest first, under a parent column or for all."""
    chosen = chosen or ScenarioFilter()
    where = (
        *equals("kind", chosen.kind and chosen.kind.value, "scenario_kind"),
        *one_of("site_id", _keys(chosen.site_ids, "Site"), "uuid"),
        *one_of("asset_id", _keys(chosen.asset_ids, "Meter", "Machine"), "uuid"),
        *one_of("channel_id", _keys(chosen.channel_ids, "Channel"), "uuid"),
        *contains(("name",), chosen.search),
    )
    return Asked(Scenario, Question(entity_of(Scenario), BY_CREATION_DESCENDING, page, where, parent=parent))


def scenarios_of(local: str | None, parent: str | None, *, description: str) -> Any:
    """Declare the list of scenarios of a thing.

    Args:
        local: The attribute that holds its key; None for a root field.
        parent: The column of scenarios that points to it; None for a root field.
        description: For the schema.
    """

    def scenarios(
        filter_: WhichScenarios = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        return scenarios_asked(filter_, page_of(first, after, last, before, usual=10, most=100), parent=parent)

    return listed(local, graphql_type=ScenarioConnection, description=description)(scenarios)


def _keys(ids: list[strawberry.ID] | None, *types: str) -> list[object] | None:
    return None if ids is None else [key_of(each, *types) for each in ids]
