/**
 * What the tests show of other people's clients: said at the place where it is asserted, and read from there by
 * `npm run reference`, which writes `docs/reference/clients.md`. Nothing stands on that page that no test says here.
 *
 * @module
 */

/** What a client can be shown to do, and what the page says that it is. */
export const WORKS = {
  code: 'gets a token by the authorization code, with PKCE (S256)',
  refresh: 'renews it by its refresh token',
  'client credentials': 'gets a token for itself',
  pushed: 'pushes its request (RFC 9126)',
  details: 'asks in detail, by `authorization_details` (RFC 9396)',
  DPoP: 'binds its tokens to a key, and brings back nonces (RFC 9449)',
  private_key_jwt: 'proves itself by a key (RFC 7523)',
  'FAPI 2.0': 'keeps to that profile: pushed, by key and DPoP',
  JARM: 'takes signed answers, in a query and in a form',
  devices: 'gets a token where nobody can type (RFC 8628)',
  exchange: 'exchanges a JWT of a trusted issuer (RFC 8693)',
  'JWT bearer': 'gets a token for a JWT of a trusted issuer (RFC 7523)',
  revokes: 'takes its token back (RFC 7009)',
  login: 'OpenID Connect: knows who logged in',
  'with PKCE': 'sends a code challenge at a login; one that does not needs `pkce = "optional"`',
  logout: 'logs out here and at the issuer, and comes back',
  'hears of logouts': 'back-channel logout',
  registers: 'walks in by registering, without a secret (RFC 7591)',
  'registers with a secret': 'the same, by Basic and by the body',
  document: 'walks in by the URL of a document that tells about it',
  'anew by itself': 'registers again where its id is not known any more',
  enterprise: 'enterprise-managed authorization: by an assertion of the provider of an enterprise (ID-JAG)',
} as const

/** What a client can be shown to do. */
export type Work = keyof typeof WORKS

/** Where the version of a client that the tests drive is written. */
interface Origin {
  /** Whether people connect to MCP servers by it. */
  readonly mcp?: true
  /** What people know it by, where that is not its package. */
  readonly title?: string
  /** A package of npm, of which `package-lock.json` says the version; a line of `requirements.txt`; or a package of Debian. */
  readonly from: 'npm' | 'PyPI' | 'Debian'
}

/** Other people's clients that tests drive, unmodified, by the names of their packages. */
export const CLIENTS = {
  'openid-client': { from: 'npm' },
  oauth4webapi: { from: 'npm' },
  'next-auth': { from: 'npm', title: 'next-auth (Auth.js)' },
  '@auth/core': { from: 'npm', title: '@auth/core (Auth.js)' },
  'better-auth': { from: 'npm' },
  arctic: { from: 'npm' },
  '@hono/oidc-auth': { from: 'npm' },
  'express-openid-connect': { from: 'npm' },
  'passport-openidconnect': { from: 'npm' },
  'oidc-client-ts': { from: 'npm', title: 'oidc-client-ts, in Chromium' },
  'angular-oauth2-oidc': { from: 'npm', title: 'angular-oauth2-oidc, in Chromium' },
  'python3-authlib': { from: 'Debian', title: 'Authlib' },
  'python3-requests-oauthlib': { from: 'Debian', title: 'requests-oauthlib' },
  'libapache2-mod-auth-openidc': { from: 'Debian', title: 'mod_auth_openidc (Apache)' },
  '@modelcontextprotocol/sdk': { from: 'npm', mcp: true },
  '@modelcontextprotocol/client': { from: 'npm', mcp: true },
  '@ai-sdk/mcp': { from: 'npm', mcp: true },
  'mcp-remote': { from: 'npm', mcp: true },
  '@modelcontextprotocol/inspector': { from: 'npm', mcp: true },
  mcporter: { from: 'npm', mcp: true },
  mcp: { from: 'PyPI', mcp: true },
  fastmcp: { from: 'PyPI', mcp: true },
} as const satisfies Readonly<Record<string, Origin>>

/** A client of others. */
export type ClientName = keyof typeof CLIENTS

/**
 * Says what a test shows, where it has been asserted. Names and works are written out, for they are read from the text.
 *
 * @returns the clients, for a test over a list of them to be held against that list
 */
export function shows(clients: ClientName | readonly ClientName[], ..._works: readonly Work[]): readonly ClientName[] {
  return typeof clients === 'string' ? [clients] : clients
}
