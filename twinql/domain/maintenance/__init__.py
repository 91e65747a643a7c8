"""Maintenance: what is to be done to things, when, and how long they last."""
