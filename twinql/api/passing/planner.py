"""Turns selections into SQL, by what the types of the graph declare."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry import Schema

from schema.declared import (
    LISTED,
    RELATION,
    Answered,
    Column,
    Embedded,
    Identity,
    Sought,
    ToOne,
    entity_of,
    kinds_of,
    named,
)
from schema.passed import PASSED, NotPassedError, Passed, Wanted
from schema.stored_parts import STORED, Stored
from schema.viewer_can import PERMITTED, Permitted
from twinql.api.passing.calls import Call
from twinql.api.passing.connections import ConnectionSql
from twinql.api.passing.leaves import DEFINITION, written
from twinql.api.passing.place import Place
from twinql.api.passing.plan import Filling, Plan, Sketch
from twinql.storage.read import Text, json_text
from twinql.storage.read.passing import first_row, no_row, row_by_key, statement, told
from twinql.storage.read.stored_text import of_all, of_one


class Planner:
    """Plans selections of one operation, as the conditions of a request leave it."""

    def __init__(
        self,
        schema: Schema,
        core: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        """Plan for an operation of a schema."""
        self.schema = schema
        self.core = core
        self.sketch = Sketch()
        self._operation = operation
        self._fragments = {name: FragmentDetails(each, None) for name, each in fragments.items()}
        self._variables = variables

    def operation(self) -> Plan:
        """Plan a whole query.

        Raises:
            NotPassedError: Something in it takes Python.
        """
        root = cast("GraphQLObjectType", self.core.query_type)
        place = Place(root.extensions[DEFINITION].origin, "")
        fields = [(key, self._field(place, root, each)) for key, each in self.roots(root).items()]
        if not self.sketch.reads:
            raise NotPassedError
        return self.sketch.plan(statement(json_text.needed(json_text.fields(fields))))

    def relation(self, parent: GraphQLObjectType, details: FieldDetailsList, key: str) -> Plan:
        """Plan one relation of parents whose key is told in SQL; NULL where it is null.

        Raises:
            NotPassedError: Something in it takes Python.
        """
        field = parent.fields[details[0].node.name.value]
        metadata = field.extensions[DEFINITION].metadata
        if RELATION in metadata:
            table = entity_of(named(metadata[RELATION].target)).table
            return self.sketch.plan(self._relation(field, details, key), lambda _: table.key_type)
        call = Call(self.schema, field, details[0])
        return self.sketch.plan(self._relation(field, details, key), call.key_type)

    def roots(self, type_: GraphQLObjectType) -> Mapping[str, FieldDetailsList]:
        """Return what is wanted of the root, by the keys of the answer."""
        found = collect_fields(self.core, self._fragments, self._variables, type_, self._operation)
        return found.grouped_field_set

    def below(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Mapping[str, FieldDetailsList]:
        """Return what is wanted of an object, by the keys of the answer."""
        found = collect_subfields(self.core, self._fragments, self._variables, self._operation, type_, details)
        return found.grouped_field_set

    def place(self, cls: type) -> Place:
        """Return a place for rows of a type."""
        return Place(cls, self.sketch.alias())

    def row(self, cls: type, details: FieldDetailsList, place: Place) -> str:
        """Write what is wanted of a row, which is of a type or of one of the kinds of an interface."""
        kinds = kinds_of(cls)
        if not kinds:
            return self._object(place, self._type(cls), details)
        told_by = place.column(cast("Any", cls).kind_column)
        cases = " ".join(
            f"when {json_text.literal(kind)} then "
            + self._object(Place(each, place.alias, place.columns), self._type(each), details)
            for kind, each in kinds.items()
        )
        return f"case {told_by} {cases} else {json_text.NOT_PASSED} end"

    def _type(self, cls: type) -> GraphQLObjectType:
        return cast("GraphQLObjectType", self.core.type_map[cast("Any", cls).__strawberry_definition__.name])

    def _object(self, place: Place, type_: GraphQLObjectType, details: FieldDetailsList) -> str:
        fields = [(key, self._field(place, type_, each)) for key, each in self.below(type_, details).items()]
        return json_text.needed(json_text.fields(fields))

    def _field(self, place: Place, type_: GraphQLObjectType, details: FieldDetailsList) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return json_text.constant(type_.name)
        if name not in type_.fields:
            raise NotPassedError
        text = self._value(place, type_, type_.fields[name], details)
        return text if isinstance(type_.fields[name].type, GraphQLNonNull) else json_text.nullable(text)

    def _value(self, place: Place, type_: GraphQLObjectType, field: GraphQLField, details: FieldDetailsList) -> str:
        """Write a field; NULL where it is null."""
        metadata = field.extensions[DEFINITION].metadata
        if (passed := metadata.get(PASSED)) is not None:
            return self._passed(passed, place, field, details)
        if (stored := metadata.get(STORED)) is not None:
            return self._stored(stored, place, field, details)
        if (permitted := metadata.get(PERMITTED)) is not None:
            return self._permitted(permitted, place)
        if (relation := metadata.get(LISTED) or metadata.get(RELATION)) is not None:
            return self._relation(field, details, place.column(relation.local) if relation.local else "")
        return self._column(place, type_, field, details)

    def _column(self, place: Place, type_: GraphQLObjectType, field: GraphQLField, details: FieldDetailsList) -> str:
        attribute = field.extensions[DEFINITION].python_name
        declared = place.declared(attribute)
        if isinstance(declared, Identity):
            key = place.column("row_id")
            return json_text.global_id(type_.name, key, place.column(declared.instant) if declared.instant else None)
        if isinstance(declared, Embedded):
            prefix = f"{place.prefix}{attribute}_"
            inner = Place(declared.type, place.alias, place.columns, prefix)
            return self._object(inner, cast("GraphQLObjectType", get_named_type(field.type)), details)
        if isinstance(declared, Column) and is_leaf_type(get_named_type(field.type)):
            return written(declared, field.type, place.column(attribute))
        raise NotPassedError

    def _stored(self, stored: Stored, place: Place, field: GraphQLField, details: FieldDetailsList) -> str:
        type_ = cast("GraphQLObjectType", get_named_type(field.type))
        values = [place.column(each) for each in stored.needs]
        inner = Place(type_.extensions[DEFINITION].origin, self.sketch.alias(), parts=stored.parts)
        text = self._object(inner, type_, details)
        now = self.sketch.hole(lambda filling: filling.text.parameter(filling.text.now))
        rows = stored.rows.format(*values, alias=inner.alias, now=now)
        return of_all(text, rows) if stored.many else of_one(values[0], text, rows)

    def _passed(self, passed: Passed, place: Place, field: GraphQLField, details: FieldDetailsList) -> str:
        for each in passed.needs:
            place.column(each)
        if place.prefix:
            raise NotPassedError
        call = Call(self.schema, field, details[0])
        wanted = self._wanted(details[0].node.name.value, details[0].node.name.value, field, details)
        return self.sketch.hole(
            lambda filling: passed.write(filling.text, wanted, call.arguments(filling.variables), place.alias)
        )

    def _wanted(self, key: str, name: str, field: GraphQLField, details: FieldDetailsList) -> Wanted:
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            return Wanted(key, name)
        if not isinstance(inner, GraphQLObjectType):
            raise NotPassedError
        return Wanted(
            key, name, tuple(self._part(inner, each, below) for each, below in self.below(inner, details).items())
        )

    def _part(self, type_: GraphQLObjectType, key: str, details: FieldDetailsList) -> Wanted:
        node = details[0].node
        if node.name.value == "__typename":
            return Wanted(key, "__typename")
        if node.arguments or node.name.value not in type_.fields:
            raise NotPassedError
        return self._wanted(key, node.name.value, type_.fields[node.name.value], details)

    def _permitted(self, permitted: Permitted, place: Place) -> str:
        asked = (permitted.needs, permitted.device)
        self.sketch.asks.add(asked)
        for each in permitted.when.needs:
            place.column(each)
        if place.prefix:
            raise NotPassedError
        holds = permitted.when.written.format(place.alias)
        may = self.sketch.hole(lambda filling: filling.text.parameter(filling.may[asked]))
        return f"({holds} and {may}::bool)::text"

    def _relation(self, field: GraphQLField, details: FieldDetailsList, key: str) -> str:
        metadata = field.extensions[DEFINITION].metadata
        if (to_one := metadata.get(RELATION)) is not None:
            return self._one(to_one, details, key)
        answered: Answered = metadata[LISTED]
        if answered.needs is not None:
            self.sketch.needs.add(answered.needs)
        if (resolver := field.extensions[DEFINITION].base_resolver) is not None and resolver.self_parameter is not None:
            raise NotPassedError  # what is asked depends on the parent
        call = Call(self.schema, field, details[0])
        inner = get_named_type(field.type)
        if not answered.single:
            return ConnectionSql(self, cast("GraphQLObjectType", inner), call, key).sql(details)
        if hasattr(inner.extensions[DEFINITION].origin, "table"):
            return self._first(inner.extensions[DEFINITION].origin, call, details, key)
        return self._any(cast("GraphQLInterfaceType", inner), call, details, key)

    def _one(self, to_one: ToOne, details: FieldDetailsList, key: str) -> str:
        cls = named(to_one.target)
        place = self.place(cls)
        text = self.row(cls, details, place)
        return told(text, row_by_key(Text(), entity_of(cls), place.columns, key), place.alias)

    def _first(self, cls: type, call: Call, details: FieldDetailsList, key: str) -> str:
        place = self.place(cls)
        text = self.row(cls, details, place)

        def query(filling: Filling) -> str:
            asked = call.asked(filling)
            if asked is None:
                return no_row(filling.text, entity_of(cls), place.columns)
            if isinstance(asked, Sought):
                if asked.type is not cls:
                    raise NotPassedError
                sought = f"{filling.text.parameter(asked.key)}::{entity_of(cls).table.key_type}"
                return row_by_key(filling.text, entity_of(cls), place.columns, sought)
            return first_row(filling.text, call.question(filling, cls), place.columns, key)

        return told(text, self.sketch.hole(query, fixed=call.fixed), place.alias)

    def _any(self, interface: GraphQLInterfaceType, call: Call, details: FieldDetailsList, key: str) -> str:
        """Write an object of which only a request tells the type: one of these plans stands in its statement."""
        plans: dict[type, Plan] = {}
        before = most = self.sketch.relations
        for type_ in self.core.get_possible_types(interface):
            cls = type_.extensions[DEFINITION].origin
            self.sketch.relations = before
            with suppress(NotPassedError):
                plans[cls] = self.sketch.plan(self._first(cls, call, details, key))
            most = max(most, self.sketch.relations)
        self.sketch.relations = most
        if not plans:
            raise NotPassedError

        def chosen(filling: Filling) -> str:
            asked = call.asked(filling)
            if asked is None:
                return "null::text"
            if asked.type not in plans:
                raise NotPassedError
            return plans[asked.type].within(filling)

        return self.sketch.hole(chosen)
