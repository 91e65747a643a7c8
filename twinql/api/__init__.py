"""The graph, made executable: the schema, the engine that executes it, and the endpoint that serves it."""

from twinql.api.endpoint import GraphEndpoint
from twinql.api.engine import Engine
from twinql.api.graph import make_schema
from twinql.api.sdl import sdl_of
from twinql.api.services import Services

__all__ = ["Engine", "GraphEndpoint", "Services", "make_schema", "sdl_of"]
