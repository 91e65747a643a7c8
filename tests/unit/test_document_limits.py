"""Documents made to keep a server busy are refused for what they are, and those of client tools are not."""

import asyncio
from pathlib import Path

import pytest
from graphql import get_introspection_query, parse, validate

from tests.document_attacks import ATTACKS, repeated
from twinql.api import make_schema
from twinql.api.documents import Documents, InvalidDocumentError
from twinql.api.limits import Limits, check
from twinql.api.source import IndexedSource

SCHEMA = make_schema()._schema
DOCUMENTS = Documents(SCHEMA, Limits(), suggest=True)
EXAMPLES = Path(__file__).parents[2] / "twinql" / "app" / "examples.graphql"
INTROSPECTION = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused(name: str) -> None:
    document, said = ATTACKS[name]
    with pytest.raises(InvalidDocumentError) as refused:
        asyncio.run(DOCUMENTS.read(document))
    error = refused.value.errors[0]
    assert said in error.message or isinstance(error.original_error, RecursionError)


@pytest.mark.parametrize("document", [INTROSPECTION, EXAMPLES.read_text()], ids=["introspection", "examples"])
def test_what_client_tools_send_is_far_within_all_limits(document: str) -> None:
    limits = Limits()
    for _, extent in check(parse(document), limits):
        assert extent.depth <= limits.depth * 0.75
        assert extent.selections <= limits.selections / 10
        assert extent.aliases <= limits.aliases / 10
        assert extent.roots <= limits.root_fields / 2
    assert DOCUMENTS.parse(document).parsed


def test_fragments_are_measured_where_they_are_spread() -> None:
    document = parse("{ a { ...F } ...G } fragment F on T { b: c @d { e } } fragment G on Query { f g }")
    ((_, extent),) = check(document, Limits())
    assert (extent.selections, extent.roots, extent.aliases, extent.directives, extent.depth) == (7, 3, 1, 1, 3)


def test_what_is_said_about_a_bad_document_is_bounded() -> None:
    same = "{ viewer {" + repeated(" a{0}: role", 100) + "} viewer {" + repeated(" a{0}: subject", 100) + "} }"
    assert len(validate(SCHEMA, parse(same))[0].message) > 5_000
    with pytest.raises(InvalidDocumentError) as refused:
        DOCUMENTS.parse(same)
    (error,) = refused.value.errors
    assert len(error.message) == 501
    assert len(error.locations or ()) == 4


def test_every_token_of_a_document_is_found_at_its_line_and_column() -> None:
    text = "{\r\na\r b\n\n  c }"
    document, indexed = parse(text), IndexedSource(text)
    assert document.loc is not None
    token = document.loc.start_token.next
    while token is not None and token.next is not None:
        assert indexed.get_location(token.start) == (token.line, token.column)
        token = token.next


async def test_a_document_is_parsed_once_and_the_oldest_are_let_go() -> None:
    documents = Documents(SCHEMA, Limits(), suggest=True)
    first = await documents.read("{ viewer { role } }")
    assert await documents.read("{ viewer { role } }") is first
    long = await documents.read("{ viewer { role } }" + " " * 50_000)
    assert long is not first
    for number in range(100):
        await documents.read("{ viewer { role } }" + " " * (50_000 + number))
    assert await documents.read("{ viewer { role } }") is not first
