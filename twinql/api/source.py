"""The text of a document, which finds line and column of a place without walking through itself each time."""

import re
from bisect import bisect_right
from functools import cached_property

from graphql import Source, SourceLocation

LINE_END = re.compile(r"\r\n|[\n\r]")


class IndexedSource(Source):
    """A document's text; one long document can have thousands of errors."""

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(each.end() for each in LINE_END.finditer(self.body))]

    def get_location(self, position: int) -> SourceLocation:
        """Return the line and column of a place, both from 1."""
        line = bisect_right(self._starts, position)
        return SourceLocation(line, position - self._starts[line - 1] + 1)
