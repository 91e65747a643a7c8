"""Who is told of alarms, as people lay it down."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from twinql.domain.alarms.targets import TargetKind, check_address
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.wording import cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTargetDefinition:
    """What people lay down about somebody who is told. The secret is none of it: it is written and never read.

    Attributes:
        name: What they call it.
        kind: How it is told.
        address: The web address of a webhook, or an e-mail address.
        minimum_severity: Of alarms below it is not told.
        site_id: The site of whose alarms it is told; None for all.
        enabled: Whether it is told at all.
    """

    name: str
    kind: TargetKind
    address: str
    minimum_severity: Severity = Severity.LOW
    site_id: UUID | None = None
    enabled: bool = True

    def checked(self, *, allow_private: bool) -> Self:
        """Return the same without spaces around name and address.

        Args:
            allow_private: Whether webhooks may be in networks that are not public.

        Raises:
            InvalidInputError: It cannot work; the path says what.
        """
        address = self.address.strip()
        check_address(self.kind, address, allow_private=allow_private)
        return replace(self, name=cleaned(self.name, "name", "name"), address=address)
