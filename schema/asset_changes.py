"""What the changes of meters and machines have in common."""

from typing import Any

import strawberry
from strawberry.scalars import JSON

from schema.changes import key_at, written


@strawberry.input
class NewAsset:
    """What is said of any new asset."""

    site_id: strawberry.ID = strawberry.field(description="The site on which it stands, one in use.")
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The meter or machine of which it is a part, in use on the same site."
    )
    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    external_id: str | None = strawberry.field(
        default=None, description="Its name in another system, unique in the organisation, at most 200 characters."
    )
    attributes: JSON | None = strawberry.field(
        default=None, description="Anything that no field foresees, as a JSON object; empty where it is left out."
    )

    def definition(self) -> dict[str, Any]:
        """Return what was said, by attribute of the definition."""
        said = {name: value for name, value in written(self).items() if name != "attributes" or value is not None}
        return {**said, **_keys(said)}


@strawberry.input
class ChangedAsset:
    """What is said differently of any asset."""

    id: strawberry.ID = strawberry.field(description="Which one.")
    site_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The site on which it stands, one in use; its parts, channels and their history go with it. "
        "Cannot be null.",
    )
    parent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The meter or machine of which it is a part, in use on the same site; null for none.",
    )
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    external_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Its name in another system, unique in the organisation; null for none.",
    )
    attributes: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="Takes the place of all attributes, as a JSON object; cannot be null."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        never_null = (
            "name", "site_id", "attributes", "serial_number", "commodity", "billing_day", "volume_correction",
        )  # fmt: skip
        said = written(self, leave=("id",), never_null=never_null)
        return {**said, **_keys(said)}


def _keys(said: dict[str, Any]) -> dict[str, Any]:
    """Read the global ids of the site and the parent, where they were written."""
    wanted = {"site_id": ("siteId", ("Site",)), "parent_id": ("parentId", ("Meter", "Machine"))}
    return {name: key_at(said[name], path, *types) for name, (path, types) in wanted.items() if name in said}
