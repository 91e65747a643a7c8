"""The graph's types and inputs, one noun per module: shape only."""
