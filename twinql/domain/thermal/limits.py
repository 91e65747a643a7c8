"""The numbers that decide, in one place."""

from typing import Final

FEWEST_STEPS: Final = 48
"""Fewer known temperatures than this tell nothing of two time constants."""
MOST_STEPS: Final = 3_000
"""Of a longer past only the newest steps are used: a fit stays within a second or so."""
SECOND_IS_WORTH: Final = 0.85
"""A second order must have at most this share of a first order's error on what neither has seen."""
LONG_STEPS: Final = 1_000
"""In a past of more steps than this fewer layouts are tried."""
BRIDGED_STEPS: Final = 3
"""A hole in a driver of up to so many steps is bridged by a straight line; a longer one cuts the past in two."""
FEWEST_IN_A_STRETCH: Final = 8
"""A stretch between holes with fewer temperatures than this is not used."""
ORIGINS: Final = (0.5, 0.75)
"""From these shares of the past on a model is tried on what follows, fitted to what was before."""
MOST_WIDENED: Final = 20.0
"""Bounds are widened by at most this much where such tries were more wrong than the fit had said."""
MOST_OF_BEST: Final = 3.0
"""Balances whose error on such tries is at most this many times the least one's are averaged."""
MOST_LASTING: Final = 0.2
"""Errors of whose variance less than this goes on to the next step leave nothing for a second order to explain."""
MUCH_WORSE: Final = 1.25
"""A way to hold drivers between their readings that makes the error of a first order so much larger is left out."""
MOST_LIKE_BEFORE: Final = 0.995
"""By at most this share an error goes on to the next step."""
LEAST_R2: Final = 0.7
"""A model that explains less of what it was not fitted to is not asked."""
MOST_OF_PERSISTENCE: Final = 0.8
"""Nor one whose error there is more than this share of that of the last value."""
LEAST_EFFECT: Final = 1.0
"""What shall be changed must move the temperature by this many deviations of the residuals, as its lower bound."""
INDEPENDENT_ERRORS: Final = 6.0
"""From about so many independent errors it is known how large they are: courses have Student's t for it."""
PATHS: Final = 1_000
"""So many courses are drawn for an interval."""
BOUND_LEVEL: Final = 0.8
"""The share of outcomes between the bounds of a parameter."""
ENVELOPE_WEIGHT: Final = 1e-2
"""How much it counts that an envelope starts as warm as the inside, beside one temperature that is known."""
PRIOR_SPREAD: Final = 4.0
"""Deviation of the logarithm of a positive number before anything is known: a factor of 55."""
PRIOR_RATE: Final = 0.02
"""What is taken for a rate, per step, before anything is known."""
EXPECTED_ERROR: Final = 0.3
"""What is taken for the error, as a share of the temperature's deviation, where what is likely before anything is known
is weighed against the data. It is generous, since neighbouring errors are alike and so count as few."""
RECENT_STEPS: Final = 2_000
"""So many steps before a simulation tell how warm the envelope is."""
FEWEST_ALIKE: Final = 5
"""Fewer moments of the past than this that could be gone on from tell nothing of how drivers go on."""
LOOKED_BACK: Final = 30
"""Moments are alike where drivers have gone alike for so many steps."""
