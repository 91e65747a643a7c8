"""What an operation may cost, known before anything is executed: the rows that it may touch."""

import math
from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from twinql.api.outsized import check_page, check_period
from twinql.api.weights import INTROSPECTED_OF_A_ROW, Shape, Weight, leaves_worth, rows_asked, touched, weights_of

Worth = tuple[int, int]
"""What a field is worth at once, and for each row of what it stands in."""
Selected = tuple[int, int, int]
"""What a selection is worth, as a field is, and how many leaves it has."""


class Prices:
    """Tells the cost of operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Weigh every field of a schema."""
        self.schema = schema
        self.weights = weights_of(schema)

    def of(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> int:
        """Return the cost of an operation, in time linear in its document.

        Raises:
            InvalidInputError: A page or a period is longer than any may be.
        """
        return self.estimate(operation, fragments, variables)[0]

    def estimate(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> tuple[int, frozenset[str]]:
        """Return the cost of an operation as `of` does, and the names of the variables that were looked at."""
        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        estimate = _Estimate(self, fragments, variables)
        flat, each, leaves = estimate.selection(operation.selection_set, root)
        return flat + each + leaves_worth(leaves), frozenset(estimate.looked_at)


class _Estimate:
    """The estimate of one operation; each fragment is looked at once."""

    def __init__(
        self, prices: Prices, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._prices = prices
        self._fragments = fragments
        self._variables = variables
        self._known: dict[str, Selected] = {}
        self.looked_at: set[str] = set()
        """The variables on which anything depends that was looked at."""

    def selection(self, selection_set: SelectionSetNode, type_: GraphQLNamedType) -> Selected:
        flat = rows = leaves = 0
        for each in selection_set.selections:
            if each.directives and self._left_out(each):
                continue
            if isinstance(each, FieldNode):
                more, more_rows = self._field(each, type_)
                more_leaves = 0 if each.selection_set else 1
            elif isinstance(each, FragmentSpreadNode):
                more, more_rows, more_leaves = self._fragment(each.name.value)
            else:
                assert isinstance(each, InlineFragmentNode)
                condition = each.type_condition
                inner = self._prices.schema.type_map[condition.name.value] if condition else type_
                more, more_rows, more_leaves = self.selection(each.selection_set, inner)
            flat, rows, leaves = flat + more, rows + more_rows, leaves + more_leaves
        return flat, rows, leaves

    def _fragment(self, name: str) -> Selected:
        if name not in self._known:
            fragment = self._fragments[name]
            type_ = self._prices.schema.type_map[fragment.type_condition.name.value]
            self._known[name] = self.selection(fragment.selection_set, type_)
        return self._known[name]

    def _field(self, node: FieldNode, type_: GraphQLNamedType) -> Worth:
        weight = self._prices.weights.get(type_.name, {}).get(node.name.value)
        if weight is None:
            return 0, 0
        flat = rows = leaves = 0
        if node.selection_set and weight.below is not None:
            flat, rows, leaves = self.selection(node.selection_set, weight.below)
        try:
            arguments = self._arguments(node, type_) if weight.measured else {}
        except GraphQLError:
            return 0, 0  # it is not resolved, and executing the rest tells why
        if weight.shape is Shape.PAGE and weight.below is not None and weight.below.name.endswith("Connection"):
            check_page(node.name.value, arguments)
        check_period(arguments)
        # A leaf of a series is a column with all of its points.
        flat += leaves_worth(leaves) * max(1, touched(arguments))
        return _worth(weight, arguments, flat, rows)

    def _arguments(self, node: FieldNode, type_: GraphQLNamedType) -> Mapping[str, Any]:
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        field: GraphQLField = type_.fields[node.name.value]
        for each in node.arguments or ():
            self.looked_at |= variables_in(each.value)
        return get_argument_values(field, node, self._variables)

    def _left_out(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            for each in directive.arguments or ():
                self.looked_at |= variables_in(each.value)
        try:
            skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
            include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        except GraphQLError:
            return False  # executing it tells what is wrong
        return bool(skip and skip["if"]) or bool(include and not include["if"])


def _worth(weight: Weight, arguments: Mapping[str, Any], flat: int, rows: int) -> Worth:
    own = weight.own + weight.channels * touched(arguments)
    size = rows_asked(weight, arguments)
    match weight.shape:
        case Shape.OBJECT:
            return own + flat + rows, 0
        case Shape.PER_ROW:
            return 0, own + flat + rows
        case Shape.PAGE:
            return own + flat + size * max(1, rows), 0
        case Shape.MUTATION | Shape.EVENT:
            return own + flat + size * (1 + rows), 0
        case Shape.INTROSPECTION:
            return math.ceil((own + flat + rows) / INTROSPECTED_OF_A_ROW), 0
        case _:
            return own - weight.own + size * (weight.own + flat + rows), 0


def variables_in(value: ValueNode) -> set[str]:
    """Return the names of the variables on which a value depends that stands in a document."""
    if isinstance(value, VariableNode):
        return {value.name.value}
    if isinstance(value, ListValueNode):
        return set().union(*map(variables_in, value.values))
    return (
        set().union(*(variables_in(each.value) for each in value.fields))
        if isinstance(value, ObjectValueNode)
        else set()
    )
