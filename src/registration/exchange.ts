/**
 * Exchange rules: which tokens a client may bring, and what it may have for them (RFC 8693 §2.1, §2.2.2). Closed by
 * default: what no rule allows is refused.
 *
 * @module
 */

import { checkMembers, type Members, readBoolean, readTexts } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { SCOPE_TOKEN } from '../protocol/scope.ts'
import { checkScopes, type KnownResources } from './resource_registration.ts'

/** What a client may have for tokens of others. */
export interface ExchangeRuleSettings {
  /** Whose tokens it may bring: URIs of resources with `exchange`, names of trusted issuers. */
  readonly from: readonly string[]
  /** The URIs of the resources that it may have tokens for; its own `resources` must have them too. */
  readonly to: readonly string[]
  /**
   * The scope tokens that it may have: a list of those that the brought token must have too; or for each the one that the
   * brought token must have.
   */
  readonly scopes: readonly string[] | Readonly<Record<string, string>>
  /** Whether it may do so without `actor_token`, and so as the subject itself. Default false. */
  readonly impersonation?: boolean
}

/** What a client may have for tokens of others, as the house knows it. */
export interface ExchangeRule {
  readonly from: ReadonlySet<string>
  readonly to: ReadonlySet<string>
  /** Scope tokens, each with the one that the brought token must have for it. */
  readonly scopes: ReadonlyMap<string, string>
  readonly impersonation: boolean
}

/** What a rule can refer to. */
export interface KnownToExchange {
  readonly resources: KnownResources
  /** What the settings call the trusted issuers. */
  readonly trustedIssuers: readonly string[]
}

const MEMBERS = ['from', 'to', 'scopes', 'impersonation'] as const satisfies readonly (keyof ExchangeRuleSettings)[]

/** Reads scope tokens, each with the one that the brought token must have for it. */
function readScopes(name: string, { scopes, from }: Members, known: KnownToExchange): ReadonlyMap<string, string> {
  if (!Array.isArray(scopes)) checkMembers(name, scopes)
  const pairs = Array.isArray(scopes) ? scopes.map((token: unknown) => [token, token]) : Object.entries(Object(scopes))
  // What a trusted issuer says of scope can be called anything.
  const isOurs = Array.isArray(from) && !from.some((one) => known.trustedIssuers.includes(one))
  const { tokens, needed } = readAll({
    tokens() {
      const given = pairs.map(([token]) => token)
      const read = readTexts(name, given, SCOPE_TOKEN, 'a scope token')
      checkScopes(name, read, known.resources)
      return read
    },
    needed: () =>
      readEach(pairs, ([token, one]) => {
        if (Array.isArray(scopes)) return String(one)
        const read = readTexts(`${name}["${token}"]`, [one], SCOPE_TOKEN, 'a scope token')
        if (isOurs) checkScopes(`${name}["${token}"]`, read, known.resources)
        return String(one)
      }),
  })
  return new Map(tokens.map((token, index) => [token, needed[index] ?? token]))
}

function readRule(rule: string, given: unknown, known: KnownToExchange): ExchangeRule {
  checkMembers(rule, given)
  const { from, to, impersonation = false } = given
  const read = readAll({
    members: () => checkMembers(rule, given, MEMBERS),
    from: () => {
      const names = readTexts(`${rule}.from`, from, /^/, 'a resource or a trusted issuer')
      const isThere = (one: string): boolean =>
        known.trustedIssuers.includes(one) ||
        // Of one that cannot be read nothing is known.
        (known.resources.has(one) && known.resources.get(one)?.exchange !== false)
      if (!names.every(isThere))
        throw new RangeError(`"${rule}.from" expected resources with "exchange", or trusted issuers, of these settings`)
      return names
    },
    to: () => {
      const uris = readTexts(`${rule}.to`, to, /^/, 'the URI of a resource')
      if (!uris.every((uri) => known.resources.has(uri)))
        throw new RangeError(`"${rule}.to" expected resources of these settings`)
      return uris
    },
    scopes: () => readScopes(`${rule}.scopes`, given, known),
    impersonation: () => readBoolean(`${rule}.impersonation`, impersonation),
  })
  return {
    from: new Set(read.from),
    to: new Set(read.to),
    scopes: read.scopes,
    impersonation: read.impersonation,
  }
}

/**
 * Reads the exchange rules of a client.
 *
 * @throws {TypeError | RangeError} when settings are missing, unknown, of a wrong type or out of bounds: all are said
 */
export function readExchangeRules(name: string, value: unknown, known: KnownToExchange): readonly ExchangeRule[] {
  if (!Array.isArray(value)) throw new TypeError(`"${name}" expected a list of rules`)
  return readEach(value, (given: unknown, index) => readRule(`${name}[${index}]`, given, known))
}
