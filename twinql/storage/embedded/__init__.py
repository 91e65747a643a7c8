"""A Postgres of TwinQL's own, for a laptop: started with TwinQL, and never outliving it."""

from twinql.storage.embedded.folder import has_database, running, token_secret
from twinql.storage.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "has_database", "running", "token_secret"]
