"""What decisions propose, expect and have brought about."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.expected_effect import EXPECTED, ExpectedEffect
from schema.stored_parts import (
    instant_part,
    key_part,
    length_part,
    money_part,
    number_part,
    object_of,
    object_part,
    stored,
    text_part,
    truth_part,
)
from twinql.domain.decisions.recommendation import Proposal
from twinql.domain.decisions.recommendation import RealisedImpact as Realised

if TYPE_CHECKING:
    from schema.channel import Channel


@strawberry.type(description="What is expected to follow. Null where nobody measured it: no figure is invented.")
class Impact:
    """Consequences in figures."""

    time_to_threshold: timedelta | None = strawberry.field(
        description="How long until the limit is crossed if nothing is done; zero where it already is."
    )
    extreme_value: float | None = strawberry.field(
        description="The worst value expected if nothing is done, in the unit of the channel."
    )
    energy_kwh: float | None = strawberry.field(description="Energy saved by acting, in kWh.")
    peak_kw: float | None = strawberry.field(description="Peak power avoided by acting, in kW.")
    cost: Decimal | None = strawberry.field(description="Money saved by acting, in `currency`; null without a tariff.")
    currency: str | None = strawberry.field(description="ISO 4217 code of the cost.")


@strawberry.type(
    description="What followed, measured afterwards. Null where no measurement tells it: no figure is invented."
)
class RealisedImpact:
    """What became of it, in figures."""

    observed_until: datetime = strawberry.field(description="Up to when was looked.")
    limit_crossed: bool | None = strawberry.field(
        description="Whether the limit of which the decision spoke was crossed after all; null where it spoke of none."
    )
    time_to_threshold: timedelta | None = strawberry.field(
        description="How long after the decision the limit was crossed; null where it was not."
    )
    extreme_value: float | None = strawberry.field(
        description="The worst value that was read, in the unit of the channel."
    )
    avoided: float | None = strawberry.field(
        description="How far that stayed from the worst value expected if nothing was done, above zero where it is "
        "better, in the unit of the channel."
    )
    energy_kwh: float | None = strawberry.field(description="Energy saved, as a meter tells, in kWh.")
    peak_kw: float | None = strawberry.field(description="Peak power avoided, as a meter tells, in kW.")
    cost: Decimal | None = strawberry.field(description="Money saved, in `currency`; null without a tariff.")
    currency: str | None = strawberry.field(description="ISO 4217 code of the cost.")


IMPACT = {
    "time_to_threshold": length_part("time_to_threshold_s"),
    "extreme_value": number_part("extreme_value"),
    "energy_kwh": number_part("energy_kwh"),
    "peak_kw": number_part("peak_kw"),
    "cost": money_part("cost"),
    "currency": text_part("currency"),
}
REALISED = IMPACT | {
    "observed_until": instant_part("observed_until"),
    "limit_crossed": truth_part("limit_crossed"),
    "avoided": number_part("avoided"),
}
PROPOSAL = {
    "channel_id": key_part("channel_id"),
    "desired": number_part("desired"),
    "action": text_part("action"),
    "expires_in": length_part("expires_in_s"),
    "expect": object_part("expect"),
}


@strawberry.type(description="The command that would carry a decision out. `acceptDecision` issues it where asked to.")
class DecisionProposal:
    """A command that nobody has asked for yet."""

    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel to be set; null where it is gone meanwhile."
    )
    desired: float = strawberry.field(
        description="The value it shall have, in the unit of the channel; for a STATE channel the code of the state."
    )
    action: str | None = strawberry.field(description="The label of that state; null for a quantity.")
    expires_in: timedelta = strawberry.field(description="How long the command would stay worth sending.")
    expect: ExpectedEffect | None = strawberry.field(
        description="The effect that verifies it; null where nothing is known to follow but the value itself.",
        metadata=stored(object_of("expect", EXPECTED)),
    )

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        """Show a proposal."""
        return cls(
            channel_id=proposal.channel_id,
            desired=proposal.desired,
            action=proposal.action,
            expires_in=timedelta(seconds=proposal.expires_in_s),
            expect=None if proposal.expect is None else ExpectedEffect.of(proposal.expect),
        )


def proposal_of(stored: dict[str, Any] | None) -> DecisionProposal | None:
    """Read a proposal as it is stored with a decision."""
    return None if stored is None else DecisionProposal.of(Proposal.of(stored))


def realised_of(stored: dict[str, Any] | None) -> RealisedImpact | None:
    """Read a realised impact as it is stored with a decision."""
    if stored is None:
        return None
    found = Realised.of(stored)
    seconds = found.time_to_threshold_s
    return RealisedImpact(
        observed_until=found.observed_until,
        limit_crossed=found.limit_crossed,
        time_to_threshold=None if seconds is None else timedelta(seconds=seconds),
        extreme_value=found.extreme_value,
        avoided=found.avoided,
        energy_kwh=found.energy_kwh,
        peak_kw=found.peak_kw,
        cost=None if found.cost is None else Decimal(found.cost),
        currency=found.currency,
    )


def impact_of(stored: dict[str, Any]) -> Impact:
    """Read an impact as it is stored with a decision."""
    seconds, cost = stored.get("time_to_threshold_s"), stored.get("cost")
    return Impact(
        time_to_threshold=None if seconds is None else timedelta(seconds=seconds),
        extreme_value=stored.get("extreme_value"),
        energy_kwh=stored.get("energy_kwh"),
        peak_kw=stored.get("peak_kw"),
        cost=None if cost is None else Decimal(cost),
        currency=stored.get("currency"),
    )
