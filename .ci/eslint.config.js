// For .ci/lint: every set of graphql-eslint's rules for a schema, and its recommended ones for operations.
import graphql from "@graphql-eslint/eslint-plugin";

const sets = (...names) => Object.assign({}, ...names.map((name) => graphql.configs[`flat/${name}`].rules));
const graphQLConfig = { schema: "./schema.graphql", documents: "./operations/*.graphql" };
const common = { languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig } }, plugins: { "@graphql-eslint": graphql } };

export default [
  { files: ["schema.graphql"], ...common, rules: sets("schema-recommended", "schema-relay", "schema-all") },
  { files: ["operations/*.graphql"], ...common, rules: sets("operations-recommended") },
];
