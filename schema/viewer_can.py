"""Fields that say what whoever asks may do with an object, so that a form knows before it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import strawberry

from twinql.context import Info
from twinql.domain.membership import Role

PERMITTED = "twinql.permitted"


@dataclass(frozen=True, slots=True)
class When:
    """What must hold of an object.

    Attributes:
        holds: Says it of the object.
        written: Says it in SQL, with the alias of its row in the place of `{0}`.
        needs: The attributes that are columns of that row.
    """

    holds: Callable[[Any], bool]
    written: str
    needs: tuple[str, ...] = ()

    def __and__(self, other: "When") -> "When":
        """Hold both."""
        return When(
            lambda root: self.holds(root) and other.holds(root),
            f"({self.written} and {other.written})",
            (*self.needs, *other.needs),
        )


def is_true(attribute: str) -> When:
    """Ask that a column is true."""
    return When(lambda root: bool(getattr(root, attribute)), f"{{0}}.{attribute}", (attribute,))


def is_empty(attribute: str) -> When:
    """Ask that a column is empty."""
    return When(lambda root: getattr(root, attribute) is None, f"{{0}}.{attribute} is null", (attribute,))


def is_one_of(attribute: str, *members: Enum) -> When:
    """Ask that a column of an enum holds one of some members."""
    names = ", ".join(f"'{each.value}'" for each in members)
    written = f"{{0}}.{attribute}::text in ({names})"
    return When(lambda root: getattr(root, attribute) in members, written, (attribute,))


def is_not(attribute: str, member: Enum) -> When:
    """Ask that a column of an enum holds another member."""
    written = f"{{0}}.{attribute}::text <> '{member.value}'"
    return When(lambda root: getattr(root, attribute) is not member, written, (attribute,))


ALWAYS = When(lambda _: True, "true")
IN_USE = is_empty("archived_at")


@dataclass(frozen=True, slots=True)
class Permitted:
    """A field that says whether something may be done.

    Attributes:
        needs: The role that it takes.
        device: Whether a device may do it too.
        when: What must hold of the object.
    """

    needs: Role
    device: bool
    when: When


def viewer_can(needs: Role, *, description: str, device: bool = False, when: When = ALWAYS) -> Any:
    """Declare such a field; the membership is looked up once for all objects of an operation.

    Args:
        needs: The role that it takes.
        description: For the schema.
        device: Whether a device, which sees only what is its own, may do it too.
        when: What must hold of the object itself.
    """

    async def resolve(root: Any, info: Info) -> bool:
        return when.holds(root) and await info.context.may(needs, device=device)

    return strawberry.field(
        resolver=resolve, description=description, metadata={PERMITTED: Permitted(needs, device, when)}
    )
