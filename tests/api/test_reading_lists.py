"""Lists of the graph, asked for in ways that people find."""


async def test_a_list_that_is_asked_for_twice_is_answered_twice(asker):
    both = await asker.ask("{ one: sites { nodes { id name } } other: sites { nodes { id name } } }")
    assert both["one"] == both["other"]
    assert len(both["one"]["nodes"]) == 1


async def test_one_list_of_a_parent_that_appears_twice_is_answered_twice(asker):
    document = (
        "{ one: meters { nodes { site { meters { nodes { name } } } site2: site { meters { nodes { name } } } } } }"
    )
    (meter,) = (await asker.ask(document))["one"]["nodes"]
    assert meter["site"] == meter["site2"]
    assert meter["site"]["meters"]["nodes"] == [{"name": "Main meter"}]
