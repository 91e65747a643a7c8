"""What is twinned: meters and machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

from twinql.domain.wording import check_attributes, cleaned, cleaned_or_none

LONGEST_SERIAL_NUMBER = 100


class Commodity(Enum):
    """What a meter measures."""

    ELECTRICITY = "ELECTRICITY"
    GAS = "GAS"
    WATER = "WATER"
    HEAT = "HEAT"
    COOLING = "COOLING"


class ExecutionState(Enum):
    """What a machine is doing."""

    RUNNING = "RUNNING"
    IDLE = "IDLE"
    FAULT = "FAULT"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Execution:
    """The newest reading of a machine's channel `execution`.

    Attributes:
        label: The label of its state; None where the code has none.
        since: The first reading of the unbroken run of this state.
        observed_at: The newest reading.
    """

    label: str | None
    since: datetime
    observed_at: datetime

    @property
    def state(self) -> ExecutionState:
        """The state that the label names; UNKNOWN for any other label."""
        name = (self.label or "").upper()
        return ExecutionState[name] if name in ExecutionState.__members__ else ExecutionState.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDefinition:
    """What people say of a meter or a machine.

    Attributes:
        site_id: The site on which it stands.
        name: What they call it.
        parent_id: What it is a part of, on the same site.
        external_id: Its name in another system.
        attributes: Anything else, as a JSON object.
    """

    site_id: UUID
    name: str
    parent_id: UUID | None = None
    external_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def checked(self) -> Self:
        """Return the same with names trimmed.

        Raises:
            InvalidInputError: Something cannot be right; its path says what.
        """
        name = cleaned(self.name, "name", "name")
        external_id = cleaned_or_none(self.external_id, "external id", "externalId")
        check_attributes(self.attributes)
        return replace(self, name=name, external_id=external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDefinition(AssetDefinition):
    """What people say of a meter.

    Attributes:
        serial_number: What is printed on it.
        commodity: What it measures.
    """

    serial_number: str
    commodity: Commodity

    def checked(self) -> Self:
        """Return the same with names trimmed."""
        serial_number = cleaned(self.serial_number, "serial number", "serialNumber", longest=LONGEST_SERIAL_NUMBER)
        return replace(AssetDefinition.checked(self), serial_number=serial_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDefinition(AssetDefinition):
    """What people say of a machine.

    Attributes:
        manufacturer: Who built it.
        model: The maker's name for its type.
    """

    manufacturer: str | None = None
    model: str | None = None

    def checked(self) -> Self:
        """Return the same with names trimmed."""
        manufacturer = cleaned_or_none(self.manufacturer, "manufacturer", "manufacturer")
        model = cleaned_or_none(self.model, "model", "model")
        return replace(AssetDefinition.checked(self), manufacturer=manufacturer, model=model)
