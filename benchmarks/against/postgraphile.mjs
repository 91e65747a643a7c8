// PostGraphile 5 over TwinQL's own tables, as its documentation has it for production: grafserv on Node's http, prepared
// statements, documents and plans kept, answers written as text. Run: node postgraphile.mjs DATABASE CLAIMS [TOOLS]
// With claims, each request takes the role and the claims by pgSettings; with none, everything is the login's.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [, , connectionString, claims, tools] = process.argv;
const require = createRequire(`${tools}/`);
const { postgraphile } = require("postgraphile");
const { PostGraphileAmberPreset } = require("postgraphile/presets/amber");
const { makePgService } = require("postgraphile/adaptors/pg");
const { grafserv } = require("postgraphile/grafserv/node");
const { jsonPgSmartTags } = require("postgraphile/utils");

const POOL_SIZE = 8;
const pgSettings = claims && {
  role: "authenticated",
  "request.jwt.claims": claims,
  "twinql.organisation": "",
  statement_timeout: "15000",
  idle_in_transaction_session_timeout: "60000",
  TimeZone: "UTC",
};

const preset = {
  extends: [PostGraphileAmberPreset],
  // It hides relations whose index does not begin with all of their columns: these begin with the asset or the channel.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  plugins: [
    jsonPgSmartTags({
      version: 1,
      config: {
        // No foreign key holds a table of so many readings, a trigger does; and the number is unique by an index.
        class: {
          "public.channels": { tags: { unique: "number" } },
          "public.readings": { tags: { foreignKey: "(channel_number) references public.channels (number)" } },
        },
      },
    }),
  ],
  pgServices: [makePgService({ connectionString, schemas: ["public"], pubsub: false, poolConfig: { min: POOL_SIZE, max: POOL_SIZE } })],
  grafserv: { graphiql: false, websockets: false, watch: false, outputDataAsString: true, maxRequestLength: 1e6 },
  grafast: { explain: false, context: () => (pgSettings ? { pgSettings } : {}) },
};

const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const pgl = postgraphile(preset);
if (process.env.BENCH_SCHEMA) {
  const { printSchema } = require("postgraphile/graphql");
  console.log(printSchema(await pgl.getSchema()));
  process.exit(0);
}
await pgl.createServ(grafserv).addTo(server);
await pgl.getSchema();
server.listen(0, "127.0.0.1", () => console.log(`ready on ${server.address().port}`));
