"""The words that several types of the graph share; published before any type is read, whichever is read first."""

from schema.described import publish
from twinql.domain.channels import FlowDirection, PlausibilityAction, ReadingKind
from twinql.domain.membership import Role
from twinql.domain.metering.intervals import Fill
from twinql.domain.readings import Quality, ReadingSource, ReadingStatus
from twinql.domain.units import Quantity, Unit

publish(
    Role,
    "What a member of an organisation may do.",
    OWNER="Manages assets, members and keys, and does all that the others do.",
    OPERATOR="Records and corrects readings, issues commands, acknowledges; and reads.",
    VIEWER="Reads.",
)
publish(
    ReadingKind,
    "How the values of a channel are to be read.",
    INSTANTANEOUS="The value at an instant, such as °C now.",
    INTERVAL="The amount over the interval that ends at `observedAt`, such as kWh over a half hour.",
    CUMULATIVE="A register that counts up; consumption is the difference of two of its values.",
    STATE="A code with a label, such as RUNNING, in force from `observedAt` on.",
)
publish(
    Quality,
    "How far a value can be trusted.",
    GOOD="It can be used as it is.",
    UNCERTAIN="It may be off: not plausible, or an estimate.",
    BAD="It cannot be used, and may be missing; left out of every aggregate and counted in completeness.",
)
publish(
    ReadingStatus,
    "Where a value comes from.",
    ACTUAL="Measured.",
    ESTIMATED="Worked out from other values; an actual one supersedes it.",
    SUBSTITUTED="Put in the place of a value that was missing or wrong; an actual one supersedes it.",
    EDITED="Put right by a person, with a reason.",
)
publish(
    ReadingSource,
    "The way by which a value came in.",
    MANUAL="Somebody typed it.",
    API="A mutation.",
    IMPORT="A file.",
    DEVICE="A device.",
    SIMULATION="The simulator: no device measured it.",
    REPLAY="A file, played as if it happened now.",
    DATABASE="Whoever wrote the table without saying.",
)
publish(
    FlowDirection,
    "Which way energy or matter flows, seen from the site. Both count up.",
    IMPORT="Into the site.",
    EXPORT="Out of the site.",
)
publish(
    PlausibilityAction,
    "What happens to a value that cannot be right.",
    REJECT="It is refused, and kept among the rejected readings.",
    MARK_UNCERTAIN="It is recorded with the quality UNCERTAIN.",
)
publish(
    Fill,
    "What becomes of energy that flowed between readings too far apart to say when.",
    NONE="It is rated where it all fell under one price, and else told as a problem.",
    LINEAR="It is spread evenly over the time between them, and counts as estimated.",
)
publish(
    Quantity,
    "What a channel measures or controls.",
    ENERGY="Energy, in kWh and its kin.",
    REACTIVE_ENERGY="Reactive energy, in kvarh and its kin.",
    APPARENT_ENERGY="Apparent energy, in kVAh.",
    POWER="Active power, in kW and its kin.",
    REACTIVE_POWER="Reactive power, in kvar and its kin.",
    APPARENT_POWER="Apparent power, in kVA and its kin.",
    POWER_FACTOR="Active power divided by apparent power, as a share.",
    VOLTAGE="Voltage, in V and its kin.",
    CURRENT="Current, in A and its kin.",
    FREQUENCY="Frequency, in Hz.",
    TEMPERATURE="Temperature, in °C, °F or K.",
    HUMIDITY="Relative humidity, in % or as a ratio.",
    PRESSURE="Pressure, in Pa, bar or psi.",
    VOLUME="Volume, in m³, litres, cubic feet or gallons.",
    FLOW="Volume flow, in m³/h, L/min and their kin.",
    CALORIFIC_VALUE="Heat of combustion of a gas by its volume, in MJ/m³ or kWh/m³.",
    SPEED="Speed, in m/s: of wind, or of a belt.",
    ROTATIONAL_SPEED="Rotational speed, in revolutions per minute.",
    VIBRATION="Vibration velocity, in mm/s or in/s.",
    LATENCY="Delay of a network or a reply, in ms or s.",
    ERROR_RATE="Share or frequency of errors.",
    EFFICIENCY="Efficiency, as a share.",
    WEAR="Wear of a tool or part, as a share or in running time.",
    LOAD="Load, as a share of what is rated.",
    DURATION="A length of time.",
    STATE="A state of a machine, as a code with a label.",
    SWITCH="On or off.",
    PRICE="Price of energy, per kWh or MWh.",
    CARBON_INTENSITY="Carbon dioxide per energy, in g/kWh and its kin.",
    IRRADIANCE="Radiant power per area, in W/m².",
    COUNT="A number of things.",
    OTHER="Anything else.",
)
_SAID = {
    Unit.THERM: "Therm: 100,000 BTU, 105.5056 MJ (therm).",
    Unit.BRITISH_THERMAL_UNIT: "British thermal unit, 1,055.056 J (BTU).",
    Unit.MILLION_BRITISH_THERMAL_UNITS: "Million British thermal units, 1.055056 GJ (MMBTU).",
    Unit.VAR: "Volt ampere reactive (var).",
    Unit.US_GALLON: "Liquid gallon of the United States, 3.785411784 L (US gal).",
    Unit.US_GALLON_PER_MINUTE: "Gallon of the United States per minute (US gal/min).",
    Unit.IMPERIAL_GALLON: "Imperial gallon, 4.54609 L (imp gal).",
    Unit.CURRENCY_PER_KILOWATT_HOUR: "Whole units of a currency per kilowatt hour (¤/kWh).",
    Unit.CURRENCY_PER_MEGAWATT_HOUR: "Whole units of a currency per megawatt hour (¤/MWh).",
    Unit.CENT_PER_KILOWATT_HOUR: "Hundredths of a currency, such as cents or pence, per kilowatt hour (ct/kWh).",
    Unit.RATIO: "A share of one (no symbol).",
    Unit.ONE: "A plain number (no symbol).",
}
publish(
    Unit,
    "A unit of measurement.",
    **{unit.name: _SAID.get(unit, f"{unit.name.replace('_', ' ').capitalize()} ({unit.symbol}).") for unit in Unit},
)
