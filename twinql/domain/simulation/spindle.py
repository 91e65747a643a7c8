"""The heat balance of a milling spindle: bearings and motor heat it, coolant and the hall's air cool it."""

from math import exp
from typing import Final

import numpy as np

from twinql.domain.simulation.slots import Floats

HEAT_CAPACITY_J_K: Final = 15_000.0
"""Front housing, bearings and rotor: about 32 kg of steel."""
AIR_W_K: Final = 12.0
COOLANT_W_K: Final = 92.0
"""What the cooling jacket carries off while the pump runs."""
COOLANT_C: Final = 23.0
RAMP_RPM_S: Final = 500.0
CUTTING_W_A_RPM: Final = 0.75
"""A constant torque of about 7 Nm: 9 kW at 12,000 rpm."""
EFFICIENCY: Final = 0.88
_MOTOR_HEAT_INTO_HOUSING: Final = 0.5
_BEARINGS: Final = 2
_FRICTION_W: Final = _BEARINGS * 1.047e-4 * 1e-7 * 2.0 * 90.0**3 * 20.0 ** (2.0 / 3.0)
_FIVE_THIRDS: Final = 5.0 / 3.0
# Four points integrate a polynomial of degree seven exactly.
_GAUSS: Final = (
    (0.069431844202973712, 0.173927422568726928),
    (0.330009478207571868, 0.326072577431273072),
    (0.669990521792428132, 0.326072577431273072),
    (0.930568155797026288, 0.173927422568726928),
)


def bearing_heat_w(speed_rpm: float) -> float:
    """Find the friction of the spindle's bearings.

    Args:
        speed_rpm: Of the spindle, not negative. [rpm]

    Returns:
        Heat of two bearings of 90 mm mean diameter, oil of 20 mm²/s, lubrication factor 2. [W]

    Source:
        Palmgren (1959), "Grundlagen der Wälzlagertechnik": M = 10⁻⁷ f₀ (viscosity n)^⅔ d³ [N mm],
        H = 1.047·10⁻⁴ n M [W].
    """
    return float(_FRICTION_W * speed_rpm**_FIVE_THIRDS)


def electric_w(*, speed_rpm: Floats, cutting: Floats) -> Floats:
    """Find what the spindle's motor draws.

    Args:
        speed_rpm: Of the spindle, not negative, shape (n,). NaN stays NaN. [rpm]
        cutting: Share of the greatest torque, 0 to 1, shape (n,).

    Returns:
        Cutting power and bearing friction, divided by the motor's efficiency, shape (n,). [W]

    Source:
        Palmgren (1959) for the friction, as in `bearing_heat_w`.
    """
    return np.asarray((cutting * CUTTING_W_A_RPM * speed_rpm + _FRICTION_W * speed_rpm**_FIVE_THIRDS) / EFFICIENCY)


def heat_w(*, speed_rpm: float, cutting: float) -> float:
    """Find the heat that stays in the spindle's housing.

    Args:
        speed_rpm: Of the spindle. [rpm]
        cutting: Share of the greatest torque, 0 to 1.

    Returns:
        All of the bearings' friction and half of the motor's losses; the rest leaves with chips and rotor shaft. [W]

    Source:
        Bossmanns, Tu (1999), "A thermal model for high speed motorized spindles", in one lump.
    """
    friction = bearing_heat_w(speed_rpm)
    loss = (cutting * CUTTING_W_A_RPM * speed_rpm + friction) * (1.0 / EFFICIENCY - 1.0)
    return friction + _MOTOR_HEAT_INTO_HOUSING * loss


def warmed(
    *,
    temperature_c: float,
    elapsed_s: float,
    from_rpm: float,
    to_rpm: float,
    cutting: float,
    cooled: float,
    air_c: float,
) -> float:
    """Let the spindle warm or cool while its speed goes evenly from one value to another.

    The linear heat balance C dT/dt = Q(n) - h_air (T - T_air) - h_coolant (T - T_coolant) is solved exactly for a
    constant speed and by Gauss quadrature of its convolution on a ramp, so two half steps give what one step gives.

    Args:
        temperature_c: At the start. [°C]
        elapsed_s: Length of the step. [s]
        from_rpm: Speed at the start. [rpm]
        to_rpm: Speed at the end. [rpm]
        cutting: Share of the greatest torque, 0 to 1, constant.
        cooled: Coolant flow as a share of the pump's, 0 to 1, constant.
        air_c: Of the hall, constant. [°C]

    Returns:
        Temperature at the end. NaN if an input is. [°C]

    Source:
        Incropera, DeWitt, "Fundamentals of Heat and Mass Transfer", chapter 5: lumped capacitance.
    """
    coolant_w_k = COOLANT_W_K * cooled
    conductance = AIR_W_K + coolant_w_k
    sink_c = (AIR_W_K * air_c + coolant_w_k * COOLANT_C) / conductance
    rate = conductance / HEAT_CAPACITY_J_K
    if from_rpm == to_rpm:
        steady_c = sink_c + heat_w(speed_rpm=to_rpm, cutting=cutting) / conductance
        return steady_c + (temperature_c - steady_c) * exp(-rate * elapsed_s)
    gained = sum(
        weight
        * exp(-rate * elapsed_s * (1.0 - place))
        * heat_w(speed_rpm=from_rpm + (to_rpm - from_rpm) * place, cutting=cutting)
        for place, weight in _GAUSS
    )
    warmed_by_heat = gained * elapsed_s / HEAT_CAPACITY_J_K
    return sink_c + (temperature_c - sink_c) * exp(-rate * elapsed_s) + warmed_by_heat
