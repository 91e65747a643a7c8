"""Which agreement, revision and rate of VAT hold when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from twinql.domain.tariffs.clock import midnight_us
from twinql.domain.tariffs.terms import Agreement, Revision, Tariff, Terms

NO_VAT = Decimal(0)
_ENDLESS_US = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time over which the same terms and the same rate of VAT hold.

    Attributes:
        first_us: Where it begins. [µs since 1970]
        last_us: Where it ends. [µs since 1970]
        agreement: What charges; None where nothing does.
        revision: The revision of its tariff that holds; None where the tariff says nothing.
        vat_rate: The share of VAT.
    """

    first_us: int
    last_us: int
    agreement: Agreement | None = None
    revision: Revision | None = None
    vat_rate: Decimal = NO_VAT

    @property
    def terms(self) -> Terms | None:
        """Return what is charged, or None where nothing is said."""
        return None if self.revision is None else self.revision.terms


def spans(agreements: Sequence[Agreement], zone: ZoneInfo, first_us: int, last_us: int) -> list[Span]:
    """Cut a stretch of time where another agreement, revision or rate of VAT begins; without a hole.

    Args:
        agreements: Those of one meter and one direction, which do not overlap.
        zone: The meter's, in which days begin.
        first_us: Where the stretch begins. [µs since 1970]
        last_us: Where it ends. [µs since 1970]
    """
    found: list[Span] = []
    position = first_us
    for agreement in sorted(agreements, key=lambda each: each.valid_from or date.min):
        begins = max(position, _from(agreement.valid_from, zone))
        ends = last_us if agreement.valid_until is None else min(last_us, midnight_us(agreement.valid_until, zone))
        if begins < ends:
            if position < begins:
                found.append(Span(position, begins))
            found.extend(_within(agreement, zone, begins, ends))
            position = ends
    if position < last_us:
        found.append(Span(position, last_us))
    return found


def holding_revisions(tariff: Tariff) -> list[Revision]:
    """Return the revisions that hold at some time, in that order: the last of each day that was not withdrawn."""
    latest: dict[date, Revision] = {}
    for revision in sorted(tariff.revisions, key=lambda each: each.recorded_at):
        latest[revision.valid_from] = revision
    return [latest[day] for day in sorted(latest) if latest[day].terms is not None]


def _within(agreement: Agreement, zone: ZoneInfo, first_us: int, last_us: int) -> Iterator[Span]:
    cuts = [(midnight_us(each.valid_from, zone), each) for each in holding_revisions(agreement.tariff)]
    known_from = cuts[0][0] if cuts else last_us
    if first_us < known_from:
        yield Span(first_us, min(known_from, last_us), agreement)
    ends = [*(begins for begins, _ in cuts), _ENDLESS_US][1:]
    for (begins, revision), end in zip(cuts, ends, strict=True):
        if begins < last_us and end > first_us:
            yield from _by_vat(agreement, revision, zone, max(begins, first_us), min(end, last_us))


def _by_vat(agreement: Agreement, revision: Revision, zone: ZoneInfo, first_us: int, last_us: int) -> Iterator[Span]:
    assert revision.terms is not None
    rate, position = NO_VAT, first_us
    for each in revision.terms.vat:
        begins = _from(each.valid_from, zone)
        if position < begins:
            if begins >= last_us:
                break
            yield Span(position, begins, agreement, revision, rate)
            position = begins
        rate = each.rate
    yield Span(position, last_us, agreement, revision, rate)


def _from(day: date | None, zone: ZoneInfo) -> int:
    return -_ENDLESS_US if day is None else midnight_us(day, zone)
