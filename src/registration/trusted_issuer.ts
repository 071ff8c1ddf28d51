/**
 * Trusted issuers: whose assertions about whom are worth which tokens, and to which clients (RFC 7521 §4.1, RFC 7523 §3).
 * Closed by default: what no rule allows is refused.
 *
 * @module
 */

import { checkKnown, checkMembers, checkText, checkTexts, readChoice, readInteger, readText } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { SCOPE_TOKEN } from '../protocol/scope.ts'
import type { Client } from './clients/client.ts'
import { checkIdJagClients, ID_JAG_TYPE } from './id_jag.ts'
import { checkScopes, type KnownResources } from './resource_registration.ts'
import { ASSERTION_ALGORITHMS, type AssertionAlgorithm, readSigner, type Signer } from './signer.ts'

/** What the assertions of a trusted issuer are worth. */
export interface TrustRuleSettings {
  /** Whom they may be about: exact texts; or their beginning, up to `:`, `/` or `|`, and then `*`. With `id-jag` also `*` alone. */
  readonly subjects: readonly string[]
  /** Claims that must be there: a text or a beginning as in `subjects`, a list of them, or true or false. Default: none. */
  readonly claims?: Readonly<Record<string, string | boolean | readonly string[]>>
  /** The clients that may bring them. */
  readonly clients: readonly string[]
  /** The URIs of the resources that tokens may be for; the client must have them too. */
  readonly resources: readonly string[]
  /** The scope tokens that there may be; the client and the resource must have them too. */
  readonly scopes: readonly string[]
}

/** A trusted issuer. */
export interface TrustedIssuerSettings {
  /** The `iss` of its assertions. */
  readonly issuer: string
  /**
   * What its assertions are. `id-jag`: an enterprise's provider says for which client, resource and scope each of them is
   * (draft-ietf-oauth-identity-assertion-authz-grant); `audience` and `typ` are fixed then, and
   * its clients are confidential. Default: what the rules alone say.
   */
  readonly profile?: 'id-jag'
  /** The `aud` of its assertions, the only one. Default: this issuer's URL. */
  readonly audience?: string
  /** Its public keys as a JWK Set, each with `kid`; or `jwks_uri`. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** The https URL where it tells its public keys; or `jwks`. */
  readonly jwks_uri?: string
  /** The algorithms by which it signs. Default `["RS256"]`. */
  readonly algorithms?: readonly AssertionAlgorithm[]
  /** `typ` in the header, which must then be there. Default: none, `JWT` or `authorization-grant+jwt`. */
  readonly typ?: string
  /** Seconds that its assertions may live, from 60 to 86400. Default 3600. */
  readonly assertion_lifetime?: number
  /** What its assertions are worth. */
  readonly allow: readonly TrustRuleSettings[]
}

/** What assertions that match are worth. */
export interface TrustRule {
  readonly subjects: readonly string[]
  readonly claims: ReadonlyMap<string, readonly (string | boolean)[]>
  readonly clients: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
  readonly scopes: ReadonlySet<string>
}

/** A trusted issuer, as the house knows it. */
export interface TrustedIssuer extends Signer {
  /** The `iss` of its assertions. */
  readonly iss: string
  readonly profile: 'id-jag' | undefined
  readonly audience: string
  readonly algorithms: readonly AssertionAlgorithm[]
  readonly typ: string | undefined
  /** Seconds. */
  readonly longestLife: number
  readonly rules: readonly TrustRule[]
}

/** A text, or the beginning of one: after a delimiter, so that no longer name begins like a shorter one. */
const PATTERN = /^[^*]{1,512}$|^[^*]{0,511}[:/|]\*$/
const PATTERN_OR_ALL = new RegExp(`${PATTERN.source}|^\\*$`)
const PATTERN_WORDS = 'a text, or its beginning up to ":", "/" or "|" and then "*"'

