"""Agreements: which meter is charged by which tariff, and when."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden, to_one
from schema.node import Node
from schema.viewer_can import viewer_can
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import AGREEMENTS, BY_VALIDITY

if TYPE_CHECKING:
    from schema.meter import Meter
    from schema.tariff import Tariff


@strawberry.type(
    description="That a meter is charged by a tariff for some time. Those of one meter and direction do not overlap."
)
class Agreement(Node):
    """An agreement."""

    table: ClassVar[Table] = AGREEMENTS
    row_id: strawberry.Private[UUID] = hidden("id")
    meter_id: strawberry.Private[UUID] = hidden()
    tariff_id: strawberry.Private[UUID] = hidden()
    valid_from: date | None = column(description="The local day with which it begins; null for always.")
    valid_until: date | None = column(description="The local day before which it ends; null for an open end.")
    recorded_at: datetime = column(description="When it was last said so: `asOf` before that sees what was said then.")
    viewer_can_update: bool = viewer_can(Role.OWNER, description="Whether you may change and remove it.")
    meter: Annotated["Meter", strawberry.lazy("schema.meter")] = to_one(
        "schema.meter:Meter", "meter_id", description="The meter that is charged."
    )
    tariff: Annotated["Tariff", strawberry.lazy("schema.tariff")] = to_one(
        "schema.tariff:Tariff", "tariff_id", description="By which tariff."
    )


def agreements_asked(page: PageRequest, *, parent: str) -> Asked:
    """Return the question for the agreements under a parent column, in the order of their days."""
    return Asked(Agreement, Question(entity_of(Agreement), BY_VALIDITY, page, parent=parent))
