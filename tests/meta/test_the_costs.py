"""Everything that the graph can be asked for has a known cost."""

from graphql import GraphQLInterfaceType, GraphQLList, GraphQLObjectType, get_nullable_type, is_composite_type

from twinql.api import make_schema
from twinql.api.engine import core_of
from twinql.api.sizes import LISTS, OWN, USUAL_PAGES
from twinql.api.weights import Shape, weights_of

SCHEMA = core_of(make_schema())
WEIGHTS = weights_of(SCHEMA)
FIELDS = {
    f"{type_.name}.{name}": field
    for type_ in SCHEMA.type_map.values()
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    for name, field in type_.fields.items()
}


def test_every_list_of_objects_says_how_many_it_may_hold() -> None:
    sized = {Shape.LIST, Shape.PAGE, Shape.IDS, Shape.PER_ROW}
    lists = {}
    for place, field in FIELDS.items():
        kind = get_nullable_type(field.type)
        type_, name = place.split(".")
        if isinstance(kind, GraphQLList) and is_composite_type(get_nullable_type(kind.of_type)):
            lists[place] = WEIGHTS[type_][name].shape
    assert len(lists) > 50
    assert {place for place, shape in lists.items() if shape not in sized} == {
        place for place in lists if place.endswith(".userErrors")
    }
    unsaid = {place for place, shape in lists.items() if shape is Shape.LIST} - LISTS.keys()
    assert unsaid == set(), "say in LISTS of twinql/api/sizes.py how many objects they hold"


def test_every_page_is_multiplied_by_its_length() -> None:
    pages = [place for place, field in FIELDS.items() if "first" in field.args]
    assert len(pages) > 20
    assert {WEIGHTS[type_][name].shape for type_, name in (each.split(".") for each in pages)} == {Shape.PAGE}


def test_only_fields_that_are_there_have_a_weight_of_their_own() -> None:
    assert {*LISTS, *OWN, *USUAL_PAGES} - FIELDS.keys() == set()
