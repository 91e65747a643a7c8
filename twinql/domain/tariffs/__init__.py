"""Tariffs: what energy costs, when, and what that makes of a stretch of metering; money is exact until it is shown."""
