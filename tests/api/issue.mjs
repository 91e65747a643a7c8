// Runs npm's oidc-provider, an OpenID Connect issuer that nobody here wrote: node issue.mjs CLIENT SECRET AUDIENCE.
// Prints its address. Every line of its input names an algorithm: it then signs with a new key for that, and with no
// other, and prints the line. NODE_CLIENTS names the node_modules with the package.
import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

console.info = console.warn; // what the package has to say is not for whoever reads the output
const require = createRequire(`${process.env.NODE_CLIENTS}/`);
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
const [client, secret, audience] = process.argv.slice(2);

let handle;
const server = createServer((request, response) => handle(request, response));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

function freshKey(algorithm) {
    const { privateKey } =
        algorithm === "ES256"
            ? generateKeyPairSync("ec", { namedCurve: "P-256" })
            : generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = privateKey.export({ format: "jwk" });
    const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("base64url").slice(0, 16);
    return { ...jwk, kid, alg: algorithm, use: "sig" };
}

function issueWith(algorithm) {
    const provider = new Provider(issuer, {
        clients: [
            {
                client_id: client,
                client_secret: secret,
                grant_types: ["client_credentials"],
                redirect_uris: [],
                response_types: [],
                id_token_signed_response_alg: algorithm,
            },
        ],
        features: {
            clientCredentials: { enabled: true },
            devInteractions: { enabled: false },
            resourceIndicators: {
                enabled: true,
                defaultResource: () => "urn:twin",
                getResourceServerInfo: () => ({
                    scope: "",
                    audience,
                    accessTokenTTL: 600,
                    accessTokenFormat: "jwt",
                    jwt: { sign: { alg: algorithm } },
                }),
            },
        },
        jwks: { keys: [freshKey(algorithm)] },
    });
    handle = provider.callback();
}

issueWith("RS256");
console.log(issuer);
for await (const algorithm of createInterface({ input: process.stdin })) {
    issueWith(algorithm);
    console.log(algorithm);
}
server.close();
server.closeAllConnections();
