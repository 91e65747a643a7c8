"""What a field may touch: how many rows, by its type, its name and its arguments."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
)

USUAL_PAGE = 50
USUAL_PAGES = {
    "Channel.readings": 100,
    "Channel.intervals": 100,
    "Channel.forecasts": 10,
    "Meter.forecasts": 10,
    "Channel.calibrations": 10,
    "Channel.interlocks": 10,
    "Site.emergencyStops": 10,
    "Channel.scenarios": 10,
    "Asset.scenarios": 10,
    "Meter.scenarios": 10,
    "Machine.scenarios": 10,
    "Site.scenarios": 10,
    "Query.scenarios": 10,
    "Site.deferrableLoads": 20,
    "Query.deferrableLoads": 20,
    "Site.loadPlans": 10,
    "Query.loadPlans": 10,
    "Alarm.transitions": 20,
    "Evidence.readings": 100,
}
"""How long a page is when nobody says so."""
LONGEST_PAGE = 2_000
"""A longer one is refused where it is asked for, before any row is touched."""
USUAL_EVENT = 200
"""How many rows one event of a subscription holds when nobody says so."""
METERS_OF_A_SITE = 20
"""How many meters a site is taken to have."""
LISTS = {
    "Viewer.memberships": 5,
    "Asset.state": 20,
    "Meter.state": 20,
    "Machine.state": 20,
    "Channel.states": 5,
    "Channel.forecastScores": 10,
    "Meter.forecastScores": 10,
    "Site.insights": 20,
    "Insight.evidence": 3,
    "Channel.gaps": 100,
    "EnergyInterval.events": 1,
    "Reading.corrections": 5,
    "Decision.reasons": 5,
    "Decision.alternatives": 5,
    "DecisionAutonomy.interlocks": 10,
    "AutomationRule.conditions": 2,
    "TrackRecord.levels": 4,
    "AutonomySavings.costs": 1,
    "Channel.alarmRules": 15,
    "Alarm.evidence": 3,
    "Anomalies.found": 20,
    "Anomaly.evidence": 3,
    "AlarmTransition.evidence": 3,
    "Command.interlocks": 8,
    "Command.transitions": 10,
    "IssueCommandPayload.interlocks": 8,
    "ApproveCommandPayload.interlocks": 8,
    "ScheduledCommandOutcome.interlocks": 8,
    "AcceptDecisionPayload.interlocks": 5,
    "RecordReadingsPayload.effects": 20,
    "Cost.lines": 25,
    "Cost.problems": 5,
    "CostEvidence.channels": 2,
    "CostEvidence.events": 2,
    "Carbon.channels": 1,
    "SiteCost.totals": 1,
    "SiteCost.meters": METERS_OF_A_SITE,
    "TariffTerms.bands": 5,
    "TariffTerms.vat": 2,
    "TariffBand.windows": 5,
    "TariffBand.blocks": 5,
    "Health.issues": 5,
    "Rotation.turns": 20,
    "MaintenanceOutlook.healthOverTime": 28,
    "RecommendedMaintenance.tasks": 3,
    "RemainingUsefulLife.channels": 12,
    "Bands.tables": 10,
    "Bands.deductions": 10,
    "ScoreTable.bands": 4,
    "MachineRisk.contributions": 10,
    "RiskContribution.hazards": 3,
    "FailureProbability.latest": 50,
    "Overheating.channels": 3,
    "NetworkCongestion.channels": 2,
    "ErrorRate.channels": 2,
    "EnergyByState.states": 5,
    "Machine.correlations": 4,
    "Ranking.places": 1,
    "Comparison.items": 5,
    "Scenario.assumptions": 3,
    "LoadPlan.loads": 10,
    "CarryOutLoadPlanPayload.outcomes": 20,
    "PlannedLoad.runs": 2,
    "PlannedLoad.usualRuns": 1,
    "LoadPlanRefusal.reasons": 5,
    "Scenario.moves": 3,
    "Scenario.crossings": 8,
    "ThermalFit.drivers": 5,
    "ThermalFit.parameters": 8,
    "ScenarioComparison.items": 5,
    "ComparedScenario.crossings": 4,
    "Compared.values": 5,
    "__Schema.types": 200,
    "__Schema.directives": 10,
    "__Type.fields": 10,
    "__Type.interfaces": 1,
    "__Type.possibleTypes": 1,
    "__Type.enumValues": 3,
    "__Type.inputFields": 3,
    "__Field.args": 2,
    "__Directive.args": 2,
}
"""How many objects a list holds that takes no argument for it. Whoever adds such a list adds it here."""
USUAL_LIST = 10
PER_ROW = frozenset({"nodes", "edges", "outcomes", "readings", "ranges", "commands", "decisions", "alarms", "costs"})
"""Lists with one object for each row of what they stand in: a page, the input of a mutation, an event."""
OWN = {
    "Channel.forecast": 20,
    "Channel.forecastRefusal": 20,
    "Channel.forecastScores": 10,
    "Meter.forecast": 40,
    "Meter.forecastRefusal": 40,
    "Meter.forecastScores": 10,
    "Channel.anomalies": 20_000,
    "Channel.traits": 10,
    "Channel.trend": 10,
    "Channel.freshness": 2,
    "Channel.health": 10,
    "Asset.health": 40,
    "Meter.health": 40,
    "Machine.health": 40,
    "Asset.maintenance": 1_000,
    "Meter.maintenance": 1_000,
    "Machine.maintenance": 1_000,
    "Machine.remainingUsefulLife": 2_000,
    "Machine.risk": 100,
    "Site.ranking": 2_500,
    "Site.insights": 1_000,
    "Site.rotation": 2_500,
    "Query.compare": 1_000,
    "Site.autonomy": 2,
    "SiteAutonomy.trackRecord": 50,
    "Machine.overheating": 10,
    "Machine.networkCongestion": 10,
    "Machine.errorRate": 20,
    "Machine.efficiency": 40,
    "Machine.energyByState": 40,
    "Machine.correlation": 40,
    "Machine.correlations": 160,
    "Machine.failureProbability": 100,
    "Asset.availability": 10,
    "Meter.availability": 10,
    "Machine.availability": 10,
    "Query.rateLimit": 0,
    "Query.compareScenarios": 10,
    "Scenario.outcome": 20,
    "Mutation.simulate": 50_000,
    "Mutation.triggerEmergencyStop": 0,
    "Mutation.planLoads": 30_000,
    "Cost.carbon": 5,
    "RecordReadingsPayload.effects": 8,
}
"""What fields are worth by themselves, apart from what is selected below; else an object is worth 1."""
CHANNELS_READ = {"Site.cost": METERS_OF_A_SITE}
"""Of how many channels a field reads the stretch of time that it is asked for; else of one."""
TOTAL_COUNT = 10
FREE_LEAVES = 20
"""More leaves than any object has columns are asked for by aliases, and written into the answer one by one."""
LEAVES_OF_A_ROW = 10
MUTATION = 10
POINTS_OF_A_ROW = 10
"""Points come in columns, and cost a tenth of an object."""
DAYS_OF_A_ROW = 10
INTROSPECTED_OF_A_ROW = 20
"""What introspection tells is held in memory."""
BUCKET_S = {
    "PT15M": 900,
    "PT30M": 1_800,
    "PT1H": 3_600,
    "DAY": 86_400,
    "WEEK": 604_800,
    "MONTH": 2_592_000,
    "BILLING_MONTH": 2_592_000,
}


class Shape(Enum):
    """How what is selected below a field is multiplied."""

    OBJECT = auto()
    LIST = auto()
    PER_ROW = auto()
    PAGE = auto()
    IDS = auto()
    MUTATION = auto()
    EVENT = auto()
    INTROSPECTION = auto()


@dataclass(frozen=True, slots=True)
class Weight:
    """What a field is worth.

    Attributes:
        shape: How what is selected below is multiplied.
        below: The type of what is selected below; None where nothing is.
        own: What it is worth by itself.
        size: By how much, where no argument says it.
        measured: Whether arguments say how much is touched.
        channels: Of how many channels a stretch of time is read.
    """

    shape: Shape
    below: GraphQLNamedType | None
    own: int = 1
    size: int = 1
    measured: bool = False
    channels: int = 1


def weights_of(schema: GraphQLSchema) -> Mapping[str, Mapping[str, Weight]]:
    """Return the weights of fields by type and name; one that is missing weighs nothing."""
    found: dict[str, dict[str, Weight]] = {}
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            weights = {field: _weight(schema, type_, field, each) for field, each in type_.fields.items()}
            found[name] = {field: each for field, each in weights.items() if each is not None}
    query = schema.query_type
    assert query is not None
    for field in ("__schema", "__type"):
        found[query.name][field] = Weight(Shape.INTROSPECTION, schema.type_map[f"__{field[2:].capitalize()}"])
    return found


def _weight(
    schema: GraphQLSchema, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, field: GraphQLField
) -> Weight | None:
    below = get_named_type(field.type)
    own = OWN.get(f"{type_.name}.{name}", 1)
    if not is_composite_type(below):
        return Weight(Shape.OBJECT, None, TOTAL_COUNT) if name == "totalCount" else None
    if type_ is schema.mutation_type:
        return Weight(Shape.MUTATION, below, OWN.get(f"{type_.name}.{name}", MUTATION), measured=True)
    if type_ is schema.subscription_type:
        return Weight(Shape.EVENT, below, own, USUAL_EVENT, measured="maxBatch" in field.args)
    if "first" in field.args:
        usual = USUAL_PAGES.get(f"{type_.name}.{name}", USUAL_PAGE)
        return Weight(Shape.PAGE, below, own, usual, measured=True)
    if isinstance(get_nullable_type(field.type), GraphQLList):
        return _list_weight(f"{type_.name}.{name}", name, below, field, own)
    measured = not field.args.keys().isdisjoint({"during", "maxPoints"})
    return Weight(Shape.OBJECT, below, own, measured=measured, channels=CHANNELS_READ.get(f"{type_.name}.{name}", 1))


def _list_weight(place: str, name: str, below: GraphQLNamedType, field: GraphQLField, own: int) -> Weight:
    if place in LISTS:
        return Weight(Shape.LIST, below, own, LISTS[place], measured="during" in field.args)
    if name == "userErrors":
        return Weight(Shape.OBJECT, below, 0)
    if "ids" in field.args:
        return Weight(Shape.IDS, below, 1, measured=True)
    if name in PER_ROW:
        return Weight(Shape.PER_ROW, below, 0 if name == "edges" else 1)  # an edge's node is the object
    return Weight(Shape.LIST, below, 1, USUAL_LIST)


def rows_asked(weight: Weight, arguments: Mapping[str, Any]) -> int:
    """Return by how much a field multiplies what is selected below it."""
    if weight.shape is Shape.PAGE:
        asked = arguments.get("first")
        asked = arguments.get("last") if asked is None else asked
        return min(max(weight.size if asked is None else int(asked), 0), LONGEST_PAGE)
    if weight.shape is Shape.IDS:
        return len(arguments["ids"])
    if weight.shape is Shape.MUTATION:
        return _rows(arguments)
    if weight.shape is Shape.EVENT:
        return min(max(int(arguments.get("maxBatch", weight.size)), 0), LONGEST_PAGE)
    return weight.size


def leaves_worth(leaves: int) -> int:
    """Return what the leaves of one selection are worth, for each object that they are read of."""
    return math.ceil(max(leaves - FREE_LEAVES, 0) / LEAVES_OF_A_ROW)


def touched(arguments: Mapping[str, Any]) -> int:
    """Return how many rows a stretch of time is worth: its days, and its points where there are some."""
    during = arguments.get("during")
    span_s = max((during["until"] - during["from"]).total_seconds(), 0.0) if during else 0.0
    points = int(arguments.get("maxPoints") or 0)
    if points and (bucket := arguments.get("bucket")) is not None:
        points = min(points, math.ceil(span_s / BUCKET_S[bucket.name]))
    return math.ceil(max(points, 0) / POINTS_OF_A_ROW) + math.ceil(span_s / 86_400 / DAYS_OF_A_ROW)


def _rows(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(_rows(each) for each in value.values() if isinstance(each, Mapping | list))
    if isinstance(value, list):
        return len(value) + sum(_rows(each) for each in value if isinstance(each, list))
    return 0
