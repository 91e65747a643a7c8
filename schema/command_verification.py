"""What readings showed of a command's effect."""

from datetime import datetime
from typing import Any, Self

import strawberry

from schema.described import publish
from schema.expected_effect import EXPECTED, ExpectedEffect
from schema.stored_parts import instant_part, number_part, object_of, object_part, stored, text_part
from twinql.domain.verification import VerificationStatus, expectation_of

publish(
    VerificationStatus,
    "What is known of the effect of a command.",
    PENDING="There is still time.",
    VERIFIED="A reading shows it.",
    ALREADY_THERE="The value to be reached was read before the command, too: nothing of the command shows in it.",
    NOT_OBSERVED="No reading has shown it in time.",
)


@strawberry.type(
    description="What readings showed of the effect that was stated to be expected: the reading that shows it, or else "
    "the one that came nearest."
)
class ObservedEffect:
    """An effect."""

    status: VerificationStatus = strawberry.field(description="Whether it was seen.")
    expected: ExpectedEffect = strawberry.field(
        description="What was expected.", metadata=stored(object_of("expected", EXPECTED))
    )
    reference: float | None = strawberry.field(
        description="What the channel would have read then without the command: as foreseen when it was issued, or "
        "else the last value before. In its unit; null where nothing is known of that."
    )
    observed: float | None = strawberry.field(description="What it read, in its unit; null where there was no reading.")
    observed_at: datetime | None = strawberry.field(description="When; null where there was no reading.")
    change: float | None = strawberry.field(
        description="How far that is from `reference`, in its unit; null where one of the two is not known."
    )


_OBSERVED = {"observed": number_part("observed"), "observed_at": instant_part("observed_at")}
_EFFECT = _OBSERVED | {
    "status": text_part("status"),
    "expected": object_part("expected"),
    "reference": number_part("reference"),
    "change": number_part("change"),
}


@strawberry.type(
    description="What readings showed of the effect of a command. VERIFIED takes that its channel shows the value and, "
    "where an effect was stated, that it was seen or was there already. Only GOOD readings count."
)
class CommandVerification:
    """A verification."""

    status: VerificationStatus = strawberry.field(description="VERIFIED, or NOT_OBSERVED.")
    observed: float | None = strawberry.field(
        description="What its channel read, in its unit: the value that was asked for, or the last one. Null where it "
        "was not read."
    )
    observed_at: datetime | None = strawberry.field(description="When; null where it was not read.")
    superseded_at: datetime | None = strawberry.field(
        description="When a command for another value was sent to the same channel, whose effect later readings are: "
        "this one was overtaken. Null where none was."
    )
    effect: ObservedEffect | None = strawberry.field(
        description="What was seen of the effect that was stated; null where none was.",
        metadata=stored(object_of("effect", _EFFECT)),
    )

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Read it as it is kept with its command."""
        return cls(
            status=VerificationStatus(stored["status"]),
            observed=stored["observed"],
            observed_at=_instant(stored["observed_at"]),
            superseded_at=_instant(stored["superseded_at"]),
            effect=None if stored["effect"] is None else _effect(stored["effect"]),
        )


VERIFICATION = _OBSERVED | {
    "status": text_part("status"),
    "superseded_at": instant_part("superseded_at"),
    "effect": object_part("effect"),
}
"""What is stored of it."""


def _effect(stored: dict[str, Any]) -> ObservedEffect:
    return ObservedEffect(
        status=VerificationStatus(stored["status"]),
        expected=ExpectedEffect.of(expectation_of(stored["expected"])),
        reference=stored["reference"],
        observed=stored["observed"],
        observed_at=_instant(stored["observed_at"]),
        change=stored["change"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
