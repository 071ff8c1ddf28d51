/**
 * An enterprise's provider that says which of its people may be served by which client: the one who signs ID-JAGs.
 *
 * @module
 */

import type { IssuerSettings } from '../../src/index.ts'
import { basic, ISSUER, NOW, secretHash } from '../house.ts'
import { CI_KEY, type ClaimChanges, JWT_BEARER, jobToken, type Signing } from './trusted.ts'

/** The provider, which the settings call `idp`. */
export const IDP = 'https://acme.idp.example'

/** Two resources, and a third that no rule knows. */
export const A = 'https://a.example/mcp'
export const B = 'https://b.example/mcp'
export const C = 'https://c.example/mcp'

const client = (id: string) => ({
  secret_hash: secretHash(`${id}-secret`),
  grant_types: [JWT_BEARER],
  resources: [A, B, C],
  scopes: ['read', 'write', 'admin'],
})

const { d: _, ...publicKey } = CI_KEY

/** The provider in the settings: two clients and two resources in one rule. */
export const PROVIDER = {
  issuer: IDP,
  profile: 'id-jag',
  algorithms: ['ES256'],
  jwks: { keys: [publicKey] },
  allow: [{ subjects: ['*'], clients: ['one', 'two'], resources: [A, B], scopes: ['read', 'write'] }],
} as const

/** The settings of an issuer that trusts it. */
export const ENTERPRISE = {
  resources: Object.fromEntries([A, B, C].map((uri) => [uri, { scopes: ['read', 'write', 'admin'] }])),
  clients: { one: client('one'), two: client('two') },
  trustedIssuers: { idp: PROVIDER },
} satisfies Partial<IssuerSettings>

/** Signs an ID-JAG for client `one`, resource `A` and scope `read`, right unless it is changed. */
export function idJag(changes: ClaimChanges = {}, { header, ...signing }: Signing = {}, now = NOW): Promise<string> {
  const claims = {
    ...{ iss: IDP, sub: '00u1alice', client_id: 'one', resource: A, scope: 'read' },
    ...{ nbf: undefined, repository_owner: undefined },
  }
  const typed = { header: { typ: 'oauth-id-jag+jwt', ...header }, ...signing }
  return jobToken(ISSUER, now, { ...claims, ...changes }, typed)
}

/** Returns the token request by which a client brings an ID-JAG; a parameter without a value is left out. */
export function bring(
  assertion: string,
  form: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  by = 'one',
  headers: Readonly<Record<string, string>> = {},
): Request {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries({ grant_type: JWT_BEARER, assertion, ...form }))
    for (const one of value === undefined ? [] : [value].flat()) body.append(name, String(one))
  const sent = { 'content-type': 'application/x-www-form-urlencoded', authorization: basic(by, `${by}-secret`) }
  return new Request(`${ISSUER}/token`, { method: 'POST', headers: { ...sent, ...headers }, body: body.toString() })
}
