"""Which unit a file or a person means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.unit_names import told_by_case, unit_named
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("kWh", Unit.KILOWATT_HOUR),
        (" KWH ", Unit.KILOWATT_HOUR),
        ("kilowatt_hour", Unit.KILOWATT_HOUR),
        ("kilowatt hours", Unit.KILOWATT_HOUR),
        ("kW·h", Unit.KILOWATT_HOUR),
        ("°C", Unit.DEGREE_CELSIUS),
        ("degC", Unit.DEGREE_CELSIUS),
        ("MW", Unit.MEGAWATT),
        ("m3", Unit.CUBIC_METRE),
        ("cubic meters", Unit.CUBIC_METRE),
        ("m^3/hr", Unit.CUBIC_METRE_PER_HOUR),
        ("liters/hour", Unit.LITRE_PER_HOUR),
        ("ft3", Unit.CUBIC_FOOT),
        ("ccf", Unit.HUNDRED_CUBIC_FEET),
        ("US gal", Unit.US_GALLON),
        ("imperial_gallon", Unit.IMPERIAL_GALLON),
        ("MMBtu", Unit.MILLION_BRITISH_THERMAL_UNITS),
        ("therms", Unit.THERM),
        ("kVArh", Unit.KILOVAR_HOUR),
        ("MVAr", Unit.MEGAVAR),
        ("KVA", Unit.KILOVOLT_AMPERE),
        ("EUR/MWh", Unit.CURRENCY_PER_MEGAWATT_HOUR),
        ("£/kWh", Unit.CURRENCY_PER_KILOWATT_HOUR),
        ("p/kWh", Unit.CENT_PER_KILOWATT_HOUR),
        ("gCO2eq/kWh", Unit.GRAM_PER_KILOWATT_HOUR),
        ("kg CO₂/MWh", Unit.KILOGRAM_PER_MEGAWATT_HOUR),
        ("kWh/m3", Unit.KILOWATT_HOUR_PER_CUBIC_METRE),
        ("W/m2", Unit.WATT_PER_SQUARE_METRE),
        ("rev/min", Unit.REVOLUTION_PER_MINUTE),
        ("percent", Unit.PERCENT),
        ("1", Unit.ONE),
    ],
)
def test_a_unit_is_found_by_name_by_symbol_and_by_its_words(text, unit):
    assert unit_named(text) is unit


@pytest.mark.parametrize("unit", Unit)
def test_every_unit_is_found_by_what_twinql_itself_writes(unit):
    assert unit_named(unit.name) is unit
    if unit.symbol:
        assert unit_named(unit.symbol) is unit


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("mW", r"did you mean MW\?"),
        ("mwh", r"did you mean MWh\?"),
        ("MA", r"did you mean mA\?"),
        ("mvar", r"did you mean Mvar"),
        ("kwhs", "did you mean kWh"),
        ("killowatt", "did you mean kW"),
        ("C", r"did you mean °C\?"),
        ("psig", r"did you mean psi\?"),
        ("", "write its symbol, such as kWh"),
        ("furlong", "write its symbol, such as kWh"),
    ],
)
def test_an_unknown_unit_is_not_guessed_but_told_what_is_near(text, hint):
    with pytest.raises(InvalidInputError, match=f"is no unit that TwinQL knows; .*{hint}"):
        unit_named(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *((text, ("MWh", "mWh")) for text in ("mwh", "MWH", "mWh", " mwH ")),
        ("MA", ("mA", "MA")),
        ("mvar", ("Mvar", "mvar")),
        *((text, ()) for text in ("MWh", "mA", "MVAr", "kwh", "KWH", "gal", "wh", "furlong", "")),
    ],
)
def test_letters_that_alone_tell_two_units_apart_are_told(text, meant):
    assert told_by_case(text) == meant


@pytest.mark.parametrize(
    "text", ["N*m", "Nm", "rad/s", "Bq", "V*A", "1/s", "kWh/kWh", "delta_degC", "kWh/h/h", "9**9**9"]
)
def test_what_pint_alone_holds_for_the_same_is_not_taken(text):
    with pytest.raises(InvalidInputError, match="is no unit that TwinQL knows"):
        unit_named(text)


@pytest.mark.parametrize("text", ["gal", "gallons", "gal/min", "GPM", "MBTU", "mbtu"])
def test_a_unit_that_means_two_things_is_asked_for(text):
    with pytest.raises(InvalidInputError, match="is unclear"):
        unit_named(text)


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["k", "M", "W", "h", "/", "*", "^", "2", "-", "m", "gal", " ", "(", "°", "CO2"])).map(
        "".join
    )
)
def test_whatever_is_written_is_a_unit_or_one_clear_error(text):
    try:
        found = unit_named(text)
    except InvalidInputError:
        return
    assert found in Unit
