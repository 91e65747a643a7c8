"""Where a file is recorded, and as whom."""

from dataclasses import dataclass

from twinql.domain.identity import Actor
from twinql.storage.database import Database
from twinql.storage.targets import OrganisationTarget


@dataclass(frozen=True, slots=True)
class Destination:
    """A database, somebody who records there, and the organisation for which they do."""

    database: Database
    actor: Actor
    organisation: OrganisationTarget
