"""One line of the table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What one task came to, in words for people.

    Attributes:
        task: What was to be done.
        data: The folder of the data, and what of it was used.
        beside: What others published, or what something simple comes to.
        reach: What is to be reached.
        got: What came out.
    """

    task: str
    data: str
    beside: str
    reach: str
    got: str
