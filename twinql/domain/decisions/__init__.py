"""What is recommended, why, and what came of it."""
