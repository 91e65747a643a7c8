"""What whoever is told something answers."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of telling somebody.

    Attributes:
        error: What went wrong, in a sentence; None where it was taken.
        lasting: Whether it would go wrong again, so that it is not tried again.
        away: Whether nobody answered, so that others need not be tried at the same address now.
        refused: Whether they certainly took nothing: they took no connection, or said so.
        pause: How long they asked to be left alone; None where they did not.
        body: The beginning of what they said, as much as was asked for.
    """

    error: str | None = None
    lasting: bool = False
    away: bool = False
    refused: bool = False
    pause: timedelta | None = None
    body: bytes = b""


TAKEN = Answer()
