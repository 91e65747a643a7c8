"""Who asks: tokens, API keys, and what they are worth."""

from twinql.auth.caller import Caller

__all__ = ["Caller"]
