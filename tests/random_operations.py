"""Writes random valid queries over a schema: aliases, variables, fragments, conditions, pages and interfaces."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.random_values import Known, Values

Composite = GraphQLObjectType | GraphQLInterfaceType
Weigh = Callable[[str, str], float]
"""Says how readily a field of a type is asked for; never where it is 0."""


@dataclass(slots=True)
class Level:
    """What is selected of one object already, wherever it stands: fields of one key are merged."""

    fields: dict[str, tuple[str, str, "Level"]] = field(default_factory=dict)
    """By key: the text before the braces, the type that it was asked of, and the level below."""


@dataclass(frozen=True, slots=True)
class Written:
    """A query with its variables."""

    document: str
    variables: Mapping[str, Any]


class Operations:
    """Writes queries, the same ones for the same seed.

    Args:
        schema: What is asked.
        known: What values are taken from.
        weigh: Which fields are asked for.
        random: Where chance comes from.
    """

    def __init__(self, schema: GraphQLSchema, known: Known, weigh: Weigh, random: Random) -> None:
        self.schema = schema
        self.values = Values(known, random)
        self.weigh = weigh

    def query(self, *, most: int) -> Written:
        """Write one query of at most so many fields, and somewhat more."""
        return _Query(self, most).written()


class _Query:
    """One query while it is written."""

    def __init__(self, operations: Operations, most: int) -> None:
        self.schema = operations.schema
        self.weigh = operations.weigh
        self.values = operations.values
        self.random, self.chance = self.values.random, self.values.chance
        self.left = most
        self.names = 0
        self.declared: list[str] = []
        self.variables: dict[str, Any] = {}
        self.fragments: list[str] = []
        self.reusable: dict[str, list[tuple[str, Level]]] = {}

    def written(self) -> Written:
        assert self.schema.query_type is not None
        selection = self._selection(self.schema.query_type, Level(), 7, fewest=1)
        declared = f" ({', '.join(self.declared)})" if self.declared else ""
        return Written("\n".join([f"query Q{declared} {selection}", *self.fragments]), self.variables)

    def _name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def _selection(self, type_: Composite, level: Level, depth: int, *, fewest: int = 0) -> str:
        """Write a selection in braces."""
        return "{ " + " ".join(self._parts(type_, level, depth, fewest)) + " }"

    def _parts(self, type_: Composite, level: Level, depth: int, fewest: int = 0) -> list[str]:
        if type_.name.endswith("Connection"):
            return self._of_connection(type_, level, depth)
        fields = {name: weight for name in type_.fields if (weight := self._weight(type_, name, depth)) > 0}
        number = min(len(fields), max(fewest, round(self.random.expovariate(0.3))))
        chosen = self.random.choices(list(fields), list(fields.values()), k=number) if number else []
        parts = [self._field(type_, name, level, depth) for name in chosen]
        if not parts or self.chance(0.15):
            parts.append(self._leaf("__typename", type_, level))
        if depth > 0 and self.chance(0.3):
            parts.append(self._fragment(type_, level, depth - 1))
        if depth > 0 and isinstance(type_, GraphQLInterfaceType):
            kinds = [each for each in self.schema.get_possible_types(type_) if not self._is_shut(each)]
            parts.extend(
                f"... on {each.name}{self._conditions()} {self._selection(each, level, depth - 1)}"
                for each in self.random.sample(kinds, min(len(kinds), self.random.choice([0, 1, 2, 2])))
            )
        self.random.shuffle(parts)
        return parts

    def _is_shut(self, type_: Composite) -> bool:
        return all(self.weigh(type_.name, name) == 0 for name in type_.fields)

    def _weight(self, type_: Composite, name: str, depth: int) -> float:
        named = get_named_type(type_.fields[name].type)
        if not is_leaf_type(named) and (depth <= 0 or self.left <= 0):
            return 0
        return self.weigh(type_.name, name)

    def _of_connection(self, type_: Composite, level: Level, depth: int) -> list[str]:
        """Write what is wanted of a connection, mostly with cursors that further pages can go on from."""
        cursor = f"Cursor_{type_.name}"
        parts = []
        if self.chance(0.7):
            parts.append(self._plain("nodes", type_, level, depth))
        if self.chance(0.35):
            below = self._below(level, "edges", "edges", type_.name)
            edge: Any = get_named_type(type_.fields["edges"].type)
            node = self._plain("node", edge, below, depth)
            key, _ = self._key(f"a{cursor}: cursor", f"a{cursor}", edge, below)
            parts.append(f"edges {{ {key} {node} {self._leaf('__typename', edge, below)} }}")
        if self.chance(0.5):
            below = self._below(level, "pageInfo", "pageInfo", type_.name)
            info: Any = get_named_type(type_.fields["pageInfo"].type)
            ends = [f"{end}{cursor}: {end}Cursor" for end in ("start", "end") if self.chance(0.7)]
            for each in ends:
                self._key(each, each.partition(":")[0], info, below)
            rest = [self._leaf(name, info, below) for name in ("hasNextPage", "hasPreviousPage", "__typename")]
            parts.append(f"pageInfo {{ {' '.join([*ends, *rest])} }}")
        if "totalCount" in type_.fields and self.chance(0.3):
            parts.append(self._leaf("totalCount", type_, level))
        return parts or [self._leaf("__typename", type_, level)]

    def _plain(self, name: str, type_: Composite, level: Level, depth: int) -> str:
        below = self._below(level, name, name, type_.name)
        inner: Any = get_named_type(type_.fields[name].type)
        return f"{name} {self._selection(inner, below, depth - 1)}"

    def _below(self, level: Level, key: str, head: str, type_name: str) -> Level:
        return level.fields.setdefault(key, (head, type_name, Level()))[2]

    def _key(self, text: str, key: str, type_: Composite, level: Level) -> tuple[str, Level]:
        return text, self._below(level, key, text, type_.name)

    def _leaf(self, name: str, type_: Composite, level: Level) -> str:
        if self.chance(0.2):
            alias = self._name("l")
            return self._key(f"{alias}: {name}", alias, type_, level)[0] + self._conditions(0.05)
        # What another kind of object calls so may be of another type.
        if name != "__typename" and level.fields.get(name, (name, type_.name))[:2] != (name, type_.name):
            alias = self._name("l")
            return self._key(f"{alias}: {name}", alias, type_, level)[0]
        return self._key(name, name, type_, level)[0] + self._conditions(0.05)

    def _field(self, type_: Composite, name: str, level: Level, depth: int) -> str:
        field_ = type_.fields[name]
        self.left -= 1
        if is_leaf_type(get_named_type(field_.type)) and not field_.args:
            return self._leaf(name, type_, level)
        inner = get_named_type(field_.type)
        again = [
            (head, below) for head, owner, below in level.fields.values() if owner == type_.name and _is_of(head, name)
        ]
        if again and self.chance(0.3):
            head, below = self.random.choice(again)
        else:
            arguments = self._arguments(field_, name, type_.name, inner.name)
            alias = name if name not in level.fields and self.chance(0.6) else self._name("f")
            head = f"{name}{arguments}" if alias == name else f"{alias}: {name}{arguments}"
            below = self._below(level, alias, head, type_.name)
        if is_leaf_type(inner):
            return head + self._conditions(0.05)
        assert isinstance(inner, (GraphQLObjectType, GraphQLInterfaceType)), inner
        return f"{head}{self._conditions(0.05)} {self._selection(inner, below, depth - 1)}"

    def _fragment(self, type_: Composite, level: Level, depth: int) -> str:
        """Write a fragment, named or in its place, on the type or an interface that it has."""
        if not level.fields and type_.name in self.reusable and self.chance(0.7):
            name, made = self.random.choice(self.reusable[type_.name])
            level.fields.update(made.fields)
            return f"...{name}{self._conditions()}"
        on = self.random.choice([type_, *[each for each in type_.interfaces if not self._is_shut(each)]])
        alone = Level() if not level.fields else level
        selection = self._selection(on, level, depth)
        if self.chance(0.4):
            name = self._name("F")
            self.fragments.append(f"fragment {name} on {on.name} {selection}")
            if alone is level and on is type_:
                self.reusable.setdefault(type_.name, []).append((name, Level(dict(level.fields))))
            return f"...{name}{self._conditions()}"
        return f"...{'' if on is type_ and self.chance(0.3) else f' on {on.name}'}{self._conditions()} {selection}"

    def _conditions(self, often: float = 0.2) -> str:
        written = ""
        for directive, usual in (("skip", False), ("include", True)):
            if self.chance(often):
                value = usual if self.chance(0.6) else not usual
                written += f" @{directive}(if: {self._boolean(value)})"
        return written

    def _boolean(self, value: bool) -> str:  # noqa: FBT001 - it is the value that is written
        if self.chance(0.3):
            return json.dumps(value)
        name = self._name("c")
        if self.chance(0.3):
            self.declared.append(f"${name}: Boolean! = {json.dumps(value)}")
        else:
            self.declared.append(f"${name}: Boolean!")
            self.variables[name] = value
        return f"${name}"

    def _arguments(self, field_: GraphQLField, name: str, owner: str, gives: str) -> str:
        written = []
        backward = self.chance(0.35)
        for key, declared in field_.args.items():
            cursors = gives if key in {"after", "before"} else None
            if cursors is not None and cursors not in self.values.known.cursors and not self.chance(0.01):
                continue
            if not (is_required_argument(declared) or self._is_given(key, backward=backward)):
                continue
            place = f"{owner}.{name}.{key}".lower()
            written.append(f"{key}: {self._value(declared.type, key, place, cursors, declared)}")
        return f"({', '.join(written)})" if written else ""

    def _is_given(self, key: str, *, backward: bool) -> bool:
        if key in {"first", "after", "last", "before"} and not self.chance(0.005):
            wanted = {"last", "before"} if backward else {"first", "after"}
            return key in wanted and self.chance(0.75 if key in {"first", "last"} else 0.4)
        return self.chance(0.2 if key == "asOf" else 0.4)

    def _value(
        self,
        type_: GraphQLInputType,
        key: str,
        place: str,
        cursors: str | None,
        declared: GraphQLArgument | GraphQLInputField,
    ) -> str:
        """Write a value, or a variable that has it."""
        if not isinstance(type_, GraphQLNonNull) and self.chance(0.05):
            value: Any = None
        else:
            value = self.values.made(type_, key, place, cursors)
        if not self.chance(0.4):
            return self.values.literal(type_, value)
        name = self._name("v")
        if not isinstance(type_, GraphQLNonNull) and self.chance(0.1):
            self.declared.append(f"${name}: {type_}")  # and nothing is given
        elif self.chance(0.2):
            self.declared.append(f"${name}: {type_} = {self.values.literal(type_, value)}")
        else:
            has_default = declared.default_value is not Undefined and isinstance(type_, GraphQLNonNull)
            of = type_.of_type if has_default and isinstance(type_, GraphQLNonNull) and self.chance(0.5) else type_
            self.declared.append(f"${name}: {of}")
            self.variables[name] = value
        return f"${name}"


def _is_of(head: str, name: str) -> bool:
    """Say whether a field with its alias and arguments is of a name."""
    rest = head.partition("(")[0]
    return rest.rpartition(": ")[2] == name
