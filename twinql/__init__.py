"""TwinQL: a GraphQL API server for the digital twin of energy meters and industrial machines."""

import os

# Read once, when numpy is loaded. Arrays are small here: threads of linear algebra would wait for one another on cores
# that are busy with requests, and take several times as long as one alone.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 -- not read: said to a library
