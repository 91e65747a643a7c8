"""The web application around the graph: pages, health, metrics, logs, and what starts and stops with the server."""
