/**
 * What opens on the operator's desk what a client is told of who logged in: an ID token, or a token for the issuer's own resource;
 * and says of each claim where it came from.
 *
 * @module
 */

import { createKeyring } from '../../keys/index.ts'
import { USERINFO_CLAIM } from '../grants/login_facts.ts'
import { TokenError } from '../jose/error.ts'
import { keysByName, readVerificationKeys, type VerificationKeys } from '../jose/jwks.ts'
import { verifyClaims } from '../jose/signed.ts'
import { CLAIMS_OF_SCOPES, ID_TOKEN_TYP, type Openid, userinfoOf } from '../openid/openid.ts'
import { readOpenid } from '../openid/openid_registration.ts'
import { MOST_TOLERANT } from '../token/claims.ts'
import { openDirect } from '../token/direct.ts'
import { describeEntitlement } from '../token/introspection.ts'
import { type Io, Refusal, UsageError, type Values } from './command.ts'
import { readRingText, readText, ringTextOf } from './ring_file.ts'
import { readSettings } from './settings_file.ts'

/** What a client is told, and of each claim where it came from. */
export interface OpenedLogin {
  readonly claims: Readonly<Record<string, unknown>>
  readonly origins: Readonly<Record<string, string>>
}

/** Where the claims of the protocol come from. */
const ORIGINS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['iss', 'aud', 'client_id', 'iat', 'exp', 'jti', 'token_type'].map((name) => [name, 'the issuer']),
  ),
  ...Object.fromEntries(['sub', 'auth_time', 'acr', 'amr'].map((name) => [name, 'the login'])),
  scope: 'what the person agreed to, as far as it was asked for',
  gid: 'the approval',
  sid: 'the session, as this client calls it',
  nonce: 'the authorization request',
  at_hash: 'the access token that was given with it',
  cnf: 'the key that the client proved',
}

/** Returns the scopes that ask for a claim: of the standard, and of the settings where these are there. */
function scopesOf(name: string, openid: Openid | undefined): readonly string[] {
  const all = openid === undefined ? Object.entries(CLAIMS_OF_SCOPES) : [...openid.scopes]
  return all.filter(([, claims]) => claims.includes(name)).map(([scope]) => scope)
}

/**
 * Returns where a claim came from.
 *
 * @param granted the scope of the token; nothing where the token does not tell
 */
function originOf(name: string, openid: Openid | undefined, granted: readonly string[] | undefined): string {
  const own = ORIGINS[name]
  if (own !== undefined) return own
  const asking = scopesOf(name, openid).filter((scope) => granted?.includes(scope) ?? true)
  const byName = 'the parameter claims'
  if (granted !== undefined) return `the login; asked for by ${asking.length > 0 ? `the scope ${asking[0]}` : byName}`
  return `the login; asked for by ${[...asking.map((scope) => `the scope ${scope}`), byName].join(', or ')}`
}

/** Tells whether a text is a signed token. */
export function isSigned(token: string): boolean {
  return token.split('.').length === 3
}

/** Tells whether a call is about what a client is told of who logged in: the issuer's own resource is named, or none for an ID token. */
export function isAboutLogin(values: Values, token: string): boolean {
  const resource = values.text('resource')
  return resource === undefined ? isSigned(token) : resource === userinfoOf(values.need('issuer'))
}

/**
 * Opens an ID token, or a token for the issuer's own resource.
 *
 * @throws {TokenError} when it is none, or is over
 */
export async function openLogin(values: Values, token: string, io: Io): Promise<OpenedLogin> {
  const [issuer, file] = [values.need('issuer'), values.need('keys')]
  if (file === '-') throw new UsageError('--keys expected a file: stdin is for the token')
  const text = await readText(file, io)
  const settings = await readSettings(values)
  const openid = settings?.vars.ISSUER === issuer ? readOpenid('OPENID', settings.vars['OPENID']) : undefined
  const ring = ringTextOf(text) === undefined ? undefined : createKeyring(readRingText(text).ring, issuer)
  const told = (claims: OpenedLogin['claims'], granted?: readonly string[]): OpenedLogin => ({
    claims,
    origins: Object.fromEntries(Object.keys(claims).map((name) => [name, originOf(name, openid, granted)])),
  })
  if (values.text('resource') === undefined) {
    const jwks = values.text('jwks')
    const keys: VerificationKeys | undefined =
      jwks === undefined
        ? ring && keysByName((kid) => ring.signingKeys.named(kid, io.now))
        : readVerificationKeys(JSON.parse(await readText(jwks, io)))
    if (keys === undefined) throw new UsageError('--keys expected a ring, or --jwks the JWK Set of the issuer')
    const { claims } = await verifyClaims(token, ID_TOKEN_TYP, keys)
    if (claims['iss'] !== issuer) throw new TokenError('issuer')
    if (!(Number(claims['exp']) > io.now)) throw new TokenError('expired')
    return told(claims)
  }
  if (ring === undefined) throw new Refusal('--keys expected a ring: the issuer alone has the keys of its own resource')
  const times = { now: io.now, clockTolerance: MOST_TOLERANT, overdue: 0, longestLife: 86_400 }
  const leaves = ring.leavesFor('userinfo', '', 'A256GCM', 86_400)
  const expected = { issuer, resource: userinfoOf(issuer), ...times, anonymous: false }
  const { entitlement } = await openDirect(token, leaves, expected)
  const {
    [USERINFO_CLAIM]: person,
    active: _,
    ...facts
  } = describeEntitlement(entitlement, issuer) as Record<string, unknown>
  return told({ ...facts, ...(person as object) }, entitlement.scope)
}
