"""Fields that say what whoever asks may do with an object, so that a form knows before it is sent."""

from collections.abc import Callable
from typing import Any

import strawberry

from twinql.context import Info
from twinql.domain.membership import Role


def viewer_can(
    needs: Role, *, description: str, device: bool = False, when: Callable[[Any], bool] = lambda _: True
) -> Any:
    """Declare such a field; the membership is looked up once for all objects of an operation.

    Args:
        needs: The role that it takes.
        description: For the schema.
        device: Whether a device, which sees only what is its own, may do it too.
        when: What must hold of the object itself.
    """

    async def resolve(root: Any, info: Info) -> bool:
        return when(root) and await info.context.may(needs, device=device)

    return strawberry.field(resolver=resolve, description=description)


def in_use(root: Any) -> bool:
    """Say whether something is not archived."""
    return root.archived_at is None
