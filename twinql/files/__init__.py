"""Readings in files: CSV, Excel and JSON Lines, in and out."""
