"""The web application around the graph: pages, health, metrics, logs, and what starts and stops with the server."""

from twinql.app.application import create_app
from twinql.app.logs import configure_logs

__all__ = ["configure_logs", "create_app"]
