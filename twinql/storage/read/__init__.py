"""The read path: turns declared columns and relations into SQL. It knows no GraphQL library."""

from twinql.storage.read.conditions import Condition, contains, equals, is_set, one_of, period
from twinql.storage.read.entity import Entity, Order, Table
from twinql.storage.read.pages import (
    Page,
    PageRequest,
    Question,
    count_statement,
    counts,
    page_statement,
    pages,
    rows_by_key,
)
from twinql.storage.read.text import Text

__all__ = [
    "Condition",
    "Entity",
    "Order",
    "Page",
    "PageRequest",
    "Question",
    "Table",
    "Text",
    "contains",
    "count_statement",
    "counts",
    "equals",
    "is_set",
    "one_of",
    "page_statement",
    "pages",
    "period",
    "rows_by_key",
]
