"""Which meters a tariff fits, and how its name is kept."""

from dataclasses import replace

import pytest

from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection
from twinql.domain.tariffs.definition import TariffDefinition, check_commodity
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

GIVEN = TariffDefinition(name=" Night ", direction=FlowDirection.IMPORT, currency="EUR", unit=Unit.KILOWATT_HOUR)


def test_gas_is_charged_by_volume_or_energy_water_by_volume_and_the_rest_by_energy():
    fits = {
        (unit, commodity)
        for unit in (Unit.KILOWATT_HOUR, Unit.CUBIC_METRE)
        for commodity in Commodity
        if _accepted(unit, commodity)
    }
    by_energy = {(Unit.KILOWATT_HOUR, each) for each in Commodity if each is not Commodity.WATER}
    assert fits == by_energy | {(Unit.CUBIC_METRE, Commodity.GAS), (Unit.CUBIC_METRE, Commodity.WATER)}


def _accepted(unit, commodity):
    try:
        check_commodity(unit, commodity)
    except InvalidInputError:
        return False
    return True


def test_a_tariff_has_a_name():
    assert GIVEN.checked().name == "Night"
    with pytest.raises(InvalidInputError, match="empty"):
        replace(GIVEN, name=" ").checked()
