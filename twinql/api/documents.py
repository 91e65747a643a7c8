"""Documents that were parsed and validated, kept for whoever sends them next."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate

MOST_TOKENS = 10_000
"""How long a document may be; the introspection of every client's tools has fewer than a thousand. [tokens]"""
SMALL_CHARACTERS = 2_000
"""Up to this length a document is parsed at once; a longer one leaves the loop to others meanwhile."""
MOST_DOCUMENTS = 1_000
MOST_CHARACTERS = 4 * 2**20
"""How many documents are kept, and how long they are together."""


class InvalidDocumentError(Exception):
    """A document that cannot be executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        """Keep what is wrong with it."""
        super().__init__("; ".join(each.message for each in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may be executed."""

    parsed: DocumentNode
    hash: str
    characters: int


class Documents:
    """Parses and validates documents, each once for as long as it is asked for often enough."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Start with none."""
        self._schema = schema
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    async def read(self, text: str) -> Document:
        """Return a document that fits the schema.

        Raises:
            InvalidDocumentError: It does not fit, or is no GraphQL.
        """
        name = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if (kept := self._kept.get(name)) is not None:
            self._kept.move_to_end(name)
            return kept
        if len(text) <= SMALL_CHARACTERS:
            parsed = self._parse(text)
        else:
            parsed = await asyncio.to_thread(self._parse, text)
        document = Document(parsed, name, len(text))
        self._keep(document)
        return document

    def _parse(self, text: str) -> DocumentNode:
        try:
            parsed = parse(text, max_tokens=MOST_TOKENS)
            errors = validate(self._schema, parsed)
        except GraphQLError as error:
            raise InvalidDocumentError([error]) from error
        except RecursionError as error:
            raise InvalidDocumentError([GraphQLError("", original_error=error)]) from error
        if errors:
            raise InvalidDocumentError(errors)
        return parsed

    def _keep(self, document: Document) -> None:
        if document.hash in self._kept:
            return
        self._kept[document.hash] = document
        self._characters += document.characters
        while len(self._kept) > MOST_DOCUMENTS or self._characters > MOST_CHARACTERS:
            _, dropped = self._kept.popitem(last=False)
            self._characters -= dropped.characters
