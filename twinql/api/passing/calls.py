"""What a field of a document asks for, by its arguments."""

from collections.abc import Mapping
from typing import Any, cast

from graphql import GraphQLField, GraphQLScalarType, get_nullable_type
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryMaybe
from strawberry.types.field import StrawberryField

from schema.declared import Asked, Sought
from schema.passed import NotPassedError
from twinql.api.cost import varies
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
        self._constant: Mapping[str, Any] | None = None
        self._plain = _plain_arguments(schema, field, self._definition)
        self._fixed = not any(varies(each.value) for each in self._node.arguments or ())

    def arguments(self, variables: VariableValues) -> Mapping[str, Any]:
        """Return its arguments as its function takes them."""
        if self._constant is not None:
            return self._constant
        given = get_argument_values(self._field, self._node, variables)
        if given.keys() <= self._plain.keys():
            arguments = {self._plain[name]: value for name, value in given.items()}
        else:
            # As Strawberry's own resolvers do, with the same converters.
            converter, config = self._schema.schema_converter, self._schema.config
            arguments = convert_arguments(given, self._definition.arguments, converter.scalar_registry, config)
        if self._fixed:
            self._constant = arguments
        return arguments

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


def _plain_arguments(schema: Schema, field: GraphQLField, definition: StrawberryField) -> Mapping[str, str]:
    """Return Python's names of the arguments whose values Strawberry takes as graphql-core gives them: scalars."""
    name_of = schema.config.name_converter.from_argument
    named = {name_of(each): each for each in definition.arguments}
    return {
        name: named[name].python_name
        for name, argument in field.args.items()
        if isinstance(get_nullable_type(argument.type), GraphQLScalarType)
        and not isinstance(named[name].type, StrawberryMaybe)
    }
