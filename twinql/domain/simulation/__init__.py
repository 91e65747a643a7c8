"""The physics of the demo site: pure, repeatable by seed, and the same code for sixty days of history and for now."""
