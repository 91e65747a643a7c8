"""Forecasting: what a channel will read, by the model that did best on its own past, and how good that was."""
