"""How much a document may ask for before anything is done about it; every limit is linear in the document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)

SAYABLE = 1_000_000
"""Fragments can multiply what is selected beyond all measure."""
INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a document may hold. docs/limits.md says why each is what it is.

    Attributes:
        characters: Its length.
        tokens: Names, numbers, texts and marks.
        operations: Operations beside each other.
        fragments: Named fragments.
        variables: Variables of an operation.
        depth: Fields within fields, with fragments spread.
        selections: Fields and fragments that an operation selects, with fragments spread.
        root_fields: Fields of Query, Mutation or Subscription that an operation selects, with fragments spread.
        aliases: Fields of an operation that are renamed, with fragments spread.
        directives: Directives of an operation, with fragments spread.
        comparisons: Fields, and fragments, that have to be compared because they answer under one name.
        crossings: Operations times what their fragments select: so much is looked at once for each operation.
    """

    characters: int = 100_000
    tokens: int = 3_000
    operations: int = 100
    fragments: int = 200
    variables: int = 200
    depth: int = 20
    selections: int = 5_000
    root_fields: int = 50
    aliases: int = 250
    directives: int = 250
    comparisons: int = 5_000
    crossings: int = 20_000


class TooMuchError(Exception):
    """A document asks for more than it may; the message says of what, and what to do."""


@dataclass(slots=True)
class Extent:
    """What a selection holds once its fragments are spread."""

    selections: int = 0
    roots: int = 0
    aliases: int = 0
    directives: int = 0
    depth: int = 0
    names: set[str] = field(default_factory=set)

    def take(self, other: "Extent", *, below: bool) -> None:
        """Add what a part holds, `below` a field or beside it."""
        self.selections += other.selections
        self.aliases += other.aliases
        self.directives += other.directives
        self.depth = max(self.depth, other.depth + below)
        if not below:
            self.roots += other.roots
            self.names |= other.names


class Measure:
    """Measures a document, each fragment once."""

    def __init__(self, document: DocumentNode) -> None:
        """Find the fragments of a document."""
        self.operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._extents: dict[str, Extent] = {}

    def of(self, operation: OperationDefinitionNode) -> Extent:
        """Measure an operation."""
        extent = self._selection(operation.selection_set)
        extent.directives += len(operation.directives or ())
        return extent

    def _selection(self, selection_set: SelectionSetNode) -> Extent:
        extent = Extent()
        for each in selection_set.selections:
            extent.selections += 1  # spreads too: those of a cycle hold no field and still have to be walked
            extent.directives += len(each.directives or ())
            if isinstance(each, FieldNode):
                extent.roots += 1
                extent.aliases += each.alias is not None
                extent.depth = max(extent.depth, 1)
                extent.names |= INTROSPECTION & {each.name.value}
                if each.selection_set:
                    extent.take(self._selection(each.selection_set), below=True)
            elif isinstance(each, FragmentSpreadNode):
                extent.take(self._fragment(each.name.value), below=False)
            else:
                extent.take(self._selection(each.selection_set), below=False)  # type: ignore[attr-defined]
        return extent

    def _fragment(self, name: str) -> Extent:
        if name not in self._extents:
            self._extents[name] = Extent()  # what spreads itself is refused by validation, and must end here
            if name in self.fragments:
                self._extents[name] = self._selection(self.fragments[name].selection_set)
        return self._extents[name]


def check(document: DocumentNode, limits: Limits) -> Sequence[tuple[OperationDefinitionNode, Extent]]:
    """Return what each operation of a document holds.

    Raises:
        TooMuchError: It is more than it may be.
    """
    measure = Measure(document)
    _hold("operations", len(measure.operations), limits.operations, "send only those that you need")
    _hold("fragments", len(measure.fragments), limits.fragments, "send only those that you need")
    extents = []
    for operation in measure.operations:
        extent = measure.of(operation)
        for bound in _bounds(operation, extent, limits):
            _hold(*bound)
        extents.append((operation, extent))
    selected = sum(_size(each.selection_set) for each in measure.fragments.values())
    what = "selections and values in fragments, for all operations together"
    _hold(what, selected * len(extents), limits.crossings, "send each operation with its own fragments alone")
    return extents


def _bounds(operation: OperationDefinitionNode, extent: Extent, limits: Limits) -> Iterator[tuple[str, int, int, str]]:
    split = "ask in several operations"
    yield "variables", len(operation.variable_definitions or ()), limits.variables, "use input objects"
    yield "levels of fields", extent.depth, limits.depth, "ask for the rest by id in a second operation"
    yield "selections, with fragments spread", extent.selections, limits.selections, split
    yield "root fields", extent.roots, limits.root_fields, split
    yield "aliases", extent.aliases, limits.aliases, split
    yield "directives", extent.directives, limits.directives, split


def _hold(what: str, asked: int, most: int, advice: str) -> None:
    if asked > most:
        said = f"{asked:,}" if asked < SAYABLE else "many more"
        raise TooMuchError(f"At most {most:,} {what} are taken, and there are {said}; {advice}.")


def _size(selection_set: SelectionSetNode) -> int:
    return sum(1 + _size_beside(each) + _size_below(each) for each in selection_set.selections)


def _size_below(selection: SelectionNode) -> int:
    below = getattr(selection, "selection_set", None)
    return 0 if below is None else _size(below)


def _size_beside(selection: SelectionNode) -> int:
    given = [*(getattr(selection, "arguments", None) or ())]
    for each in selection.directives or ():
        given += each.arguments or ()
    return sum(_values(each.value) for each in given)


def _values(value: ValueNode) -> int:
    if isinstance(value, ListValueNode):
        return 1 + sum(_values(each) for each in value.values)
    if isinstance(value, ObjectValueNode):
        return 1 + sum(_values(each.value) for each in value.fields)
    return 1
