"""Kafka: readings in from a topic, decisions and commands out to others."""
