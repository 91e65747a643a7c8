"""Which media types a request comes in, and which it takes."""

import re
from functools import lru_cache

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
UTF8 = ("utf-8", "utf8", '"utf-8"')


LONGEST_KEPT = 300
"""How long a header may be to be remembered: clients send the same ones again and again. [characters]"""


def answered_type(accept: str) -> str | None:
    """Choose what an answer is written as; None where nothing that is accepted can be.

    The highest quality wins, then what is named over what a wildcard covers. Clients that name both types of JSON speak
    the newer one; those that name neither have never heard of it. Events are for those that name them, and like no JSON
    that they name as well: urql names all that it can read, and wants one answer to a query.
    """
    return _known_answer(accept) if len(accept) <= LONGEST_KEPT else _answered(accept)


def is_json(content_type: str) -> bool:
    """Tell whether a body is JSON in UTF-8, which is also meant where no charset is named."""
    return _known_json(content_type) if len(content_type) <= LONGEST_KEPT else _is_json(content_type)


def _answered(accept: str) -> str | None:
    if not accept.strip():
        return JSON
    asked = _qualities(accept)
    offers: list[tuple[float, float, bool, str]] = []
    for media_type in (GRAPHQL, JSON):
        names = ("*/*", "application/*", media_type)
        closeness = max((place for place, name in enumerate(names) if name in asked), default=None)
        if closeness is not None and (quality := asked[names[closeness]]) > 0:
            named = closeness == names.index(media_type)
            offers.append((quality, closeness, named == (media_type == GRAPHQL), media_type))
    if asked.get(EVENT_STREAM):
        offers.append((asked[EVENT_STREAM], 1.5, True, EVENT_STREAM))
    return max(offers)[-1] if offers else None


def _is_json(content_type: str) -> bool:
    name, parameters = _parsed(content_type)
    return name == JSON and parameters.get("charset", "utf-8") in UTF8


def _qualities(accept: str) -> dict[str, float]:
    qualities: dict[str, float] = {}
    for each in accept.split(","):
        name, parameters = _parsed(each)
        quality = parameters.get("q", "1")
        if QUALITY.fullmatch(quality) and parameters.get("charset", "utf-8") in UTF8:
            qualities[name] = max(float(quality), qualities.get(name, 0.0))
    return qualities


def _parsed(text: str) -> tuple[str, dict[str, str]]:
    name, *parameters = text.lower().split(";")
    pairs = (each.partition("=") for each in parameters)
    return name.strip(), {key.strip(): value.strip() for key, _, value in pairs}


_known_answer = lru_cache(256)(_answered)
_known_json = lru_cache(256)(_is_json)
