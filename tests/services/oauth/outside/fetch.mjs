// An OAuth client that nobody here wrote fetches a token and uses it: discovery, private_key_jwt, DPoP with a nonce.
// Given as JSON on the standard input: issuer, resource, at (where the server listens), client_id, jwk, kid, scope.

import * as client from "openid-client";

const given = JSON.parse(await new Response(process.stdin).text());
const origin = new URL(given.issuer).origin;
const seen = [];

// Only the way to the server is changed: it is named as its users name it, and listens on this machine.
async function through(url, options) {
  const answer = await fetch(String(url).replace(origin, given.at), options);
  seen.push([options.method, new URL(url).pathname, answer.status]);
  return answer;
}

const key = await crypto.subtle.importKey("jwk", given.jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const config = await client.discovery(
  new URL(given.issuer),
  given.client_id,
  undefined,
  client.PrivateKeyJwt({ key, kid: given.kid }),
  { algorithm: "oauth2", [client.customFetch]: through },
);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const token = await client.clientCredentialsGrant(config, { scope: given.scope }, { DPoP });
const answer = await client.fetchProtectedResource(
  config, token.access_token, new URL(given.resource), "GET", undefined, undefined, { DPoP },
);
const told = await client.tokenIntrospection(config, token.access_token);
// The same, signed (RFC 9701), and the signature checked with what the server publishes.
const signing = await client.discovery(
  new URL(given.issuer),
  given.client_id,
  { introspection_signed_response_alg: "Ed25519" },
  client.PrivateKeyJwt({ key, kid: given.kid }),
  { algorithm: "oauth2", [client.customFetch]: through, execute: [client.enableNonRepudiationChecks] },
);
const signed = await client.tokenIntrospection(signing, token.access_token);
await client.tokenRevocation(config, token.access_token);
let after = 200;
try {
  await client.fetchProtectedResource(
    config, token.access_token, new URL(given.resource), "GET", undefined, undefined, { DPoP },
  );
} catch (error) {
  after = error.status;
}
const { token_type, scope } = token;
console.log(JSON.stringify({ token_type, scope, open: await answer.json(), active: told.active, signed: signed.active, after, seen }));
