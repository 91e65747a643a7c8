"""Postgres: the embedded server, migrations, sessions and every SQL statement."""
