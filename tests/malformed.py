"""Valid requests, and the ways in which they are damaged: each leaves a request that must not be executed."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
WRONG = (None, True, 5, -0.5, "x", [], {}, [[None]], {"a": {"b": []}}, "\0", "9" * 400)
NOISE = ("{", "}", "\0", "€", "!!", '"', "\\", "...", "@", "$", "#", "\ufeff", '"""', "fragment")
DEEP = 3_000


@dataclass(frozen=True)
class Sent:
    """A request before it is put on a wire."""

    body: bytes
    method: str = "POST"
    query_string: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Damage = Callable[[random.Random, dict[str, Any], Sent], Sent]


def malformed(seed: int, count: int, valid: list[dict[str, Any]]) -> Iterator[Sent]:
    """Damage valid requests, each in one of the ways below in turn."""
    rng = random.Random(seed)
    for number in range(count):
        request = rng.choice(valid)
        whole = Sent(json.dumps(request, ensure_ascii=rng.random() < 0.5).encode())
        accept = rng.choice((JSON, GRAPHQL, "*/*", ""))
        sent = WAYS[number % len(WAYS)](rng, request, whole)
        yield replace(
            sent, headers={"content-type": JSON, "accept": accept, "authorization": "Bearer owner"} | sent.headers
        )


def _cut(rng: random.Random, _request: dict[str, Any], sent: Sent) -> Sent:
    return replace(sent, body=sent.body[: rng.randrange(len(sent.body))])


def _bytes_flipped(rng: random.Random, _request: dict[str, Any], sent: Sent) -> Sent:
    """Some of these are still valid, so they come from somebody who may change nothing."""
    body = bytearray(sent.body)
    for _ in range(rng.randint(1, 4)):
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return replace(sent, body=bytes(body), headers={"authorization": "Bearer viewer"})


def _bytes_not_utf8(rng: random.Random, _request: dict[str, Any], sent: Sent) -> Sent:
    place = sent.body.index(b'"query"') + 10 + rng.randrange(5)
    piece = rng.choice(
        (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", rb"\ud800", rb"\u12", b"\x00", b"\n")
    )
    return replace(sent, body=sent.body[:place] + piece + sent.body[place:])


def _parameter_of_a_wrong_type(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    name = rng.choice(("query", "variables", "operationName", "extensions", "documentId"))
    fitting = (str,) if name in {"query", "operationName", "documentId"} else (dict, type(None))
    wrong = [each for each in WRONG if not isinstance(each, fitting) and (each is not None or name == "query")]
    return replace(sent, body=json.dumps(request | {name: rng.choice(wrong)}).encode())


def _no_object(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    return replace(sent, body=json.dumps(rng.choice([*WRONG, [request], [request] * 20])).encode())


def _input_of_a_wrong_shape(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    variables = json.loads(json.dumps(request["variables"]))
    inner = variables[rng.choice(list(variables))]
    while isinstance(inner, list) or any(isinstance(each, list) for each in inner.values()):
        inner = inner[0] if isinstance(inner, list) else next(each for each in inner.values() if isinstance(each, list))
    if rng.random() < 0.5:
        inner[rng.choice(("nobody", "__proto__", "", "Name"))] = rng.choice(WRONG)
    else:
        inner[rng.choice(list(inner))] = rng.choice(([[[]]], {"a": 1}, {}, [None, None]))
    return replace(sent, body=json.dumps(request | {"variables": variables}).encode())


def _document_damaged(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    document = request["query"]
    place = rng.randrange(document.index("("))
    damaged = rng.choice(
        (document[:-1], "!" + document, document.replace("userErrors", "userMistakes"), document + "}")
    )
    if rng.random() < 0.5:
        damaged = (
            damaged[:place] + rng.choice(NOISE) + damaged[place:] + " fragment Unused on Query { viewer { role } }"
        )
    return replace(sent, body=json.dumps(request | {"query": damaged}).encode())


def _deep(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    depth = rng.randint(20, DEEP)
    nested = opening * depth + "1" + closing * depth
    name = rng.choice(list(request["variables"]))
    document = rng.choice((request["query"], "{ node(id: 1) " + "{ site " * depth, "{ a(b: " + "[" * depth))
    return replace(sent, body=f'{{"query": {json.dumps(document)}, "variables": {{"{name}": {nested}}}}}'.encode())


def _number_that_is_none(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    number = rng.choice(("NaN", "Infinity", "-Infinity", "1e999", "9" * 5_000, "-" + "9" * 5_000, "01", "0x1", "1."))
    body = sent.body.replace(b'"variables"', f'"extensions": {{"a": {number}}}, "variables"'.encode())
    return replace(sent, body=body if b"extensions" in body else request["query"].encode())


def _names_twice(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    name = rng.choice(list(request))
    return replace(sent, body=sent.body[:-1] + f', "{name}": {json.dumps(request[name])}}}'.encode())


def _around(rng: random.Random, _request: dict[str, Any], sent: Sent) -> Sent:
    before, after = rng.choice((b"\xef\xbb\xbf", b"", b"x", b"[")), rng.choice((b"\0", b"{}", b",", b"\xff", b"]]"))
    return replace(sent, body=before + sent.body + after)


def _header(rng: random.Random, _request: dict[str, Any], sent: Sent) -> Sent:
    headers = rng.choice((
        {"content-type": rng.choice(("", "text/xml", "application/graphql", "application/json; charset=utf-7", ";;="))},
        {"content-type": "multipart/form-data; boundary=" + "x" * rng.randint(0, 2_000)},
        {"accept": rng.choice(("text/html", "image/*;q=0.5", "application/json;q=0", ",,;q", "\u00e9" * 50))},
        {"authorization": rng.choice(("", "Bearer", "Bearer \u00ff", "Basic b3duZXI=", "Bearer " + "x" * 5_000))},
        {"sec-fetch-site": "cross-site"},
    ))  # fmt: skip
    return replace(sent, headers=headers)


def _method(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    method = rng.choice(("PUT", "DELETE", "PATCH", "QUERY", "get", "TRACE"))
    return replace(sent, method=method, query_string=f"query={quote(request['query'])}".encode())


def _address(rng: random.Random, request: dict[str, Any], sent: Sent) -> Sent:
    query, variables = quote(request["query"]), quote(json.dumps(request["variables"]))
    texts = (
        f"query={query}&variables={variables}",  # a mutation, and so no GET
        f"query={query}&query={query}",
        f"query={query}&variables={variables[:-1]}",
        f"query={query[: rng.randrange(2, len(query))]}%ff",
        f"query={query}&extensions=[]&operationName=A",
        "&".join(f"a{number}=" for number in range(rng.randint(0, 100))),
        "variables=" + quote("[" * DEEP),
        "documentId=" + "x" * rng.randint(1, 3_000),
    )
    return replace(sent, method=rng.choice(("GET", "HEAD")), query_string=rng.choice(texts).encode(), body=b"")


WAYS: tuple[Damage, ...] = (
    _cut, _bytes_flipped, _bytes_not_utf8, _parameter_of_a_wrong_type, _no_object, _input_of_a_wrong_shape,
    _document_damaged, _deep, _number_that_is_none, _names_twice, _around, _header, _method, _address,
)  # fmt: skip
