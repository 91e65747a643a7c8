"""A recommendation with the numbers that led to it, and what is proposed, expected and found to follow."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.verification import Expectation, expectation_of


@dataclass(frozen=True, slots=True)
class Reason:
    """One comparison of two numbers that led to a decision.

    Attributes:
        code: For programs.
        message: For people.
        value: What was found.
        threshold: What it was compared with; None where it was only noted.
        unit: Unit of both, as the graph names it; None for a share of 1.
        channel_key: The channel on which it was found, where it is another one.
    """

    code: str
    message: str
    value: float | None
    threshold: float | None
    unit: str | None
    channel_key: str | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """What else was considered, and why it was not chosen."""

    action: DecisionAction
    message: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What is expected to follow. None where nobody measured it: no figure is invented.

    Attributes:
        time_to_threshold_s: Until the limit is crossed if nothing is done. [s]
        extreme_value: The worst value expected within the horizon if nothing is done. [unit of the channel]
        energy_kwh: Energy saved. [kWh]
        peak_kw: Peak power avoided. [kW]
        cost: Money saved, as a decimal number in `currency`.
        currency: ISO 4217 code of the cost.
    """

    time_to_threshold_s: float | None = None
    extreme_value: float | None = None
    energy_kwh: float | None = None
    peak_kw: float | None = None
    cost: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class RealisedImpact:
    """What followed, measured afterwards. None where nothing tells it.

    Attributes:
        observed_until: Up to when was looked.
        limit_crossed: Whether the limit of which the decision spoke was crossed after all.
        time_to_threshold_s: How long after the decision it was; None where it was not. [s]
        extreme_value: The worst value that was read. [unit of the channel]
        avoided: How far that stayed from the worst value expected if nothing was done: above zero where it is better.
            [unit of the channel]
        energy_kwh: Energy saved, by the meter of the asset. [kWh]
        peak_kw: Peak power avoided, by the meter of the asset. [kW]
        cost: Money saved, as a decimal number in `currency`.
        currency: ISO 4217 code of the cost.
    """

    observed_until: datetime
    limit_crossed: bool | None = None
    time_to_threshold_s: float | None = None
    extreme_value: float | None = None
    avoided: float | None = None
    energy_kwh: float | None = None
    peak_kw: float | None = None
    cost: str | None = None
    currency: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return asdict(self) | {"observed_until": self.observed_until.isoformat()}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Read what is stored."""
        return cls(**(stored | {"observed_until": datetime.fromisoformat(stored["observed_until"])}))


@dataclass(frozen=True, slots=True)
class Proposal:
    """The command that would carry a recommendation out.

    Attributes:
        channel_id: The channel to be set.
        desired: The value it shall have; the code of a state for a STATE channel. [unit of the channel]
        action: The label of that state; None for a quantity.
        expires_in_s: How long the command would stay worth sending. [s]
        expect: The effect that verifies it; None where nothing is known to follow but the value itself.
    """

    channel_id: UUID
    desired: float
    action: str | None
    expires_in_s: float
    expect: Expectation | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "channel_id": str(self.channel_id),
            "desired": self.desired,
            "action": self.action,
            "expires_in_s": self.expires_in_s,
            "expect": None if self.expect is None else self.expect.as_json(),
        }

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Read what is stored."""
        expect = stored.get("expect")
        return cls(
            channel_id=UUID(stored["channel_id"]),
            desired=float(stored["desired"]),
            action=stored.get("action"),
            expires_in_s=float(stored["expires_in_s"]),
            expect=None if expect is None else expectation_of(expect),
        )


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What a rule recommends, with its reasons, and the command that would do it where there is one."""

    rule: str
    action: DecisionAction
    urgency: Urgency
    confidence: float | None
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...] = ()
    impact: Impact = Impact()
    proposal: Proposal | None = None
