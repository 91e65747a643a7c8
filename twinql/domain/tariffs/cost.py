"""What a stretch of metering cost: exact sums, the lines they are made of, and what could not be rated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from twinql.domain.channels import FlowDirection


class CostProblemCode(Enum):
    """Why a part of what was used has no price, or no amount."""

    UNKNOWN_ENERGY = "UNKNOWN_ENERGY"
    UNDATED_ENERGY = "UNDATED_ENERGY"
    MISSING_READINGS = "MISSING_READINGS"
    MISSING_PRICE = "MISSING_PRICE"
    NO_AGREEMENT = "NO_AGREEMENT"
    NO_TERMS = "NO_TERMS"
    NO_REGISTER = "NO_REGISTER"


@dataclass(frozen=True, slots=True)
class CostProblem:
    """A stretch that could not be rated; it is no part of any sum.

    Attributes:
        code: Why.
        message: Why, for people, and what to do.
        first: Where it begins.
        last: Where it ends.
        quantity: How much was not rated; None where that is unknown too. [unit of the tariff, or of the channel]
    """

    code: CostProblemCode
    message: str
    first: datetime
    last: datetime
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a line was made of.

    Attributes:
        channels: Numbers of the channels that counted it.
        intervals: How many intervals between readings it holds, whole or in part.
        estimated: How many of them rest on estimates, or were divided or spread over time.
        first: Where the first of them begins.
        last: Where the last of them ends.
        events: Register events that made some of them known.
        agreement: The agreement; None for a tariff that is only tried on.
        tariff: The tariff.
        revision: Which of its revisions.
    """

    channels: Sequence[int]
    intervals: int
    estimated: int
    first: datetime
    last: datetime
    events: Sequence[UUID]
    agreement: UUID | None
    tariff: UUID
    revision: UUID


@dataclass(frozen=True, slots=True)
class CostLine:
    """A line of a bill. Amounts are exact and without VAT, which stands beside them.

    Attributes:
        band: The name of the band; that of the standing charge is `standing`.
        block: Which of the band's blocks, from 1; None where it has none.
        direction: IMPORT costs, EXPORT earns: its amounts are negative, but for a standing charge, which costs.
        quantity: How much; for a standing charge the days. [unit of the tariff, or days]
        price: What a unit cost; None where it varied. [currency per unit, without VAT]
        amount: What it costs together. [currency]
        vat_rate: The share of VAT.
        vat: That share of the amount. [currency]
        evidence: What it was made of.
    """

    band: str
    block: int | None
    direction: FlowDirection
    quantity: Decimal
    price: Decimal | None
    amount: Decimal
    vat_rate: Decimal
    vat: Decimal
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Cost:
    """What a period cost, exactly; `rounded` is for people.

    Additive over time: the exact sums of two periods that touch are those of both together.

    Attributes:
        currency: ISO 4217.
        first: Where the period begins.
        last: Where it ends.
        energy: What the lines of energy cost, less what export earned. [currency]
        standing: What standing charges cost. [currency]
        vat: VAT on both. [currency]
        total: All of it. [currency]
        lines: What it is made of: energy taken in before energy fed in, standing charges last.
        problems: What could not be rated, and is in no sum.
        expected: How many readings the period should have, up to now; None where a channel has no resolution.
        actual: How many it has.
    """

    currency: str
    first: datetime
    last: datetime
    energy: Decimal
    standing: Decimal
    vat: Decimal
    total: Decimal
    lines: Sequence[CostLine]
    problems: Sequence[CostProblem]
    expected: int | None
    actual: int
