"""What mutations answer when the caller can mend the input."""

from collections.abc import Callable
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryContainer
from strawberry.types.field import StrawberryField

from schema.audited import audited
from twinql.context import Info
from twinql.domain.membership import Role, Who
from twinql.errors import ConflictError, InvalidInputError, NotFoundError, TwinError

NEEDS = "twinql.needs"
DEVICES = "twinql.devices"


@strawberry.enum(description="Why an input was not taken.")
class UserErrorCode(Enum):
    """The closed list of what a caller can mend."""

    INVALID_INPUT = strawberry.enum_value("BAD_USER_INPUT", description="It can never work as it is.")
    RANGE_TOO_LARGE = strawberry.enum_value("RANGE_TOO_LARGE", description="It asks for more than is allowed at once.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="It names something that is not there for you.")
    INTERLOCK = strawberry.enum_value("INTERLOCK", description="An interlock refuses it as things stand.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="It contradicts what is there.")


@strawberry.type(description="Something that the caller can mend in the input.")
class UserError:
    """An expected failure, as data."""

    code: UserErrorCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people, and what to do.")
    path: list[str] | None = strawberry.field(description="Where in the input, outermost first; null for all of it.")


@strawberry.interface(description="What every mutation answers.")
class Payload:
    """The outcome of a mutation.

    `acted_for` is the organisation for which it was done, for the audit log, where none was in force before.
    """

    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="What was wrong with the input; empty when it was taken."
    )
    acted_for: strawberry.Private[UUID | None] = None


class Guarded(FieldExtension):
    """Holds a mutation to those who may call it, turns expected failures into `userErrors`, and has it audited."""

    def __init__(self, needs: Role | Who, *, device: bool) -> None:
        self.needs = needs
        self.device = device
        self._payload: Callable[..., Any] | None = None

    def apply(self, field: StrawberryField) -> None:
        """Learn which payload the mutation answers."""
        kind = field.type
        while isinstance(kind, StrawberryContainer):
            kind = kind.of_type
        self._payload = kind  # type: ignore[assignment]

    async def resolve_async(self, next_: Any, source: Any, info: Info, **arguments: Any) -> Any:
        """Let it run, for those who may call it."""
        name = info.operation.name
        async with audited(info.context, info.field_name, name.value if name else None) as attempt:
            await info.context.admit(self.needs, device=self.device)
            try:
                payload = await next_(source, info, **arguments)
            except (InvalidInputError, NotFoundError, ConflictError) as error:
                assert self._payload is not None
                payload = self._payload(user_errors=[user_error(error)])
            attempt.ended([each.code.name for each in payload.user_errors], payload.acted_for)
            return payload


def user_error(error: TwinError) -> UserError:
    """Show an expected failure."""
    return UserError(code=UserErrorCode(error.code), message=error.message, path=list(error.path) or None)


def mutation(*, needs: Role | Who, device: bool = False, description: str) -> Any:
    """Declare a mutation with who may call it; every field of its payload but `userErrors` has a default.

    Args:
        needs: The role that a user needs, or who may call it without one.
        device: Whether a device may call it with its API key, beside users with the role.
        description: For the schema; who may call it is added.
    """
    return strawberry.mutation(
        description=f"{description} {_said(needs, device=device)}",
        extensions=[Guarded(needs, device=device)],
        metadata={NEEDS: needs, DEVICES: device or needs is Who.DEVICE},
    )


def _said(needs: Role | Who, *, device: bool) -> str:
    if needs is Who.DEVICE:
        return "Needs the API key of a device."
    if needs is Who.ANYBODY:
        return "Needs a valid token, and no membership."
    return f"Needs the role {needs.value}{', or the API key of a device' if device else ''}."
