"""Metering: what registers counted between readings, as exact amounts with their evidence."""
