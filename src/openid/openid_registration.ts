/**
 * What the operator says of what may be told of persons.
 *
 * @module
 */

import { checkFunctions, checkKnown, checkMembers, type Members, readInteger, readTexts } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { SCOPE_TOKEN } from '../protocol/scope.ts'
import { CLAIMS_OF_SCOPES, type Openid, type ProfileHook, STANDARD_SCOPES } from './openid.ts'

/** What the operator says of what may be told of persons. */
export interface OpenidSettings {
  /**
   * The names of the claims that may be told: those of OpenID Connect Core §5.1, or your own, but none of the protocol.
   * Default: those of the scopes `profile`, `email`, `address` and `phone`, and of `scopes`.
   */
  readonly claims?: readonly string[]
  /** Scopes of your own, and which claims each asks for. Default: none. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>
  /** Seconds that an ID token lives, 60 to 86400. Default 600. */
  readonly id_token_lifetime?: number
  /** The contexts of authentication that a client can ask for, for the metadata. Default: none. */
  readonly acr_values?: readonly string[]
  /**
   * Tells of a person at the moment at which a client asks, in place of what the login gave; in code alone. It has 1.5 seconds, else
   * the answer is 503. What it returns is cut to the names, and bounded as what a login gives. Default: what the login gave counts.
   */
  readonly profile?: ProfileHook
}

const MEMBERS = [
  'claims',
  'scopes',
  'id_token_lifetime',
  'acr_values',
  'profile',
] as const satisfies readonly (keyof OpenidSettings)[]

/** Claims of an ID token whose meaning the protocol gives, and of answers about a person: no person's claim has such a name. */
const PROTOCOL: ReadonlySet<string> = new Set(
  [
    'iss sub aud exp iat nbf jti auth_time nonce acr amr azp at_hash c_hash s_hash sid events sub_jwk',
    'client_id scope gid cnf act may_act authorization_details mark provider_token entitlement userinfo',
    '_claim_names _claim_sources __proto__',
  ].flatMap((names) => names.split(' ')),
)

/** A name of a claim. */
const CLAIM_NAME = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/

function readNames(name: string, value: unknown): readonly string[] {
  const names = readTexts(name, value, CLAIM_NAME, 'a name of 1 to 128 visible ASCII characters')
  readEach(names, (claim, index) => {
    if (PROTOCOL.has(claim))
      throw new RangeError(`"${name}[${index}]" expected a claim of a person: "${claim}" is the protocol's`)
  })
  return names
}

/** Reads the operator's own scopes. */
function readScopes(name: string, value: unknown): ReadonlyMap<string, readonly string[]> {
  checkMembers(name, value)
  const entries = readEach(Object.entries(value), ([scope, claims]) => {
    if (!SCOPE_TOKEN.test(scope)) throw new RangeError(`"${name}" expected scope tokens as its names`)
    if (STANDARD_SCOPES.includes(scope))
      throw new RangeError(`"${name}" expected scopes of your own: "${scope}" is OpenID Connect's`)
    const names = readNames(`${name}["${scope}"]`, claims)
    if (names.length === 0) throw new RangeError(`"${name}["${scope}"]" expected the claims that it asks for`)
    return [scope, names] as const
  })
  return new Map(entries)
}

/**
 * Reads what may be told of persons; nothing where nothing is said: then the issuer is no OpenID provider.
 *
 * @throws {TypeError | RangeError} all that is wrong with it
 */
export function readOpenid(name: string, value: unknown): Openid | undefined {
  if (value === undefined) return undefined
  checkMembers(name, value)
  const given: Members = value
  const { claims, scopes = {}, id_token_lifetime = 600, acr_values = [] } = given
  const read = readAll({
    members: () => checkMembers(name, given, MEMBERS),
    claims: () => (claims === undefined ? undefined : readNames(`${name}.claims`, claims)),
    scopes: () => readScopes(`${name}.scopes`, scopes),
    idTokenLifetime: () => readInteger(`${name}.id_token_lifetime`, id_token_lifetime, 60, 86_400),
    profile: () => checkFunctions(given, ['profile']),
    acrValues: () =>
      readTexts(`${name}.acr_values`, acr_values, /^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters'),
  })
  const { claims: named } = read
  // What a scope asks for, and may not be told, nobody would ever be told.
  if (named !== undefined)
    readEach([...read.scopes], ([scope, names]) =>
      checkKnown(`${name}.scopes["${scope}"]`, names, named, `one of "${name}.claims"`),
    )
  const all = new Map([...Object.entries(CLAIMS_OF_SCOPES), ...read.scopes])
  const told = new Set(named ?? [...all.values()].flat())
  return {
    claims: told,
    scopes: new Map([...all].map(([scope, names]) => [scope, names.filter((one) => told.has(one))])),
    idTokenLifetime: read.idTokenLifetime,
    acrValues: read.acrValues,
    profile: given['profile'] as ProfileHook | undefined,
  }
}
