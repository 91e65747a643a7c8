"""Changes of sites."""

from typing import Any, cast

import strawberry
from strawberry.scalars import JSON

from schema.changes import ArchivedAlong, written
from schema.payload import Payload
from schema.scalars import TimeZone
from schema.site import Site
from twinql.domain.sites import SiteDefinition


@strawberry.input(description="A new site.")
class CreateSiteInput:
    """What is said of it."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    time_zone: TimeZone = strawberry.field(
        description="IANA time zone in which its days, weeks and months are counted, such as Europe/Berlin."
    )
    latitude: float | None = strawberry.field(default=None, description="Degrees north, WGS 84, from -90 to 90.")
    longitude: float | None = strawberry.field(default=None, description="Degrees east, WGS 84, from -180 to 180.")
    attributes: JSON | None = strawberry.field(
        default=None, description="Anything that no field foresees, as a JSON object; empty where it is left out."
    )
    power_limit: float | None = strawberry.field(
        default=None, description="What it may take in at most, in kW; left out for no limit."
    )

    def to_domain(self) -> SiteDefinition:
        """Say it in the words of the domain."""
        return SiteDefinition(
            name=self.name,
            time_zone=self.time_zone,
            latitude=self.latitude,
            longitude=self.longitude,
            attributes=cast("dict[str, Any]", {} if self.attributes is None else self.attributes),
            limit_kw=self.power_limit,
        )


@strawberry.input(description="Changes of a site; what is left out stays as it is.")
class UpdateSiteInput:
    """What is said differently."""

    id: strawberry.ID = strawberry.field(description="The site.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    time_zone: TimeZone | None = strawberry.field(
        default=strawberry.UNSET,
        description="IANA time zone in which its days are counted, past ones too; cannot be null.",
    )
    latitude: float | None = strawberry.field(
        default=strawberry.UNSET, description="Degrees north, WGS 84; null forgets it."
    )
    longitude: float | None = strawberry.field(
        default=strawberry.UNSET, description="Degrees east, WGS 84; null forgets it."
    )
    attributes: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="Takes the place of all attributes, as a JSON object; cannot be null."
    )
    power_limit: float | None = strawberry.field(
        default=strawberry.UNSET, description="What it may take in at most, in kW; null for no limit."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        said = written(self, leave=("id",), never_null=("name", "time_zone", "attributes"))
        if "power_limit" in said:
            said["limit_kw"] = said.pop("power_limit")
        return said


@strawberry.input(description="A site to take out of use.")
class ArchiveSiteInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The site.")


@strawberry.input(description="A site to take back into use.")
class UnarchiveSiteInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The site.")


@strawberry.type(description="What became of a site to be made.")
class CreateSitePayload(Payload):
    """The outcome of `createSite`."""

    site: Site | None = strawberry.field(default=None, description="The new site; null where the input was not taken.")


@strawberry.type(description="What became of a site to be changed.")
class UpdateSitePayload(Payload):
    """The outcome of `updateSite`."""

    site: Site | None = strawberry.field(
        default=None, description="The site as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a site to be taken out of use.")
class ArchiveSitePayload(Payload):
    """The outcome of `archiveSite`."""

    site: Site | None = strawberry.field(default=None, description="The site; null where the input was not taken.")
    along: ArchivedAlong | None = strawberry.field(
        default=None, description="What went out of use with it; null where the input was not taken."
    )


@strawberry.type(description="What became of a site to be taken back into use.")
class UnarchiveSitePayload(Payload):
    """The outcome of `unarchiveSite`."""

    site: Site | None = strawberry.field(default=None, description="The site; null where the input was not taken.")
    along: ArchivedAlong | None = strawberry.field(
        default=None, description="What came back into use with it; null where the input was not taken."
    )
