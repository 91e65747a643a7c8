"""Diagnosis: what the readings of a stretch of time say about a channel, an asset and a machine, with the numbers."""
