"""The words that several types of the graph share."""

from schema.described import publish
from twinql.domain.channels import FlowDirection, PlausibilityAction, ReadingKind
from twinql.domain.membership import Role
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
    Quantity,
    "What a channel measures or controls.",
    ENERGY="Energy, in kWh and its kin.",
    POWER="Power, in kW and its kin.",
    VOLTAGE="Voltage, in V.",
    CURRENT="Current, in A.",
    FREQUENCY="Frequency, in Hz.",
    TEMPERATURE="Temperature, in °C, °F or K.",
    HUMIDITY="Relative humidity, in % or as a ratio.",
    PRESSURE="Pressure, in Pa or bar.",
    VOLUME="Volume, in m³ or litres.",
    FLOW="Volume flow, in m³/h or L/min.",
    ROTATIONAL_SPEED="Rotational speed, in revolutions per minute.",
    VIBRATION="Vibration velocity, in mm/s.",
    LATENCY="Delay of a network or a reply, in ms or s.",
    ERROR_RATE="Share or frequency of errors.",
    EFFICIENCY="Efficiency, as a share.",
    WEAR="Wear of a tool or part, as a share or in running time.",
    LOAD="Load, as a share of what is rated.",
    DURATION="A length of time.",
    STATE="A state of a machine, as a code with a label.",
    SWITCH="On or off.",
    PRICE="Price of energy per kWh.",
    CARBON_INTENSITY="Carbon dioxide per kWh, in g.",
    IRRADIANCE="Radiant power per area, in W/m².",
    COUNT="A number of things.",
    OTHER="Anything else.",
)
publish(
    Unit,
    "A unit of measurement.",
    **{unit.name: f"{unit.name.replace('_', ' ').capitalize()} ({unit.symbol or 'no symbol'})." for unit in Unit},
)
