"""Documents that were parsed and validated, kept for whoever sends them next."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)

from twinql.api.limits import INTROSPECTION, Limits, TooMuchError, check
from twinql.api.plain_variables import PlainVariables
from twinql.api.rules import rules
from twinql.api.source import IndexedSource

SMALL_CHARACTERS = 1_000
"""Up to this length a document is parsed at once, in 10 ms at most; a longer one leaves the loop to others."""
MOST_DOCUMENTS = 1_000
MOST_CHARACTERS = 300_000
"""How many documents are kept, and how long they are together; parsed, a character takes 50 to 180 bytes."""
MOST_ERRORS = 10
MOST_MESSAGE_CHARACTERS = 500
MOST_LOCATIONS = 4
"""How much is said about what is wrong with a document."""


class InvalidDocumentError(Exception):
    """A document that cannot be executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        """Keep what is wrong with it."""
        super().__init__("; ".join(each.message for each in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may be executed.

    Attributes:
        parsed: Its definitions.
        operations: Its operations by name; None is the name of one without.
        introspecting: Names of those that ask about the graph itself.
        characters: Its length.
        fragments: Its fragments by name.
        plans: How parts of it become SQL, as far as that was asked.
        costs: What its operations cost, by their identities, and by the values of variables that change it.
        priced_by: The variables that change what an operation costs, as far as they have been met, by its identity.
        plain_variables: What reads the usual values of variables, by the identities of operations.
    """

    parsed: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    introspecting: frozenset[str | None]
    characters: int
    fragments: Mapping[str, FragmentDefinitionNode]
    plans: dict[Any, Any] = field(default_factory=dict)
    costs: dict[tuple[int, bytes], int] = field(default_factory=dict)
    priced_by: dict[int, frozenset[str]] = field(default_factory=dict)
    plain_variables: dict[int, PlainVariables] = field(default_factory=dict)


class Documents:
    """Parses and validates documents, each once for as long as it is asked for often enough."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, suggest: bool) -> None:
        """Start with none.

        Args:
            schema: What they have to fit.
            limits: How much they may hold.
            suggest: Whether errors tell names that may have been meant.
        """
        self._schema = schema
        self._limits = limits
        self._rules = rules(limits)
        self._suggest = suggest
        self._kept: OrderedDict[bytes, Document] = OrderedDict()
        self._characters = 0
        # One thread alone: several would wait for the interpreter together, and everybody else with them.
        self._thread = ThreadPoolExecutor(1, "documents")

    async def read(self, text: str) -> Document:
        """Return a document that fits the schema.

        Raises:
            InvalidDocumentError: It does not fit, is no GraphQL, or asks for too much.
        """
        if len(text) > self._limits.characters:
            most = self._limits.characters
            raise InvalidDocumentError(
                [GraphQLError(f"A document has at most {most:,} characters; send a shorter one.")]
            )
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        if (kept := self._kept.get(digest)) is not None:
            self._kept.move_to_end(digest)
            return kept
        if len(text) <= SMALL_CHARACTERS:
            document = self.parse(text)
        else:
            document = await asyncio.get_running_loop().run_in_executor(self._thread, self.parse, text)
        self._keep(digest, document)
        return document

    def parse(self, text: str) -> Document:
        """Read a document that is not known yet.

        Raises:
            InvalidDocumentError: It does not fit, is no GraphQL, or asks for too much.
        """
        try:
            parsed = parse(IndexedSource(text), max_tokens=self._limits.tokens)
            extents = check(parsed, self._limits)
            errors = validate(
                self._schema, parsed, self._rules, max_errors=MOST_ERRORS, hide_suggestions=not self._suggest
            )
        except TooMuchError as error:
            raise InvalidDocumentError([GraphQLError(str(error))]) from error
        except GraphQLError as error:
            raise InvalidDocumentError([_short(error)]) from error
        except RecursionError as error:
            raise InvalidDocumentError([GraphQLError("", original_error=error)]) from error
        if errors:
            raise InvalidDocumentError([_short(each) for each in errors])
        named = {each.name.value if each.name else None: (each, extent) for each, extent in extents}
        introspecting = frozenset(name for name, (_, extent) in named.items() if extent.names & INTROSPECTION)
        operations = {name: each for name, (each, _) in named.items()}
        fragments = {each.name.value: each for each in parsed.definitions if isinstance(each, FragmentDefinitionNode)}
        return Document(parsed, operations, introspecting, len(text), fragments)

    def _keep(self, digest: bytes, document: Document) -> None:
        if digest in self._kept:
            return
        self._kept[digest] = document
        self._characters += document.characters
        while len(self._kept) > MOST_DOCUMENTS or self._characters > MOST_CHARACTERS:
            _, dropped = self._kept.popitem(last=False)
            self._characters -= dropped.characters


def _short(error: GraphQLError) -> GraphQLError:
    message = error.message
    if len(message) > MOST_MESSAGE_CHARACTERS:
        message = message[:MOST_MESSAGE_CHARACTERS] + "…"
    nodes = error.nodes[:MOST_LOCATIONS] if error.nodes else None
    return GraphQLError(message, nodes, error.source, list(error.positions or ())[:MOST_LOCATIONS] or None)