/** Tells whether a value is what a pattern says. */
function fits(pattern: string | boolean, value: unknown): boolean {
  if (typeof pattern === 'boolean' || !pattern.endsWith('*')) return value === pattern
  return typeof value === 'string' && value.length >= pattern.length && value.startsWith(pattern.slice(0, -1))
}

/** Returns the rules by which the claims of an assertion are worth something to a client. */
export function rulesFor(
  { rules }: TrustedIssuer,
  claims: Readonly<Record<string, unknown>>,
  clientId: string,
): readonly TrustRule[] {
  const own = (name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined)
  return rules.filter(
    (rule) =>
      rule.clients.has(clientId) &&
      rule.subjects.some((pattern) => fits(pattern, own('sub'))) &&
      [...rule.claims].every(([name, patterns]) => patterns.some((pattern) => fits(pattern, own(name)))),
  )
}

/** What a trusted issuer can refer to. */
export interface KnownToTrust {
  /** This issuer's URL. */
  readonly issuer: string
  /** Without a value where one cannot be read. */
  readonly clients: ReadonlyMap<string, Client | undefined>
  readonly resources: KnownResources
  /** Whether keys may be fetched from this very machine: for development. */
  readonly isLoopbackAllowed: boolean
}

const MEMBERS = [
  'issuer',
  'profile',
  'audience',
  'jwks',
  'jwks_uri',
  'algorithms',
  'typ',
  'assertion_lifetime',
  'allow',
] as const satisfies readonly (keyof TrustedIssuerSettings)[]

const RULE_MEMBERS = [
  'subjects',
  'claims',
  'clients',
  'resources',
  'scopes',
] as const satisfies readonly (keyof TrustRuleSettings)[]

/** Reads a list that must name something. */
function readNames(name: string, value: unknown, pattern: RegExp, expected: string): readonly string[] {
  checkTexts(name, value, pattern, expected)
  if (value.length === 0) throw new RangeError(`"${name}" expected at least one`)
  return value
}

/** Reads a list of names of things that are in these settings. */
function readKnown(name: string, value: unknown, known: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const names = readNames(name, value, /^/, 'a name')
  checkKnown(name, names, [...known.keys()], 'one that is in these settings')
  return new Set(names)
}

function readScopes(name: string, value: unknown, resources: KnownResources): ReadonlySet<string> {
  const tokens = readNames(name, value, SCOPE_TOKEN, 'a scope token')
  checkScopes(name, tokens, resources)
  return new Set(tokens)
}

function readClaims(name: string, value: unknown): TrustRule['claims'] {
  checkMembers(name, value)
  return new Map(
    readEach(Object.entries(value), ([claim, patterns]): readonly [string, readonly (string | boolean)[]] => {
      if (typeof patterns === 'boolean') return [claim, [patterns]]
      const list = Array.isArray(patterns) ? patterns : [patterns]
      return [claim, readNames(`${name}.${claim}`, list, PATTERN, PATTERN_WORDS)]
    }),
  )
}

function readRule(name: string, value: unknown, { clients, resources }: KnownToTrust, isIdJag: boolean): TrustRule {
  checkMembers(name, value)
  // Who is one of an enterprise its provider knows best, and says so for each client.
  const pattern = isIdJag ? PATTERN_OR_ALL : PATTERN
  const { members: _, ...rule } = readAll({
    members: () => checkMembers(name, value, RULE_MEMBERS),
    subjects: () => readNames(`${name}.subjects`, value['subjects'], pattern, PATTERN_WORDS),
    claims: () => readClaims(`${name}.claims`, value['claims'] ?? {}),
    clients() {
      const names = readKnown(`${name}.clients`, value['clients'], clients)
      if (isIdJag) checkIdJagClients(`${name}.clients`, names, clients)
      return names
    },
    resources: () => readKnown(`${name}.resources`, value['resources'], resources),
    scopes: () => readScopes(`${name}.scopes`, value['scopes'], resources),
  })
  return rule
}

