"""Selections that become one SQL statement, whose text goes to whoever asked as it is.

`planner` turns a selection into a `Plan`, by what the types of the graph declare; a plan is SQL with holes, which the
arguments of a request fill. `answers` keeps plans with their documents and asks the database.
"""

from twinql.api.passing.answers import Passing, is_final
from twinql.api.passing.plan import Plan

__all__ = ["Passing", "Plan", "is_final"]
