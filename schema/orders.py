"""The orders in which lists can be asked for."""

from enum import Enum

import strawberry

from twinql.storage.read import Order
from twinql.storage.read.entity import (
    BY_CREATION,
    BY_CREATION_DESCENDING,
    BY_NAME,
    BY_NAME_DESCENDING,
    NEWEST_READING,
    OLDEST_READING,
)


@strawberry.enum(description="The order of sites, meters and machines.")
class NameOrder(Enum):
    """Orders by name or by age."""

    NAME_ASC = strawberry.enum_value("NAME_ASC", description="By name, A to Z.")
    NAME_DESC = strawberry.enum_value("NAME_DESC", description="By name, Z to A.")
    CREATED_AT_ASC = strawberry.enum_value("CREATED_AT_ASC", description="The oldest first.")
    CREATED_AT_DESC = strawberry.enum_value("CREATED_AT_DESC", description="The newest first.")

    @property
    def columns(self) -> Order:
        """The order, as the read path takes it."""
        return _NAME_ORDERS[self.name]


@strawberry.enum(description="The order of readings.")
class ReadingOrder(Enum):
    """Orders by time."""

    NEWEST_FIRST = strawberry.enum_value("NEWEST_FIRST", description="From the newest to the oldest.")
    OLDEST_FIRST = strawberry.enum_value("OLDEST_FIRST", description="From the oldest to the newest.")

    @property
    def columns(self) -> Order:
        """The order, as the read path takes it."""
        return NEWEST_READING if self is ReadingOrder.NEWEST_FIRST else OLDEST_READING


_NAME_ORDERS = {
    "NAME_ASC": BY_NAME,
    "NAME_DESC": BY_NAME_DESCENDING,
    "CREATED_AT_ASC": BY_CREATION,
    "CREATED_AT_DESC": BY_CREATION_DESCENDING,
}
