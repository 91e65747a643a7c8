"""Ways to hand something to servers of others, for alarms and commands alike."""
