"""Writes operations for every field of a schema, with ids of one's choosing wherever an id fits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

SCALARS = {
    "String": '"x"',
    "Int": "1",
    "Float": "1.5",
    "Boolean": "false",
    "DateTime": '"2026-03-01T12:00:00Z"',
    "Duration": '"PT1H"',
    "Date": '"2026-03-01"',
    "TimeZone": '"Europe/Berlin"',
    "Decimal": '"1.00"',
}
PERIOD = '{from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z"}'
GIVEN = {"PeriodInput": PERIOD, "TariffTermsInput": '{bands: [{name: "all day", price: "0.20"}]}'}
"""What inputs of a type are where nothing in them is under test: such as are taken."""
TEXTS = {"currency": '"EUR"'}
NAMED = {
    "siteId": "Site", "assetId": "Machine", "parentId": "Machine", "channelId": "Channel", "x": "Channel",
    "meterId": "Meter", "tariffId": "Tariff",
}  # fmt: skip
"""Which type an id of such a name belongs to, where the name's own words do not say it."""
WRAPS = ("Connection", "Payload")
"""How types end that are no level of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place where an id is taken: a root field, and the way from its arguments to the id."""

    kind: str
    field: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field}({'.'.join(self.path)})"


class Walk:
    """Writes operations over a schema.

    Args:
        schema: What is asked.
        ids: An id for each type that has some, for every place but the one under test.
        given: Optional arguments that are written wherever a field takes them, by name, as literals.
    """

    def __init__(self, schema: GraphQLSchema, ids: Mapping[str, str], given: Mapping[str, str] | None = None) -> None:
        self.schema = schema
        self.ids = ids
        self.given = given or {}
        self._told: Mapping[str, int] = {}
        self._first = 0
        self._depths: dict[str, int] = {}

    def roots(self) -> Iterator[tuple[str, str, GraphQLField]]:
        """Give every root field with the kind of its operation."""
        types = (self.schema.query_type, self.schema.mutation_type, self.schema.subscription_type)
        for kind, type_ in zip(("query", "mutation", "subscription"), types, strict=True):
            assert type_ is not None
            for name, field in type_.fields.items():
                yield kind, name, field

    def places(self) -> Iterator[Place]:
        """Give every place where a root field takes an id."""
        for kind, name, field in self.roots():
            for argument, declared in field.args.items():
                for path in _id_paths(declared.type):
                    yield Place(kind, name, (argument, *path))

    def operation(
        self,
        kind: str,
        name: str,
        *,
        depth: int,
        swap: tuple[tuple[str, ...], str] | None = None,
        told: Mapping[str, int] | None = None,
    ) -> str:
        """Write one operation.

        Args:
            kind: `query`, `mutation` or `subscription`.
            name: The root field.
            depth: How many levels of objects are selected. What lies below a type is walked where it goes deepest in
                an operation: what else leads to the type selects its own fields.
            swap: The place of an id among the arguments, and the id that stands there.
            told: What `tell` noted of operations before: of nodes that the root does not give, it is not walked again.
        """
        root = {
            "query": self.schema.query_type,
            "mutation": self.schema.mutation_type,
            "subscription": self.schema.subscription_type,
        }[kind]
        assert root is not None
        self._told, self._first = told or {}, depth - 1
        self._depths = self._deepest(root.fields[name], depth)
        return f"{kind} {{ {self._field(root.fields[name], name, depth, '', swap)} }}"

    def tell(self, data: Any, told: dict[str, int]) -> bool:
        """Note what an answer to the last operation holds, by field and type, and say whether it holds anything.

        Args:
            data: The answer, or a part of it.
            told: From which depth each field was walked deepest where there was something.
        """
        if isinstance(data, list):
            return max((self.tell(each, told) for each in data), default=False)
        if not isinstance(data, dict):
            return data is not None
        for alias, value in data.items():
            field, _, type_ = alias.rpartition("_")
            if self.tell(value, told) and field and type_ in self._depths:
                told[alias] = max(self._depths[type_], told.get(alias, 0))
        return next((bool(value) for alias, value in data.items() if alias.startswith("nodes_")), True)

    def selection(self, type_: GraphQLOutputType, depth: int) -> str:
        """Write the fields of a type, its relations down to a depth."""
        named = get_named_type(type_)
        if not is_composite_type(named):
            return ""
        if not isinstance(named, (GraphQLObjectType, GraphQLInterfaceType)):
            return "{ __typename }"
        walked = named.name.endswith(WRAPS) or self._depths.get(named.name) == depth
        parts = ["__typename"]
        for name, field in named.fields.items():
            if name == "edges" and "nodes" in named.fields:
                continue
            if not is_composite_type(get_named_type(field.type)) or (walked and self._asked(named, name, depth)):
                parts.append(self._field(field, name, depth, named.name, None))
        if isinstance(named, GraphQLInterfaceType) and named.name != "Payload":
            members = self.schema.get_possible_types(named)
            parts.extend(f"... on {member.name} {self.selection(member, 0)}" for member in members)
        return "{ " + " ".join(parts) + " }"

    def _asked(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> bool:
        if depth == self._first or "id" not in type_.fields:
            return True
        return depth > self._told.get(f"{name}_{type_.name}", 0)

    def _deepest(self, root: GraphQLField, depth: int) -> dict[str, int]:
        """Return from which depth each type goes deepest below a root field, if it selects more than itself."""
        deepest: dict[str, int] = {}
        met = [(root, depth)]
        for field, left in met:  # grows meanwhile
            named = get_named_type(field.type)
            below = _below(field, left)
            if isinstance(named, (GraphQLObjectType, GraphQLInterfaceType)) and below > deepest.get(named.name, 0):
                deepest[named.name] = below
                met.extend((each, below) for name, each in named.fields.items() if self._asked(named, name, below))
        return deepest

    def _field(
        self,
        field: GraphQLField,
        name: str,
        depth: int,
        above: str,
        swap: tuple[tuple[str, ...], str] | None,
    ) -> str:
        given = []
        for argument, declared in field.args.items():
            swapped = swap if swap is not None and swap[0][0] == argument else None
            if is_required_argument(declared) or swapped:
                inner = (swapped[0][1:], swapped[1]) if swapped else None
                given.append(f"{argument}: {self._literal(declared.type, argument, name, inner)}")
            elif argument in self.given:
                given.append(f"{argument}: {self.given[argument]}")
        arguments = f"({', '.join(given)})" if given else ""
        # Fields of one name that take other arguments in other types must not be merged.
        alias = f"{name}_{above}: " if above else ""
        return f"{alias}{name}{arguments} {self.selection(field.type, _below(field, depth))}"

    def _literal(self, type_: GraphQLInputType, name: str, field: str, swap: tuple[tuple[str, ...], str] | None) -> str:
        plain = get_nullable_type(type_)
        if isinstance(plain, GraphQLList):
            return f"[{self._literal(plain.of_type, name, field, swap)}]"
        if isinstance(plain, GraphQLInputObjectType):
            if plain.name in GIVEN and not (swap and swap[0]):
                return GIVEN[plain.name]
            return self._object(plain, field, swap)
        if isinstance(plain, GraphQLEnumType):
            return next(iter(plain.values))
        if plain.name == "ID":
            return f'"{swap[1] if swap is not None else self._own_id(name, field)}"'
        return TEXTS.get(name, SCALARS[plain.name]) if plain.name == "String" else SCALARS[plain.name]

    def _object(self, type_: GraphQLInputObjectType, field: str, swap: tuple[tuple[str, ...], str] | None) -> str:
        parts = []
        for name, declared in type_.fields.items():
            swapped = swap if swap is not None and swap[0] and swap[0][0] == name else None
            if is_required_input_field(declared) or swapped:
                inner = (swapped[0][1:], swapped[1]) if swapped else None
                parts.append(f"{name}: {self._literal(declared.type, name, field, inner)}")
        return "{" + ", ".join(parts) + "}"

    def _own_id(self, name: str, field: str) -> str:
        wanted = NAMED.get(name) or next(
            (each for each in sorted(self.ids, key=len, reverse=True) if each.lower() in (name + field).lower()), "Site"
        )
        return self.ids.get(wanted, self.ids["Site"])


def _below(field: GraphQLField, depth: int) -> int:
    return depth if get_named_type(field.type).name.endswith(WRAPS) else depth - 1


def _id_paths(type_: GraphQLInputType, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        if named.name in above:
            return
        for name, declared in named.fields.items():
            for path in _id_paths(declared.type, (*above, named.name)):
                yield (name, *path)
    elif named.name == "ID":
        yield ()
