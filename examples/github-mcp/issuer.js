/**
 * The issuer: people log in at GitHub, and the MCP server, and no one else, is handed their token. Its settings are those of a
 * Worker's `wrangler.toml`; its ring and its key for registrations it makes at the first start.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from 'bulla'
import { createRing, writeRing } from 'bulla/keys'

const {
  PORT = '8787',
  RESOURCE = 'http://localhost:8788/mcp',
  CLIENT_ID, // of your app at GitHub. Without it people log in at the stand-in
  CLIENT_SECRET,
  STAND_IN = 'http://localhost:8789',
} = process.env

/** Reads a secret that lies in this folder, and is made where it does not. */
function secretIn(file, make) {
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600, flag: 'wx' })
  return readFileSync(file, 'utf8').trim()
}

const standIn = {
  client_id: 'stand-in',
  authorization_endpoint: `${STAND_IN}/login/oauth/authorize`,
  token_endpoint: `${STAND_IN}/login/oauth/access_token`,
  userinfo_endpoint: `${STAND_IN}/api/user`,
  emails_endpoint: `${STAND_IN}/api/user/emails`,
  revocation_endpoint: `${STAND_IN}/api/applications/{client_id}/token`,
}

const settings = readBindings({
  ISSUER: `http://localhost:${PORT}`,
  KEY_RING: secretIn('ring.json', () =>
    writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: randomBytes(32) })),
  ),
  REGISTRATION_KEYS: secretIn('registration.keys', () => randomBytes(32).toString('base64url')),
  LOGIN: { github: { provider: 'github', ...(CLIENT_ID ? { client_id: CLIENT_ID } : standIn) } },
  LOGIN_CLIENT_SECRET_GITHUB: CLIENT_ID ? CLIENT_SECRET : 'stand-in-secret',
  RESOURCES: {
    [RESOURCE]: {
      scopes: ['repositories:read'],
      resource_name: 'Your repositories, for agents',
      scope_descriptions: { 'repositories:read': 'See the list of your repositories' },
      provider_token: 'github',
      provider_scope: 'repo',
    },
  },
  CLIENTS: {
    'github-mcp': {
      kind: 'resource_server',
      secret_hash: 'sha256:wt08YcX2bFfhpbXP6ANE7WT-1WlifPGGGJCMSltNjN0', // of github-mcp-secret
      resources: [RESOURCE],
    },
  },
  REGISTRATION: { resources: [RESOURCE], scopes: ['repositories:read'] },
})

const issuer = createIssuer({
  ...settings,
  guard: createMemoryGuard(),
  revocations: createMemoryRevocations(crypto.randomUUID()),
})
const options = { hostname: 'localhost', port: Number(PORT), serverOptions: { maxHeaderSize: 32_768 } }
serve({ fetch: issuer.fetch, ...options }, () => console.log(`The issuer is at http://localhost:${PORT}.`))
