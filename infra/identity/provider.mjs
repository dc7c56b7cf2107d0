// The OpenID provider of the embedded stack and of the tests: the certified oidc-provider with one client, a list of
// staff, and a login page that asks for no password. Never for production.
//
// node provider.mjs CONFIGURATION: a JSON file { port, issuer, staff, keys, client: { id, secret, base_url } };
// `staff` and `keys` are paths, the keys are made on first use.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import Provider from 'oidc-provider';

import { errorPage, loginPage, logoutPage, signedOutPage, stylesheet } from './pages.mjs';

const TWO_FACTORS = { acr: 'urn:seloste:mfa', amr: ['pwd', 'otp'] };
const PASSWORD_ONLY = { acr: 'urn:seloste:password', amr: ['pwd'] };
const HOUR = 3600;

const configuration = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const staff = JSON.parse(readFileSync(configuration.staff, 'utf8'));
const keys = keptKeys(configuration.keys);

function keptKeys(file) {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signing = { ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' };
    const made = { jwks: { keys: [signing] }, cookies: [randomBytes(32).toString('hex')] };
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

function office({ id, secret, base_url: base }) {
  return {
    client_id: id,
    client_secret: secret,
    client_name: 'Seloste',
    redirect_uris: [`${base}/office/login/callback`],
    post_logout_redirect_uris: [`${base}/office`],
    backchannel_logout_uri: `${base}/office/login/backchannel-logout`,
    backchannel_logout_session_required: true,
    response_types: ['code'],
    grant_types: ['authorization_code'],
  };
}

function findAccount(_, sub) {
  const person = staff.find((one) => one.sub === sub);
  return person && {
    accountId: sub,
    claims: () => ({ sub, email: person.email, email_verified: true, name: person.name, groups: person.groups ?? [] }),
  };
}

// Nobody is asked for consent: the one client is the group's own office.
async function loadExistingGrant({ oidc: { client, session, provider } }) {
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid email profile');
  await grant.save();
  return grant;
}

const provider = new Provider(configuration.issuer, {
  clients: [office(configuration.client)],
  jwks: keys.jwks,
  cookies: { keys: keys.cookies },
  acrValues: [TWO_FACTORS.acr, PASSWORD_ONLY.acr],
  claims: { openid: ['sub', 'acr', 'amr', 'sid', 'auth_time', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
  conformIdTokenClaims: false, // the ID token carries the name and the address, as most providers of employers do
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: logoutPage, postLogoutSuccessSource: signedOutPage },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: HOUR, AuthorizationCode: 60, Grant: 8 * HOUR, IdToken: HOUR, Interaction: HOUR, Session: 8 * HOUR },
  responseTypes: ['code'],
  findAccount,
  loadExistingGrant,
  // The office is on loopback, which the library's own dispatcher refuses to call.
  fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
  renderError: errorPage,
});

async function showAccounts(ctx) {
  const { uid } = await provider.interactionDetails(ctx.req, ctx.res);
  loginPage(ctx, uid, staff);
}

async function signIn(ctx) {
  const chosen = new URLSearchParams(await text(ctx.req)).get('sub');
  const person = staff.find((one) => one.sub === chosen);
  const result = person
    ? { login: { accountId: person.sub, ...(person.second_factor ? TWO_FACTORS : PASSWORD_ONLY) } }
    : { error: 'access_denied', error_description: 'Nobody was chosen.' };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
}

provider.use(async (ctx, next) => {
  if (ctx.path === '/provider.css') return stylesheet(ctx);
  if (!ctx.path.startsWith('/interaction/')) return next();
  return ctx.method === 'POST' ? signIn(ctx) : showAccounts(ctx);
});

// Names of events and errors only: what is signed in with is no business of a log.
provider.on('server_error', (_, error) => console.error('server_error', error.name, error.message));
provider.on('backchannel.error', (_, error) => console.error('backchannel.error', error.name, error.message));

const server = provider.listen(configuration.port, '127.0.0.1');
process.on('SIGTERM', () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
