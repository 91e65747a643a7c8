"""Who asks: tokens, API keys, and what they are worth."""

from twinql.auth.caller import Caller
from twinql.auth.gate import Gate
from twinql.auth.issuers import development_issuer, issuers_of

__all__ = ["Caller", "Gate", "development_issuer", "issuers_of"]
