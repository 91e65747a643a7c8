"""When loads that can wait shall run: the cheapest, cleanest or flattest course of a day, under a limit."""
