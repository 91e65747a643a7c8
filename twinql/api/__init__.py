"""The graph, made executable: the schema with its limits, and the endpoint that serves it."""

from twinql.api.endpoint import GraphEndpoint
from twinql.api.engine import Engine
from twinql.api.graph import Graph, make_schema
from twinql.api.sdl import sdl_of
from twinql.api.services import Services

__all__ = ["Engine", "Graph", "GraphEndpoint", "Services", "make_schema", "sdl_of"]
