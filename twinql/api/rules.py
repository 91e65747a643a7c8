"""The rules by which documents are validated: graphql-core's, with the one bounded that is not linear."""

from graphql import GraphQLError, ValidationContext, specified_rules
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule
from graphql.validation.rules.overlapping_fields_can_be_merged import (
    MAX_FIELD_COMPARISONS,
    ComparisonBudgetExceededError,
    NodeAndDefCollection,
    OrderedPairSet,
    PairSet,
)

from twinql.api.limits import Limits

INCREMENTAL = ("DeferStream", "StreamDirective")
"""Rules about directives that this graph has not."""


class _Comparisons(OrderedPairSet):
    """Counts what graphql-core counts, and every look at a fragment beside it."""

    __slots__ = ()

    def look(self) -> None:
        self.comparisons += 1
        if self.comparisons > MAX_FIELD_COMPARISONS:
            raise ComparisonBudgetExceededError

    def has(self, a: NodeAndDefCollection, b: str, weakly_present: bool) -> bool:  # noqa: FBT001 - graphql-core's
        self.look()
        return super().has(a, b, weakly_present)


class _FragmentPairs(PairSet):
    __slots__ = ("_comparisons",)

    def __init__(self, comparisons: _Comparisons) -> None:
        super().__init__()
        self._comparisons = comparisons

    def has(self, a: str, b: str, are_mutually_exclusive: bool) -> bool:  # noqa: FBT001 - graphql-core's
        self._comparisons.look()
        return super().has(a, b, are_mutually_exclusive)


def rules(limits: Limits) -> tuple[type[ASTValidationRule], ...]:
    """Return the rules, none of which takes longer than in proportion to the document."""

    class MergeableFields(OverlappingFieldsCanBeMergedRule):
        """Compares fields that answer under one name, pair by pair, and gives up where there are too many pairs."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            counted = _Comparisons()
            counted.comparisons = MAX_FIELD_COMPARISONS - limits.comparisons
            self.compared_fields_and_fragment_pairs = counted
            self.compared_fragment_pairs = _FragmentPairs(counted)

        def report_error(self, error: GraphQLError) -> None:
            if self._budget_exceeded:
                said = "Too many fields are selected more than once under one name; select each field once."
                error = GraphQLError(said, error.nodes)
            super().report_error(error)

    return tuple(
        MergeableFields if each is OverlappingFieldsCanBeMergedRule else each
        for each in specified_rules
        if not each.__name__.startswith(INCREMENTAL)
    )
