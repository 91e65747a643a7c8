"""The graph's types and inputs, one noun per module: shape only."""

from schema import vocabulary  # noqa: F401 - publishes the enums
