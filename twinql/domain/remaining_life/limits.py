"""Every number that decides what is said about a remaining life."""

from typing import Final

FEWEST_FAILURES: Final = 10
"""Runs to failure. With fewer than nine, no tenth of their errors lies beyond any bound, and an interval of 80 % is
a guess; the tenth is spared for the run that the errors are told without."""
FEWEST_ROWS: Final = 5
"""Rows of a run without which no slope is drawn through it."""
LEVEL: Final = 0.8
"""The share of failures that fall between p10 and p90."""
CAP_SHARE: Final = 0.6
"""Of the median life: farther ahead readings say nothing, and a remaining life is only "at least so long"."""
WINDOWS: Final = (0.05, 0.1, 0.2, 0.4)
"""Shares of the median life that lines are drawn through, back from now: 10 to 80 rows of a life of 200."""
LEAST_FILLED: Final = 0.5
"""The share of each window that must hold a reading."""
LEAST_CHANNEL: Final = 0.8
"""The share of the rows with any reading that a channel must have a reading in to be one that is learned from."""
CONSTANT: Final = 1e-9
"""A channel that varies by less than this share of its greatest value is constant: the rest is rounding."""
WILD: Final = 10.0
"""Standard deviations from the mean of all runs; a value farther out counts as one that lies just there."""
LEAST_SIGNAL: Final = 1.0
"""Variance of a factor over that of its noise: with less it is taken for noise."""
MOST_FACTORS: Final = 6
NOISE_FLOOR: Final = 1e-4
"""Of a channel's variance is noise at least: a counter without any would be infinitely clear."""
MOST_ROWS: Final = 1_500
"""That the model is fitted on: its time grows with their cube, to a quarter of a second here."""
SEARCH_ROWS: Final = 500
"""That lengths, noise and factors are chosen on."""
LENGTHS: Final = (1.0, 2.0, 4.0)
"""Lengths of the kernel that are tried, in root mean square distances between two rows."""
NOISES: Final = (0.003, 0.01, 0.03, 0.1)
"""Variances of what the features do not explain, over that of what they do, that are tried."""
NEIGHBOURS: Final = 0.2
"""The share of all tries, those whose forecast was the most alike, that an interval is taken from."""
ROWS_OF_LIFE: Final = 100
"""Rows that a run of median length is cut into where it was recorded in time."""
SAMPLES_OF_ROW: Final = 3
"""Readings whose mean a row is."""
SHORTEST_STEP_S: Final = 60.0
MOST_ROWS_OF_RUN: Final = 400
"""Rows of a run that are read, the newest."""
MOST_RUNS: Final = 100
"""Runs that are learned from: the newest to failure, and as many others at most."""
MOST_CHANNELS: Final = 12
"""Channels of a machine that are learned from, the first by key."""
