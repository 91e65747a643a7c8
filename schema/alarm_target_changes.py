"""Changes of who is told of alarms."""

from typing import Any

import strawberry

from schema.alarm_target import AlarmTarget
from schema.changes import key_at, written
from schema.payload import Payload
from twinql.domain.alarms.target_definition import AlarmTargetDefinition
from twinql.domain.alarms.targets import TargetKind
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.webhooks import LONGEST_SECRET, SHORTEST_SECRET

_SECRET = (
    f"For a webhook, {SHORTEST_SECRET} to {LONGEST_SECRET} characters made up by you, with which its requests are "
    "signed; told to nobody"
)
_ADDRESS = "A web address with https:// for a webhook, or one e-mail address"


@strawberry.input(description="Somebody, or something, to be told of alarms.")
class CreateAlarmTargetInput:
    """What is laid down."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    kind: TargetKind = strawberry.field(description="How it is told; never changes.")
    address: str = strawberry.field(description=f"{_ADDRESS}.")
    secret: str | None = strawberry.field(default=None, description=f"{_SECRET}.")
    minimum_severity: Severity = strawberry.field(
        default=Severity.LOW, description="Of alarms that matter less it is not told."
    )
    site_id: strawberry.ID | None = strawberry.field(
        default=None, description="The site of whose alarms it is told; left out for all."
    )
    enabled: bool = strawberry.field(default=True, description="Whether it is told at all.")

    def to_domain(self) -> AlarmTargetDefinition:
        """Say it in the words of the domain."""
        return AlarmTargetDefinition(
            name=self.name,
            kind=self.kind,
            address=self.address,
            minimum_severity=self.minimum_severity,
            site_id=key_at(self.site_id, "siteId", "Site"),
            enabled=self.enabled,
        )


@strawberry.input(description="Changes of who is told; what is left out stays as it is.")
class UpdateAlarmTargetInput:
    """What is laid down differently."""

    id: strawberry.ID = strawberry.field(description="The target.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    address: str | None = strawberry.field(default=strawberry.UNSET, description=f"{_ADDRESS}; cannot be null.")
    secret: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_SECRET}. Left out, it stays; it cannot be null for a webhook."
    )
    minimum_severity: Severity | None = strawberry.field(
        default=strawberry.UNSET, description="Of alarms that matter less it is not told; cannot be null."
    )
    site_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The site of whose alarms it is told; null for all."
    )
    enabled: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it is told at all; cannot be null."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition, and the secret."""
        said = written(self, leave=("id",), never_null=("name", "address", "minimum_severity", "enabled"))
        if "site_id" in said:
            said["site_id"] = key_at(said["site_id"], "siteId", "Site")
        return said


@strawberry.input(description="A target to take out of use.")
class ArchiveAlarmTargetInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The target.")


@strawberry.input(description="A target to take back into use.")
class UnarchiveAlarmTargetInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The target.")


@strawberry.type(description="What became of a target to be made.")
class CreateAlarmTargetPayload(Payload):
    """The outcome of `createAlarmTarget`."""

    alarm_target: AlarmTarget | None = strawberry.field(
        default=None, description="The new target; null where the input was not taken."
    )


@strawberry.type(description="What became of a target to be changed.")
class UpdateAlarmTargetPayload(Payload):
    """The outcome of `updateAlarmTarget`."""

    alarm_target: AlarmTarget | None = strawberry.field(
        default=None, description="The target as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a target to be taken out of use.")
class ArchiveAlarmTargetPayload(Payload):
    """The outcome of `archiveAlarmTarget`."""

    alarm_target: AlarmTarget | None = strawberry.field(
        default=None, description="The target; null where the input was not taken."
    )


@strawberry.type(description="What became of a target to be taken back into use.")
class UnarchiveAlarmTargetPayload(Payload):
    """The outcome of `unarchiveAlarmTarget`."""

    alarm_target: AlarmTarget | None = strawberry.field(
        default=None, description="The target; null where the input was not taken."
    )


@strawberry.input(description="A target to be tried out.")
class TestAlarmTargetInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The target: in use, enabled or not.")


@strawberry.type(description="What became of a test.")
class TestAlarmTargetPayload(Payload):
    """The outcome of `testAlarmTarget`."""

    delivered: bool = strawberry.field(
        default=False, description="Whether the other side took the test; false where the input was not taken."
    )
    error: str | None = strawberry.field(
        default=None, description="What went wrong, in a sentence; null where the other side took it."
    )
