// An OpenID provider on a free port of loopback: panva's certified oidc-provider, with pages of ours, since those that it brings
// fetch a font from elsewhere. It obeys one line of JSON at a time on stdin, and answers each with one; it ends with stdin.
const http = require("node:http");
const { createInterface } = require("node:readline");
const { randomUUID } = require("node:crypto");
const { pathToFileURL } = require("node:url");
const jose = require("jose");

const say = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

const page = (title, body) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<link rel="icon" href="data:,"></head><body><main><h1>${title}</h1>${body}</main></body></html>`;

const FORM = `<form method="post"><label>Account <input name="login" required></label>
<button name="answer" value="enter">Sign in</button> <button name="answer" value="abort" formnovalidate>Refuse</button></form>`;

const LEAVE = '<button name="logout" form="op.logoutForm" value="yes">Yes, sign me out</button>';

async function main() {
  const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider"))); // NODE_PATH is not asked by import
  const state = { accounts: {}, clients: [], claimsInToken: false, keys: null, stranger: null, forged: null, mute: [], asked: {} };
  let answer = (request, response) => response.writeHead(503).end();

  const server = http.createServer((request, response) => {
    const path = request.url.split("?")[0];
    state.asked[path] = (state.asked[path] ?? 0) + 1;
    if (!state.mute.some((start) => path.startsWith(start))) answer(request, response); // else it never answers
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  // Another site than the console's 127.0.0.1, so that cookies cross sites here as they do in life.
  const issuer = `http://localhost:${server.address().port}`;

  const fresh = async () => (await jose.generateKeyPair("RS256", { extractable: true })).privateKey;
  const own = async (key, kid) => ({ ...(await jose.exportJWK(key)), kid, alg: "RS256", use: "sig" });

  /** Give an ID token that says something else, or is signed otherwise, than the provider's own. */
  async function forge(token) {
    const { claims = {}, without = [], sign = "own" } = state.forged;
    const said = { ...jose.decodeJwt(token), ...claims };
    for (const name of without) delete said[name];
    if (sign === "none") return new jose.UnsecuredJWT(said).encode();
    const { secret, kid } = state.keys;
    if (sign === "secret") return new jose.SignJWT(said).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(state.clients[0].client_secret));
    return new jose.SignJWT(said).setProtectedHeader({ alg: "RS256", kid }).sign(sign === "own" ? secret : state.stranger);
  }

  async function login(provider, request, response) {
    if (request.method === "GET") return response.writeHead(200, { "content-type": "text/html" }).end(page("The provider", FORM));
    let body = "";
    for await (const part of request) body += part;
    const given = new URLSearchParams(body);
    const known = state.accounts[given.get("login")];
    if (given.get("answer") !== "abort" && !known) return response.writeHead(200, { "content-type": "text/html" }).end(page("Unknown", FORM));
    const result = given.get("answer") === "abort" ? { error: "access_denied" } : { login: { accountId: given.get("login") } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  /** Build it anew: with the same people, clients and sessions, and whatever keys there are now. */
  async function open() {
    const provider = new Provider(issuer, {
      clients: state.clients,
      jwks: { keys: [await own(state.keys.secret, state.keys.kid)] },
      cookies: { keys: ["of no secret"] },
      claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email", "email_verified"], groups: ["groups", "realm"] },
      scopes: ["openid", "profile", "email", "groups"],
      conformIdTokenClaims: !state.claimsInToken,
      features: {
        devInteractions: { enabled: false },
        rpInitiatedLogout: {
          async logoutSource(context, form) {
            context.body = page("Sign out?", form + LEAVE);
          },
        },
      },
      pkce: { required: () => true, methods: ["S256"] },
      ttl: { Session: 3600, Grant: 3600, Interaction: 600, AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
      findAccount: (_, id) => state.accounts[id] && { accountId: id, claims: () => ({ sub: id, ...state.accounts[id] }) },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope("openid profile email groups");
        await grant.save();
        return grant;
      },
    });
    provider.use(async (context, next) => {
      await next();
      if (state.forged && context.path === "/token" && context.body?.id_token) context.body.id_token = await forge(context.body.id_token);
    });
    const serve = provider.callback();
    answer = (request, response) => (request.url.startsWith("/interaction/") ? void login(provider, request, response) : serve(request, response));
  }

  const orders = {
    /** Who may come in, by which clients; the rest begins afresh. */
    async open({ accounts, clients, claimsInToken = false }) {
      Object.assign(state, { accounts, clients, claimsInToken, forged: null, mute: [] });
      await open();
    },
    async rotate() {
      state.keys = { secret: await fresh(), kid: randomUUID() };
      await open();
    },
    async forge({ how }) {
      state.forged = how;
    },
    async mute({ paths }) {
      state.mute = paths;
    },
    async asked() {
      return state.asked;
    },
  };

  state.keys = { secret: await fresh(), kid: randomUUID() };
  state.stranger = await fresh();
  say({ issuer });
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    say({ done: (await orders[order.do](order)) ?? null });
  }
  process.exit(0);
}

main();
