"""Who sells energy, or buys it: what people may say of them."""

from dataclasses import dataclass, replace
from typing import Self

from twinql.domain.wording import cleaned, cleaned_or_none

LONGEST_CONTACT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierDefinition:
    """What people say of a supplier.

    Attributes:
        name: What they call it.
        contact: How to reach it, in any words; None where nobody said.
    """

    name: str
    contact: str | None = None

    def checked(self) -> Self:
        """Return the same without spaces around it.

        Raises:
            InvalidInputError: Something cannot be right; its path says what.
        """
        contact = cleaned_or_none(self.contact, "contact", "contact", longest=LONGEST_CONTACT)
        return replace(self, name=cleaned(self.name, "name", "name"), contact=contact)
