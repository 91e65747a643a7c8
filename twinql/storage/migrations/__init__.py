"""Brings a database's tables up to date without Node, so that `prisma migrate deploy` finds its own work done."""

from twinql.storage.migrations.apply import migrate, pending
from twinql.storage.migrations.resolve import declare_applied, declare_rolled_back

__all__ = ["declare_applied", "declare_rolled_back", "migrate", "pending"]
