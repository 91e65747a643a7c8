"""Who may change what is managed."""

from twinql.domain.identity import User


async def only_an_owner(asker, subtests, noun, created, key):
    """Hold each change of a noun to the role OWNER."""
    for verb in ("create", "update", "archive", "unarchive"):
        given = created if verb == "create" else {"id": key}
        document = (
            f"mutation ($input: {verb.capitalize()}{noun}Input!) "
            f"{{ {verb}{noun}(input: $input) {{ userErrors {{ code }} }} }}"
        )
        for actor in (asker.world.operator, asker.world.viewer, User("https://issuer.test", "stranger")):
            with subtests.test(verb=verb, actor=actor.subject):
                assert (await asker.as_user(actor).refusal(document, input=given))[0] == "FORBIDDEN"
