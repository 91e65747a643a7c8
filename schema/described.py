"""Publishes enums of the domain in the graph, each value with its description."""

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def publish(members: type[Enum], description: str, **values: str) -> None:
    """Make an enum of the domain an enum of the graph, under its own name.

    Raises:
        ValueError: A value lacks a description, or a description a value.
    """
    if set(values) != set(members.__members__):
        raise ValueError(f"{members.__name__} needs a description for each of {', '.join(members.__members__)}.")
    strawberry.enum(members, description=description)
    definition: StrawberryEnumDefinition = members.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]
