"""The text of `schema.graphql`: the schema as the code has it, under what linters need to know."""

from strawberry import Schema

LINTING = """\
# Linters of schemas read these lines; docs/schema-rules.md says why a rule is turned down.
# lint-disable type-fields-sorted-alphabetically, interface-fields-sorted-alphabetically
# lint-disable enum-values-sorted-alphabetically, input-object-fields-sorted-alphabetically
# eslint @graphql-eslint/alphabetize: ["off", {"definitions": true}]
# eslint @graphql-eslint/relay-edge-types: ["error", {"listTypeCanWrapOnlyEdgeType": false}]
# eslint @graphql-eslint/strict-id-in-types: "off"
# eslint @graphql-eslint/no-root-type: ["off", {"disallow": ["subscription"]}]
# eslint @graphql-eslint/require-nullable-result-in-root: "off"
# eslint @graphql-eslint/require-field-of-type-query-in-mutation-result: "off"
"""


def sdl_of(schema: Schema) -> str:
    """Print a schema as `schema.graphql` holds it."""
    return f"{LINTING}\n{schema.as_str().rstrip()}\n"
