"""Taking things out of use, and back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Along:
    """What went out of use, or came back, together with the thing that was named.

    Attributes:
        assets: How many meters and machines stand beneath it.
        channels: How many channels belong to it or to them.
    """

    assets: int
    channels: int
