"""What callers see of errors: each with a code of a closed list, and nothing of what was not expected."""

from collections.abc import Iterable
from math import ceil

import structlog
from graphql import GraphQLError, GraphQLFormattedError

from twinql.errors import TwinError

NEUTRAL = "Something went wrong inside TwinQL. Its log tells more, under the request id."
TOO_DEEP = "The operation is nested too deeply; ask for less at once."

log = structlog.stdlib.get_logger("twinql.api")


def label(error: GraphQLError, request_id: str) -> None:
    """Give an error its code, and mask it where nobody expected it."""
    original = error.original_error
    if isinstance(original, TwinError):
        error.extensions = {**(error.extensions or {}), "code": original.code, "retryable": original.retryable}
        if original.retry_after_s is not None:
            error.extensions["retryAfter"] = ceil(original.retry_after_s)
    elif isinstance(original, RecursionError):
        error.message = TOO_DEEP
        error.extensions = {"code": "BAD_REQUEST", "retryable": False}
    elif original is None or isinstance(original, GraphQLError):
        error.extensions = {"code": "BAD_REQUEST", "retryable": False, **(error.extensions or {})}
    else:
        log.error("A resolver failed.", path=error.path, request_id=request_id, exc_info=original)
        error.message = NEUTRAL
        error.extensions = {"code": "INTERNAL", "retryable": False}


def labelled(errors: Iterable[GraphQLError], request_id: str) -> list[GraphQLFormattedError]:
    """Return errors as they are answered."""
    shown = []
    for error in errors:
        label(error, request_id)
        shown.append(error.formatted)
    return shown
