"""Times in which nothing on a site is commanded."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, listed, to_one
from schema.lists import EmergencyStopConnection
from schema.node import Node
from schema.payload import Payload
from schema.viewer_can import is_empty, viewer_can
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table, is_set
from twinql.storage.read.entity import EMERGENCY_STOPS, NEWEST_STOP

if TYPE_CHECKING:
    from schema.site import Site


@strawberry.type(
    description="A time in which nothing on a site is commanded: what waited is cancelled, what is asked for is "
    "refused, and nothing is sent. What a device had been sent before, it may still do."
)
class EmergencyStop(Node):
    """An emergency stop."""

    table: ClassVar[Table] = EMERGENCY_STOPS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site."
    )
    active: bool = column("released_at is null", description="Whether it holds.")
    triggered_at: datetime = column(description="When it was triggered.")
    triggered_by: str = column(description="Who triggered it: the subject of the token.")
    reason: str = column(description="Why, in their words.")
    released_at: datetime | None = column(description="When it was released; null while it holds.")
    released_by: str | None = column(description="Who released it: the subject of the token; null while it holds.")
    release_reason: str | None = column(description="Why it was safe to go on, in their words; null while it holds.")
    viewer_can_release: bool = viewer_can(
        Role.OWNER,
        when=is_empty("released_at"),
        description="Whether you may release it: it holds, and your role allows it.",
    )


def stops_asked(page: PageRequest, *, active: bool | None = None) -> Asked:
    """Return the question for the emergency stops of a site, newest first."""
    where = is_set("released_at", wanted=None if active is None else not active)
    return Asked(EmergencyStop, Question(entity_of(EmergencyStop), NEWEST_STOP, page, tuple(where), parent="site_id"))


@strawberry.type
class SiteStops:
    """The part of a site that speaks of its emergency stops."""

    @listed(
        "row_id",
        graphql_type=EmergencyStop | None,
        single=True,
        description="The emergency stop that holds on it now: nothing is commanded there. Null where none does.",
    )
    def emergency_stop() -> Asked:
        """Ask for the one that holds."""
        return stops_asked(PageRequest(1), active=True)

    @listed("row_id", graphql_type=EmergencyStopConnection, description="Its emergency stops, newest first.")
    def emergency_stops(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return stops_asked(page_of(first, after, last, before, usual=10, most=100))


@strawberry.input(description="A site on which everything shall stop.")
class TriggerEmergencyStopInput:
    """Names it."""

    site_id: strawberry.ID = strawberry.field(description="The site.")
    reason: str = strawberry.field(description="Why, in your words; 1 to 1,000 characters.")


@strawberry.input(description="A site on which commands shall be taken again.")
class ReleaseEmergencyStopInput:
    """Names it."""

    site_id: strawberry.ID = strawberry.field(description="The site.")
    reason: str = strawberry.field(description="Why it is safe to go on, in your words; 1 to 1,000 characters.")


@strawberry.type(description="What became of a site on which everything was to stop.")
class TriggerEmergencyStopPayload(Payload):
    """The outcome of `triggerEmergencyStop`."""

    emergency_stop: EmergencyStop | None = strawberry.field(
        default=None, description="The stop that holds; null where the input was not taken."
    )
    cancelled: int = strawberry.field(
        default=0,
        description="How many commands were taken back: that waited, or were sent and certainly told to nobody.",
    )
    on_their_way: int = strawberry.field(
        default=0,
        description="How many others had been sent and may still be done: nobody can call those back.",
    )
    already_held: bool = strawberry.field(
        default=False,
        description="Whether a stop held already: `emergencyStop` is that one, with the reason given then.",
    )


@strawberry.type(description="What became of an emergency stop to be released.")
class ReleaseEmergencyStopPayload(Payload):
    """The outcome of `releaseEmergencyStop`."""

    emergency_stop: EmergencyStop | None = strawberry.field(
        default=None, description="The stop that was released; null where the input was not taken."
    )
