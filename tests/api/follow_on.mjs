// Follows with the `follow` of docs/clients.md: node follow_on.mjs FOLLOW.JS ADDRESS DOCUMENT VARIABLES.
// Speaks in lines of JSON: "token" where it wants one, on its standard input, and what every event tells.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [program, url, query, variables] = process.argv.slice(2);
const require = createRequire(program);
const { createClient } = require("graphql-ws");
const { follow } = require(program);
const say = (what) => console.log(JSON.stringify(what));
const tokens = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const client = createClient({
    url,
    webSocketImpl: require("ws"),
    retryAttempts: 0,
    async connectionParams() {
        say("token");
        return { Authorization: `Bearer ${(await tokens.next()).value}` };
    },
});
await follow(client, query, JSON.parse(variables), new AbortController().signal, ({ readingsRecorded }) => {
    say(readingsRecorded);
    return readingsRecorded.cursor;
}).catch((problem) => say({ code: problem.code ?? problem[0].extensions.code }));
process.exit();
