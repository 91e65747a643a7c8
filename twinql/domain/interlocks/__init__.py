"""Interlocks: what a command must pass, whenever it is asked for, approved and sent."""
