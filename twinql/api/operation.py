"""What is asked of the graph, and what it answers, whichever way it came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

import orjson
from graphql import GraphQLFormattedError
from graphql.execution.values import VariableValues

from twinql.api.executor import TwinExecutor
from twinql.api.passing import Plan
from twinql.domain.rate_limit import RateLimit
from twinql.errors import TwinError

Errors = Sequence[GraphQLFormattedError]
Kind = Literal["query", "mutation", "subscription"]

MOST_ID_CHARACTERS = 256
"""How long the id of a trusted document or the name of an operation may be. [characters]"""


class RequestError(Exception):
    """A request that is refused before anything of it is executed.

    Attributes:
        errors: What is answered, in GraphQL's own form, labelled already.
        status: The status of the answer over HTTP.
        headers: Further headers of the answer over HTTP.
    """

    def __init__(self, errors: Errors, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        """Keep what is answered."""
        super().__init__("; ".join(str(each.get("message")) for each in errors))
        self.errors = list(errors)
        self.status = status
        self.headers = dict(headers or {})

    @classmethod
    def of(
        cls,
        message: str,
        code: str = "BAD_REQUEST",
        *,
        status: int = 400,
        retryable: bool = False,
        headers: Mapping[str, str] | None = None,
        **told: Any,
    ) -> "RequestError":
        """Make a refusal for one reason.

        Args:
            message: What was wrong, and what to do.
            code: One of the closed list of codes.
            status: The status over HTTP.
            retryable: Whether the same request may work later.
            headers: Further headers over HTTP.
            **told: Further extensions of the error.
        """
        error: GraphQLFormattedError = {
            "message": message,
            "extensions": {"code": code, "retryable": retryable, **told},
        }
        return cls([error], status, headers)

    @classmethod
    def because(
        cls, error: TwinError, *, status: int = 400, headers: Mapping[str, str] | None = None, **told: Any
    ) -> "RequestError":
        """Make a refusal of an expected failure, which tells when to come back where that is known."""
        headers = dict(headers or {})
        if error.retry_after_s is not None:
            told["retryAfter"] = ceil(error.retry_after_s)
            headers["retry-after"] = str(told["retryAfter"])
        return cls.of(error.message, error.code, status=status, retryable=error.retryable, headers=headers, **told)

    def body(self) -> bytes:
        """Write the answer as JSON."""
        return orjson.dumps({"errors": self.errors})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came by POST, by GET, or in a message that subscribes.

    Attributes:
        query: The document; None where `document_id` names it.
        document_id: Names a trusted document.
        operation_name: Which of several operations of the document is meant.
        variables: Values of variables, as JSON gave them.
        extensions: What clients add beside it, as far as it is understood here.
    """

    query: str | None
    document_id: str | None = None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


def asked_of(payload: object) -> Asked:
    """Read a request of JSON that was decoded already.

    Raises:
        RequestError: It has not the shape of one.
    """
    if isinstance(payload, list):
        raise RequestError.of("Batching is not enabled: send one operation in each request.")
    if not isinstance(payload, dict):
        raise RequestError.of('A request is an object such as {"query": "{ viewer { subject } }"}; send one.')
    query = _text(payload, "query")
    document_id = _text(payload, "documentId", most=MOST_ID_CHARACTERS)
    extensions = _object(payload, "extensions")
    if query == "" and (document_id or extensions.get("persistedQuery")):
        query = None  # graphql-ws sends no message without a text
    if query is None and document_id is None and "persistedQuery" not in extensions:
        raise RequestError.of(
            'No GraphQL query found in the request: send an object such as {"query": "{ viewer { subject } }"}.'
        )
    name = _text(payload, "operationName", most=MOST_ID_CHARACTERS)
    # What nobody here reads is not kept for as long as a subscription lasts.
    kept = {key: extensions[key] for key in ("persistedQuery",) if key in extensions}
    return Asked(query, document_id, name or None, _object(payload, "variables"), kept)


def check_method(kind: Kind, method: str) -> None:
    """Hold what changes something to POST: browsers repeat a GET, and links make one.

    Raises:
        RequestError: It came by another method.
    """
    if kind == "mutation" and method != "POST":
        raise RequestError.of("Mutations do not come by GET: send them by POST.", status=405, headers={"allow": "POST"})


def _text(payload: Mapping[str, Any], key: str, most: int | None = None) -> str | None:
    value = payload.get(key)
    if value is not None and not isinstance(value, str):
        raise RequestError.of(f"`{key}` is a text or left out; correct it.")
    if value is not None and most is not None and len(value) > most:
        raise RequestError.of(f"`{key}` has at most {most} characters; shorten it.")
    return value


def _object(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = payload.get(key)
    if value is not None and not isinstance(value, dict):
        raise RequestError.of(f"`{key}` is an object or left out; correct it.")
    return value or {}


@dataclass(slots=True)
class Answer:
    """The outcome of an operation, or one event of a subscription: labelled and masked, ready to be sent.

    What the database wrote stands in the data as `orjson.Fragment`. Where it is all of the data, it is the text too. An
    event of a feed has its cursor, selected or not, unless going on from there would leave something out.
    """

    data: Any
    errors: list[GraphQLFormattedError] | None = None
    extensions: dict[str, Any] | None = None
    text: bytes | None = None
    cursor: str | None = None
    """The place in the feed to go on from after an event."""
    _body: bytes | None = None

    def body(self) -> bytes:
        """Write it as JSON, once for all to whom it is sent."""
        if self._body is None:
            self._body = b"".join(self.pieces())
        return self._body

    def pieces(self) -> list[bytes]:
        """Write it as JSON in pieces, so that what the database wrote is copied nowhere."""
        if self.text is None or self.errors:
            return [orjson.dumps(self.content())]
        end = [b',"extensions":', orjson.dumps(self.extensions)] if self.extensions else []
        return [b'{"data":', self.text, *end, b"}"]

    def content(self) -> dict[str, Any]:
        """Return the response of GraphQL's specification."""
        told = {"errors": self.errors, "data": self.data, "extensions": self.extensions}
        return {key: value for key, value in told.items() if key == "data" or value}


@dataclass(slots=True)
class Operation:
    """An operation that may be executed, once.

    Attributes:
        kind: What it does.
        name: What its document calls it; None where it calls it nothing.
        variables: The values of its variables.
        make_executor: Makes what resolves it, which holds its document.
        rate_limit: How the budget of whoever asks stands, this operation included; None where nobody counts.
        extensions: What its answer tells beside the data.
        trusted: Whether its document was made known beforehand.
        plan: How it becomes one SQL statement; None where something in it takes Python.
    """

    kind: Kind
    name: str | None
    variables: VariableValues
    make_executor: Callable[[], TwinExecutor]
    rate_limit: RateLimit | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    trusted: bool = False
    plan: Plan | None = None
    _executor: TwinExecutor | None = None

    @property
    def executor(self) -> TwinExecutor:
        """What resolves it, made when it is first asked for: where the database answers, nothing is resolved."""
        if self._executor is None:
            self._executor = self.make_executor()
        return self._executor
