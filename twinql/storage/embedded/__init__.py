"""A Postgres of TwinQL's own, for a laptop: started with TwinQL, and never outliving it."""

from twinql.storage.embedded.folder import running, token_secret
from twinql.storage.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "running", "token_secret"]
