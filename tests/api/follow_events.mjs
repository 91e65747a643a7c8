// Follows a subscription over Server-Sent Events: node follow_events.mjs CLIENT ADDRESS DOCUMENT VARIABLES COUNT WHO.
// CLIENT is graphql-sse or @urql/core. Asks `{ viewer { role } }` first, then prints one line of JSON for each answer,
// and ends after COUNT of them. NODE_CLIENTS names the node_modules with the clients.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_CLIENTS}/`);
const [name, url, query, variables, count, who] = process.argv.slice(2);
const headers = JSON.parse(who);
const asked = ["{ viewer { role } }", {}];
const followed = [query, JSON.parse(variables)];

let left = Number(count);
function say({ data, errors, error }) {
    console.log(JSON.stringify(error || errors ? { errors: errors ?? error.graphQLErrors } : { data }));
    if (--left === 0) process.exit();
}

if (name === "graphql-sse") {
    const client = require(name).createClient({ url, headers, retryAttempts: 0 });
    for (const [query, variables] of [asked, followed]) {
        for await (const event of client.iterate({ query, variables })) say(event);
    }
} else {
    const { Client, fetchExchange } = require(name);
    const fetchOptions = { headers };
    const client = new Client({ url, exchanges: [fetchExchange], fetchOptions, fetchSubscriptions: true });
    say(await client.query(...asked).toPromise());
    client.subscription(...followed).subscribe(say);
}
