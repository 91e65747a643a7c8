"""Values of variables as nearly all requests have them, read without looking at the document again."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import GraphQLError, GraphQLSchema, Undefined, VariableDefinitionNode, is_non_null_type
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_input_value

MOST = 20
"""So many variables, and so many fields of one, are few."""
MOST_CHARACTERS = 10_000
_SCALARS = frozenset({str, int, float, bool, type(None)})


class PlainVariables:
    """Reads the variables of one operation where they are few scalars and objects of scalars, all of them right."""

    def __init__(self, schema: GraphQLSchema, definitions: Iterable[VariableDefinitionNode]) -> None:
        """Look at what the operation declares."""
        found = [get_variable_signature(schema, each) for each in definitions]
        self._signatures: list[GraphQLVariableSignature] | None = [
            each for each in found if not isinstance(each, GraphQLError)
        ]
        if len(self._signatures) < len(found):
            self._signatures = None  # which the general way tells

    def values(self, given: Mapping[str, Any]) -> VariableValues | None:
        """Return what graphql-core makes of them; None where it has to be asked, or has something to say."""
        if self._signatures is None or not are_plain(given):
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature in self._signatures:
            name = signature.name
            value = given.get(name, Undefined)
            if value is Undefined:
                if signature.default is not None or is_non_null_type(signature.type):
                    return None
                sources[name] = VariableValueSource(signature)
                continue
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = found = coerce_input_value(value, signature.type)
            if found is Undefined:
                return None
        return VariableValues(sources, coerced)


def are_plain(given: Mapping[str, Any]) -> bool:
    """Say whether values are few, and scalars or objects of scalars."""
    if len(given) > MOST:
        return False
    for value in given.values():
        if type(value) is dict:
            if len(value) > MOST or not all(map(_is_scalar, value.values())):
                return False
        elif not _is_scalar(value):
            return False
    return True


def _is_scalar(value: Any) -> bool:
    return type(value) in _SCALARS and (type(value) is not str or len(value) <= MOST_CHARACTERS)
