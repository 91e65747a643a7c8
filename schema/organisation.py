"""The tenant, and whoever asks."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from schema import vocabulary  # noqa: F401 - publishes the enums
from schema.declared import column, hidden
from schema.node import Node
from twinql.domain.membership import Role
from twinql.storage.read import Table
from twinql.storage.read.entity import ORGANISATIONS


@strawberry.type(description="The tenant: everything else belongs to exactly one.")
class Organisation(Node):
    """An organisation."""

    table: ClassVar[Table] = ORGANISATIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    name: str = column(description="What people call it.")
    created_at: datetime = column(description="When it was made.")


@strawberry.type(description="Whoever asks.")
class Viewer:
    """The actor of this operation, and what they may do."""

    issuer: str = strawberry.field(description="Who vouches for them: the `iss` of their token.")
    subject: str = strawberry.field(description="Who they are to that issuer: the `sub` of their token.")
    organisation: Organisation | None = strawberry.field(
        description="The organisation for which they act; null where they belong to none, or to several and named none."
    )
    role: Role | None = strawberry.field(description="What they may do there; null without an organisation.")
    can_record: bool = strawberry.field(description="Whether they may record and correct readings and issue commands.")
    can_manage: bool = strawberry.field(
        description="Whether they may create, update and archive sites, assets and channels."
    )
    advice: str | None = strawberry.field(
        description="What to do where no organisation is in force, in a sentence; null when all is well."
    )
