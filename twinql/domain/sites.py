"""Places: what people may say of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from twinql.domain.wording import check_attributes, check_time_zone, cleaned
from twinql.errors import InvalidInputError

_LARGEST_KW = 1e7


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDefinition:
    """What people say of a site.

    Attributes:
        name: What they call it.
        time_zone: IANA time zone in which its days are counted.
        latitude: Degrees north, WGS 84; None where unknown.
        longitude: Degrees east, WGS 84; None where unknown.
        attributes: Anything else, as a JSON object.
        limit_kw: What it may take in at most, a mean over a quarter of an hour; None for no limit. [kW]
    """

    name: str
    time_zone: str
    latitude: float | None = None
    longitude: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    limit_kw: float | None = None

    def checked(self) -> Self:
        """Return the same with names trimmed.

        Raises:
            InvalidInputError: Something cannot be right; its path says what.
        """
        name = cleaned(self.name, "name", "name")
        check_time_zone(self.time_zone)
        _check_degrees(self.latitude, 90, "latitude")
        _check_degrees(self.longitude, 180, "longitude")
        check_attributes(self.attributes)
        if self.limit_kw is not None and not 0.0 < self.limit_kw < _LARGEST_KW:
            raise InvalidInputError("A power limit is more than nothing, in kilowatts.", path=("powerLimit",))
        return replace(self, name=name)


def _check_degrees(degrees: float | None, most: int, what: str) -> None:
    if degrees is not None and not -most <= degrees <= most:
        raise InvalidInputError(f"The {what} lies from -{most} to {most} degrees.", path=(what,))
