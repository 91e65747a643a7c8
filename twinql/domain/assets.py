"""What is twinned: meters and machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Self
from uuid import UUID

from twinql.domain.wording import check_attributes, check_factor, cleaned, cleaned_or_none
from twinql.errors import InvalidInputError

LONGEST_SERIAL_NUMBER = 100
LAST_BILLING_DAY = 28
"""Every month has it."""


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
        billing_day: The day of the month, 1 to 28, with which a billing month begins.
        calorific_value: The energy of a cubic metre of gas at standard conditions; None where nobody said. [MJ/m³]
        volume_correction: What a volume of gas is multiplied by for temperature, pressure and altitude.
    """

    serial_number: str
    commodity: Commodity
    billing_day: int = 1
    calorific_value: Decimal | None = None
    volume_correction: Decimal = Decimal(1)

    def checked(self) -> Self:
        """Return the same with names trimmed."""
        serial_number = cleaned(self.serial_number, "serial number", "serialNumber", longest=LONGEST_SERIAL_NUMBER)
        if not 1 <= self.billing_day <= LAST_BILLING_DAY:
            raise InvalidInputError(
                f"A billing month begins on a day from 1 to {LAST_BILLING_DAY}, which every month has.",
                path=("billingDay",),
            )
        self._check_gas()
        return replace(AssetDefinition.checked(self), serial_number=serial_number)

    def _check_gas(self) -> None:
        if self.calorific_value is not None:
            if self.commodity is not Commodity.GAS:
                raise InvalidInputError("Only gas has a calorific value; leave it out.", path=("calorificValue",))
            check_factor(self.calorific_value, "calorific value", "calorificValue", digits=5, places=4)
        if self.volume_correction != 1:
            if self.commodity is not Commodity.GAS:
                raise InvalidInputError(
                    "Only a volume of gas is corrected; leave volumeCorrection out.", path=("volumeCorrection",)
                )
            check_factor(self.volume_correction, "volume correction", "volumeCorrection", digits=3, places=6)


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
