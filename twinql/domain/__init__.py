"""What is true of meters and machines: pure functions and frozen dataclasses, with no I/O and no clock."""
