"""Documents made to keep a server busy, and what they are told: for tests, and for the benchmark beside them."""


def repeated(pattern: str, count: int) -> str:
    return " ".join(pattern.format(i, i + 1) for i in range(count))


def doubling(on: str, last: str) -> str:
    return "{{ {} }}".format("...F0" if on == "Query" else "__schema { ...F0 }") + repeated(
        f"fragment F{{0}} on {on} {{{{ ...F{{1}} ...F{{1}} }}}}", 25
    ) + f" fragment F25 on {on} {{ {last} }}"  # fmt: skip


ATTACKS = {
    "tokens": ("{ viewer {" + " role" * 3_000 + "} }", "more than 3000 tokens"),
    "characters": ("{ viewer { role } }" + "," * 100_000, "at most 100,000 characters"),
    "depth": (
        "{ node(id: 1) { ...on Site { " + "channels { nodes { site { " * 7 + "id" + "}}}" * 7 + "}}}",
        "levels of",
    ),
    "syntactic depth": ("{ node(id: 1) " + "{ site " * 1_000, "nested too deeply"),
    "nested values": ("{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }", "nested too deeply"),
    "root fields": ("{ " + "viewer { role } " * 51 + "}", "root fields"),
    "aliases": ("{ viewer {" + repeated(" a{0}: role", 251) + "} }", "aliases"),
    "directives": ("{ viewer {" + " role @skip(if: true)" * 251 + "} }", "directives"),
    "operations": (repeated("query Q{0} {{ viewer {{ role }} }}", 101), "operations"),
    "variables": ("query (" + repeated("$v{0}: ID!", 201) + ") { viewer { role } }", "variables"),
    "fragments": ("{ ...F0 }" + repeated("fragment F{0} on Query {{ viewer {{ role }} }}", 201), "fragments"),
    "doubling fragments": (doubling("Query", "viewer { role }"), "selections"),
    "doubling fragments in a cycle": (doubling("__Schema", "...F0"), "selections"),
    "one field, very often": ("{ viewer {" + " role" * 200 + "} }", "under one name"),
    "pairs of nested fields": (
        "{ node(id: 1) { ...on Channel {" + " asset { site { id } channels { nodes { id } } }" * 60 + "} } }",
        "under one name",
    ),
    "fragments in every order": (
        "{ sites { nodes {" + repeated(" ...F{0}", 150) + "} } }" + repeated("fragment F{0} on Site {{ id }}", 150),
        "under one name",
    ),
    "operations times fragments": (
        repeated("query Q{0}($v: ID!) {{ ...F }}", 60)
        + "fragment F on Query { nodes(ids: ["
        + "$v " * 400
        + "]) { id } }",
        "for all operations together",
    ),
    "a fragment cycle": ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "within itself"),
}
