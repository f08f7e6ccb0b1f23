// A real authorization server (npm oidc-provider) for the tests, on a loopback port that the system picks.
//
// It says {"issuer": "…"} on standard output once it answers. What it does as a server is the package's own doing; here it
// is only set up, watched and, below /harness, given a clock to turn and a gate before its token endpoint.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

// The package warns of what is right only for tests, some of it on loading.
console.warn = console.info = () => {};
const { Provider } = await import('oidc-provider');

const systemNow = Date.now;
let ahead = 0;
Date.now = () => systemNow() + ahead;

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'postern',
    client_secret: process.env.CLIENT_SECRET,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [process.env.REDIRECT_URI],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }, {
    client_id: 'machine',
    client_secret: process.env.CLIENT_SECRET,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }],
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@peer.example`, email_verified: true, name: id }),
  }),
  rotateRefreshToken: true,
  issueRefreshToken: (_, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 86400, IdToken: 600, Interaction: 600, RefreshToken: 86400, Session: 86400,
  },
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true } },
  // The default of 15 seconds would let a token live on after its time.
  clockTolerance: 0,
  cookies: { keys: ['only for tests'] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig' }] },
});

const seen = { token: [], revoked: [], grantsRevoked: 0, errors: [] };
provider.on('grant.revoked', () => { seen.grantsRevoked += 1; });
provider.on('server_error', (_, error) => { seen.errors.push(error.message); });

const gate = { closed: false, waiting: [], watchers: [] };
const passGate = () => new Promise((pass) => {
  if (!gate.closed) { pass(); return; }
  gate.waiting.push(pass);
  for (const watcher of gate.watchers.splice(0)) watcher();
});
const somebodyWaits = () => new Promise((tell) => {
  if (gate.waiting.length) tell(); else gate.watchers.push(tell);
});

// Notes what passes through the token and revocation endpoints.
provider.use(async (ctx, next) => {
  if (ctx.path === '/token') await passGate();
  await next();
  const asked = ctx.oidc?.params;
  if (ctx.path === '/token') {
    seen.token.push({
      grant: asked?.grant_type,
      status: ctx.status,
      verified: Boolean(asked?.code_verifier),
      presented: asked?.refresh_token,
      issued: ctx.body?.refresh_token,
    });
  }
  if (ctx.path === '/token/revocation') seen.revoked.push({ token: asked?.token, status: ctx.status });
});

const harness = {
  '/harness/seen': () => seen,
  '/harness/advance': (query) => { ahead += 1000 * Number(query.get('seconds')); },
  '/harness/hold': () => { gate.closed = true; },
  '/harness/held': somebodyWaits,
  '/harness/release': () => { gate.closed = false; for (const pass of gate.waiting.splice(0)) pass(); },
};
const answer = provider.callback();
server.on('request', async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (!harness[pathname]) { answer(request, response); return; }
  const told = await harness[pathname](searchParams);
  response.setHeader('content-type', 'application/json').end(JSON.stringify(told ?? {}));
});

console.log(JSON.stringify({ issuer }));
