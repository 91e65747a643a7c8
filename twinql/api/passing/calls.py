"""What a field of a document asks for, by its arguments."""

from collections.abc import Mapping
from typing import Any, cast

from graphql import GraphQLField, GraphQLInputType, GraphQLScalarType, VariableNode, get_nullable_type
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryMaybe
from strawberry.types.field import StrawberryField

from schema.declared import Asked, Sought
from schema.passed import NotPassedError
from twinql.api.cost import variables_in
from twinql.api.passing.leaves import DEFINITION
from twinql.api.passing.plan import Filling
from twinql.storage.read import Question


class Call:
    """One field with its arguments."""

    def __init__(self, schema: Schema, field: GraphQLField, details: FieldDetails) -> None:
        """Read a field of a document."""
        self._schema = schema
        self._field = field
        self._definition: StrawberryField = field.extensions[DEFINITION]
        self._node = details.node
        if details.fragment_variable_values is not None:
            raise NotPassedError
        arguments = {each.name.value: each.value for each in self._node.arguments or ()}
        varying = {name: value for name, value in arguments.items() if variables_in(value)}
        self.fixed = not varying
        """Whether its arguments are the same for all requests."""
        self._fed = {name: value.name.value for name, value in varying.items() if isinstance(value, VariableNode)}
        """The variables whose values are arguments, by the names of those."""
        self._simple = len(self._fed) == len(varying)
        self._constant: dict[str, Any] | None = None
        name_of = schema.config.name_converter.from_argument
        self._named = {name_of(each): each for each in self._definition.arguments}
        self._plain = {name for name, each in field.args.items() if _is_plain(each.type, self._named[name].type)}

    def arguments(self, variables: VariableValues) -> Mapping[str, Any]:
        """Return its arguments as its function takes them."""
        if self._constant is not None:
            values = {name: variables.coerced.get(variable) for name, variable in self._fed.items()}
            if None not in values.values():
                return self._constant | self._converted(values) if values else self._constant
        # Whatever is left out, null or wrong goes the way of graphql-core.
        arguments = self._converted(get_argument_values(self._field, self._node, variables))
        if self._simple and self._constant is None:
            fed = {self._named[name].python_name for name in self._fed}
            self._constant = {name: value for name, value in arguments.items() if name not in fed}
        return arguments

    def _converted(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Convert arguments as Strawberry's own resolvers do, with the same converters."""
        converter, config = self._schema.schema_converter, self._schema.config
        found = {}
        for name, value in given.items():
            argument = self._named[name]
            found[argument.python_name] = (
                value
                if name in self._plain
                else convert_argument(value, argument.type, converter.scalar_registry, config, path=(name,))
            )
        return found

    def asked(self, filling: Filling) -> Asked | Sought | None:
        """Return what a declared list asks for, found out once in a request."""
        key = id(self)
        if key not in filling.asked:
            resolver = self._definition.base_resolver
            assert resolver is not None
            function = cast("Any", resolver.wrapped_func)
            filling.asked[key] = function(**self.arguments(filling.variables))
        return filling.asked[key]

    def question(self, filling: Filling, cls: type) -> Question:
        """Return the question for rows of a type, each of which is told by its columns alone.

        Raises:
            NotPassedError: It asks for something else.
        """
        asked = self.asked(filling)
        if not isinstance(asked, Asked) or asked.type is not cls or asked.make is not None:
            raise NotPassedError
        return asked.question

    def key_type(self, filling: Filling) -> str:
        """Return the Postgres type of the keys of parents."""
        asked = self.asked(filling)
        return asked.question.parent_type if isinstance(asked, Asked) else "uuid"


def _is_plain(type_: GraphQLInputType, declared: object) -> bool:
    """Say whether Strawberry takes values of an argument as graphql-core gives them: scalars."""
    return isinstance(get_nullable_type(type_), GraphQLScalarType) and not isinstance(declared, StrawberryMaybe)
