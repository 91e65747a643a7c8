"""What the inputs of changes have in common: what was written is told from what was left out."""

import dataclasses
from typing import Any
from uuid import UUID

import strawberry

from schema.declared import key_of
from twinql.domain.archiving import Along
from twinql.errors import InvalidInputError


@strawberry.type(description="What went out of use, or came back into it, together with the thing that was named.")
class ArchivedAlong:
    """Counts of what stands beneath it."""

    assets: int = strawberry.field(description="How many meters and machines.")
    channels: int = strawberry.field(description="How many channels.")

    @classmethod
    def of(cls, along: Along) -> "ArchivedAlong":
        """Show the counts."""
        return cls(assets=along.assets, channels=along.channels)


def written(given: object, *, leave: tuple[str, ...] = (), never_null: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields of an input that its caller wrote, null ones included.

    Args:
        given: The input, whose optional fields are `strawberry.UNSET` by default.
        leave: Attributes that the caller of this function reads itself.
        never_null: Attributes that can be left out, and cannot be null.

    Raises:
        InvalidInputError: One of them is null.
    """
    values = {
        each.name: value
        for each in dataclasses.fields(given)  # type: ignore[arg-type]
        if each.name not in leave and (value := getattr(given, each.name)) is not strawberry.UNSET
    }
    for name in never_null:
        if name in values and values[name] is None:
            raise InvalidInputError("This cannot be null; leave it out or give it a value.", path=(_camel(name),))
    return values


def key_at(text: strawberry.ID | None, path: str, *types: str) -> UUID | None:
    """Read a global id out of an input.

    Raises:
        InvalidInputError: It is none, or one of another type; the path says where it stands.
    """
    if text is None:
        return None
    try:
        return key_of(text, *types)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, path=(path,)) from error


def needed_key_at(text: strawberry.ID, path: str, *types: str) -> UUID:
    """Read a global id that cannot be missing."""
    key = key_at(text, path, *types)
    assert key is not None
    return key


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
