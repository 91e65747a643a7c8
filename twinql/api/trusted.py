"""Documents that were made known beforehand: clients send their id, and a server may take no others.

What client tools write is read as it is: a manifest of Relay's compiler or of GraphQL Code Generator (id → text), one
of Apollo's `generate-persisted-query-manifest`, or a folder of `.graphql` files.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLSchema

from twinql.api.documents import Document, Documents, InvalidDocumentError
from twinql.api.limits import Limits
from twinql.api.operation import Asked, RequestError
from twinql.errors import InvalidInputError

PREFIX = re.compile(r"[a-z0-9]{2,16}:")
"""An id may name the way in which it was made, as in `sha256:…`."""
WITHOUT_BOUND = 10**9
ANY = Limits(*(WITHOUT_BOUND for _ in Limits.__dataclass_fields__))
UNKNOWN = "PersistedQueryNotFound: no document of this id is trusted here; send its text, or another id."
UNKNOWN_AMONG_ONLY = (
    "PersistedQueryNotFound: no document of this id is trusted here; send the documentId of one, "
    "or have this one made known to the server."
)
ONLY = "Only trusted documents are taken here: send the documentId of one, or have this one made known to the server."


@dataclass(frozen=True, slots=True)
class Trusted:
    """Trusted documents by their ids.

    Attributes:
        documents: Documents by their own ids, and by the SHA-256 of their texts.
        only: Whether nothing else is taken.
    """

    documents: Mapping[str, Document]
    only: bool = False

    @classmethod
    def load(cls, path: Path | None, schema: GraphQLSchema, *, only: bool) -> "Trusted":
        """Read a manifest or a folder.

        Raises:
            InvalidInputError: It cannot be read, or a document does not fit the schema.
        """
        if path is None:
            if only:
                raise InvalidInputError(
                    "TWINQL_TRUSTED_ONLY needs TWINQL_TRUSTED_DOCUMENTS: name a manifest or a folder."
                )
            return cls({})
        reader = Documents(schema, ANY, suggest=True)
        documents: dict[str, Document] = {}
        for own_id, text in _entries(path):
            try:
                document = reader.parse(text)
            except InvalidDocumentError as error:
                said = error.errors[0].message
                raise InvalidInputError(
                    f"The trusted document {_name_of(text) or own_id} in {path} does not fit the schema: {said}"
                ) from error
            documents[sha256(text.encode()).hexdigest()] = documents[own_id] = document
        return cls(documents, only)

    def find(self, asked: Asked) -> Document | None:
        """Return the trusted document that is asked for; None where a text is, which is to be read.

        Raises:
            RequestError: There is none, or it has to be a trusted one.
        """
        wanted = _id_of(asked)
        if wanted is not None:
            found = self.documents.get(wanted) or self.documents.get(PREFIX.sub("", wanted, count=1))
            if found is not None:
                return found
            if asked.query is None:
                raise RequestError.of(UNKNOWN_AMONG_ONLY if self.only else UNKNOWN, "PERSISTED_QUERY_NOT_FOUND")
            if wanted.startswith("sha256:") and wanted != f"sha256:{_hash(asked.query)}":
                raise RequestError.of("The text of the document and its id belong to different ones; send one of them.")
        found = self.documents.get(_hash(asked.query)) if self.documents and asked.query is not None else None
        if found is None and self.only:
            raise RequestError.of(ONLY, "TRUSTED_DOCUMENTS_ONLY", status=403)
        return found


def _id_of(asked: Asked) -> str | None:
    if asked.document_id is not None:
        return asked.document_id
    persisted = asked.extensions.get("persistedQuery")
    if persisted is None:
        return None
    wanted = persisted.get("sha256Hash") if isinstance(persisted, Mapping) else None
    if not isinstance(wanted, str):
        raise RequestError.of("`extensions.persistedQuery` holds a `sha256Hash`; send one, or leave it out.")
    return f"sha256:{wanted}"


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _entries(path: Path) -> Iterator[tuple[str, str]]:
    try:
        if path.is_dir():
            for file in sorted([*path.rglob("*.graphql"), *path.rglob("*.gql")]):
                yield file.relative_to(path).with_suffix("").as_posix(), file.read_text(encoding="utf-8")
            return
        manifest = orjson.loads(path.read_bytes())
    except OSError as error:
        why = "this user may not read it" if isinstance(error, PermissionError) else "there is nothing there"
        raise InvalidInputError(
            f"TWINQL_TRUSTED_DOCUMENTS names {path}, which cannot be read, for {why}: name a manifest or a folder."
        ) from error
    except ValueError as error:
        raise InvalidInputError(
            f"TWINQL_TRUSTED_DOCUMENTS names {path}, which cannot be read: it is no JSON, or not written in UTF-8."
        ) from error
    yield from _listed(manifest, path)


def _listed(manifest: Any, path: Path) -> Iterator[tuple[str, str]]:
    if isinstance(manifest, dict) and isinstance(manifest.get("operations"), list):  # Apollo's
        pairs = [(each.get("id"), each.get("body")) for each in manifest["operations"] if isinstance(each, dict)]
    else:
        pairs = list(manifest.items()) if isinstance(manifest, dict) else [(None, None)]
    for own_id, text in pairs:
        if not isinstance(own_id, str) or not isinstance(text, str):
            raise InvalidInputError(
                f"{path} is no manifest of trusted documents: give one of Relay, Apollo or GraphQL Code Generator, "
                "or a folder of .graphql files."
            )
        yield own_id, text


def _name_of(text: str) -> str | None:
    found = re.search(r"\b(?:query|mutation|subscription)\s+(\w+)", text)
    return found[1] if found else None
