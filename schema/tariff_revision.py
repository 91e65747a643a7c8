"""What a tariff says from a day on, as somebody recorded it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden, to_one
from schema.node import Node
from schema.tariff_terms import TariffTerms
from twinql.domain.tariffs.wire import from_json
from twinql.storage.read import Condition, PageRequest, Question, Table
from twinql.storage.read.entity import LATEST_VALID, NEWEST_REVISION, TARIFF_REVISIONS

if TYPE_CHECKING:
    from schema.tariff import Tariff

_LATER = (
    "from tariff_revisions as later where later.tariff_id = tariff_revisions.tariff_id"
    " and later.valid_from = tariff_revisions.valid_from"
    " and (later.recorded_at, later.id) > (tariff_revisions.recorded_at, tariff_revisions.id)"
)


def _terms(value: dict[str, Any] | None) -> TariffTerms | None:
    return None if value is None else TariffTerms.of(from_json(value))


@strawberry.type(
    description="What a tariff says from a day on, as somebody recorded it: never changed, only followed by others. "
    "On a day those terms hold that begin last; of several that begin on one day, those that were recorded last."
)
class TariffRevision(Node):
    """A revision."""

    table: ClassVar[Table] = TARIFF_REVISIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    tariff_id: strawberry.Private[UUID] = hidden()
    valid_from: date = column(description="The local day from which on it holds.")
    recorded_at: datetime = column(description="When it was recorded: `asOf` before that does not know it.")
    recorded_by: str = column(description="Who recorded it: the subject of the token.")
    reason: str | None = column(description="Why, in the words of whoever recorded it; null where they gave none.")
    terms: TariffTerms | None = column(
        read=_terms, description="What it says; null where what was recorded for this day is withdrawn."
    )
    superseded_at: datetime | None = column(
        f"(select min(later.recorded_at) {_LATER})",
        description="When another one was recorded for the same day; null while it counts.",
    )
    tariff: Annotated["Tariff", strawberry.lazy("schema.tariff")] = to_one(
        "schema.tariff:Tariff", "tariff_id", description="Whose revision it is."
    )


def revisions_asked(page: PageRequest) -> Asked:
    """Return the question for the revisions of a tariff, newest first."""
    return Asked(TariffRevision, Question(entity_of(TariffRevision), NEWEST_REVISION, page, parent="tariff_id"))


def revision_asked(on: date, as_of: datetime | None) -> Asked:
    """Return the question for the revision that holds on a day, as it was known at a time."""
    known = (
        (Condition(f"not exists (select {_LATER})"),)
        if as_of is None
        else (
            Condition("tariff_revisions.recorded_at <= {}::timestamptz", (as_of,)),
            Condition(f"not exists (select {_LATER} and later.recorded_at <= {{}}::timestamptz)", (as_of,)),
        )
    )
    where = (Condition("valid_from <= {}::date and terms is not null", (on,)), *known)
    question = Question(entity_of(TariffRevision), LATEST_VALID, PageRequest(1), where, parent="tariff_id")
    return Asked(TariffRevision, question)