function readRules(name: string, allow: unknown, known: KnownToTrust, isIdJag: boolean): readonly TrustRule[] {
  if (!Array.isArray(allow) || allow.length === 0) throw new TypeError(`"${name}" expected a list of rules`)
  return readEach(allow, (rule: unknown, index) => readRule(`${name}[${index}]`, rule, known, isIdJag))
}

function readAlgorithms(name: string, value: unknown): readonly AssertionAlgorithm[] {
  const known: readonly string[] = ASSERTION_ALGORITHMS
  const names = readNames(name, value, /^/, 'an algorithm')
  if (!names.every((algorithm) => known.includes(algorithm)))
    throw new RangeError(`"${name}" expected ${known.join(', ')}`)
  return names as readonly AssertionAlgorithm[]
}

/**
 * Reads a trusted issuer from the settings.
 *
 * @param id what the settings call it: the subjects that it vouches for are called by it
 * @throws {TypeError | RangeError} when a setting is missing, unknown, of a wrong type or out of bounds
 */
export function readTrustedIssuer(id: string, value: unknown, known: KnownToTrust): TrustedIssuer {
  checkText('trustedIssuers', id, /^[a-z][a-z0-9-]{0,31}$/, '1 to 32 small letters, digits and hyphens as their names')
  const name = `trustedIssuers["${id}"]`
  checkMembers(name, value)
  const { issuer: iss, profile, audience = known.issuer, assertion_lifetime = 3600 } = value
  const isIdJag = profile === 'id-jag'
  const { typ = isIdJag ? ID_JAG_TYPE : undefined } = value
  const { isLoopbackAllowed } = known
  const read = readAll({
    members: () => checkMembers(name, value, MEMBERS),
    iss: () => readText(`${name}.issuer`, iss, /^[\x21-\x7e]{1,512}$/, 'a text without spaces'),
    another: () => {
      if (iss === known.issuer) throw new RangeError(`"${name}.issuer" expected another issuer than this one`)
    },
    profile: () => (profile === undefined ? undefined : readChoice(`${name}.profile`, profile, ['id-jag'])),
    fixed: () => {
      if (isIdJag && (typ !== ID_JAG_TYPE || audience !== known.issuer))
        throw new TypeError(`"${name}.profile" fixes "typ", "${ID_JAG_TYPE}", and "audience", this issuer's URL`)
    },
    audience: () => readText(`${name}.audience`, audience, /^[\x20-\x7e]{1,512}$/, 'a text'),
    typ: () =>
      typ === undefined
        ? undefined
        : readText(`${name}.typ`, typ, /^[\w.+-]{1,64}$/, 'a media type without "application/"'),
    longestLife: () => readInteger(`${name}.assertion_lifetime`, assertion_lifetime, 60, 86_400),
    rules: () => readRules(`${name}.allow`, value['allow'], known, isIdJag),
    signed: () => {
      const algorithms = readAlgorithms(`${name}.algorithms`, value['algorithms'] ?? ['RS256'])
      return { ...readSigner(name, value, { algorithms, isLoopbackAllowed }), algorithms }
    },
  })
  const { members: _, another: __, fixed: ___, signed, ...trusted } = read
  return { ...signed, name: id, ...trusted }
}

/**
 * Reads the trusted issuers, by their `iss`: each belongs to one.
 *
 * @throws {TypeError | RangeError} as `readTrustedIssuer`, and when two have the same `iss`
 */
export function readTrustedIssuers(
  given: Readonly<Record<string, unknown>>,
  known: KnownToTrust,
): ReadonlyMap<string, TrustedIssuer> {
  const read = readEach(Object.entries(given), ([id, value]) => readTrustedIssuer(id, value, known))
  const byIss = new Map(read.map((trusted) => [trusted.iss, trusted]))
  if (byIss.size !== read.length) throw new RangeError('"trustedIssuers" expected each issuer once')
  return byIss
}
