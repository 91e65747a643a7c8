// Follows a subscription with npm's graphql-ws: node follow.mjs ADDRESS DOCUMENT VARIABLES COUNT WHO.
// Prints one line of JSON an event, and ends after COUNT of them. NODE_CLIENTS names the node_modules with the client.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_CLIENTS}/`);
const { createClient } = require("graphql-ws");
const [url, query, variables, count, who] = process.argv.slice(2);
const client = createClient({ url, webSocketImpl: require("ws"), retryAttempts: 0, connectionParams: JSON.parse(who) });

let left = Number(count);
for await (const event of client.iterate({ query, variables: JSON.parse(variables) })) {
    console.log(JSON.stringify(event));
    if (--left === 0) break;
}
await client.dispose();
