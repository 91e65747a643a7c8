"""Alarms as ISA-18.2 knows them: one open alarm for each cause, from its raising to its return to normal."""
