"""Detection: what is wrong with a channel, found reading by reading, with the numbers that show it."""
