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

from twinql.api.sizes import CHANNELS_READ, LISTS, OWN, PER_ROW, USUAL_LIST, USUAL_PAGE, USUAL_PAGES

LONGEST_PAGE = 2_000
"""A longer one is refused where it is asked for, before any row is touched."""
USUAL_EVENT = 200
"""How many rows one event of a subscription holds when nobody says so."""
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
