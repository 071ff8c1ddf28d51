/**
 * Exchange rules: which tokens a client may bring, and what it may have for them (RFC 8693 §2.1, §2.2.2). Closed by
 * default: what no rule allows is refused.
 *
 * @module
 */

import { checkBoolean, checkMembers, checkTexts } from '../../keys/check.ts'
import type { Resource } from './resource.ts'
import { SCOPE_TOKEN } from './scope.ts'

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
  readonly resources: ReadonlyMap<string, Resource>
  /** What the settings call the trusted issuers. */
  readonly trustedIssuers: readonly string[]
}

const MEMBERS = ['from', 'to', 'scopes', 'impersonation'] as const satisfies readonly (keyof ExchangeRuleSettings)[]

function readScopes(name: string, value: unknown): ReadonlyMap<string, string> {
  if (Array.isArray(value)) {
    checkTexts(name, value, SCOPE_TOKEN, 'a scope token')
    return new Map(value.map((token) => [token, token]))
  }
  checkMembers(name, value)
  checkTexts(name, Object.keys(value), SCOPE_TOKEN, 'a scope token')
  return new Map(
    Object.entries(value).map(([token, needed]) => {
      checkTexts(`${name}["${token}"]`, [needed], SCOPE_TOKEN, 'a scope token')
      return [token, String(needed)] as const
    }),
  )
}

/**
 * Reads the exchange rules of a client.
 *
 * @throws {TypeError | RangeError} when a setting is missing, unknown, of a wrong type or out of bounds
 */
export function readExchangeRules(name: string, value: unknown, known: KnownToExchange): readonly ExchangeRule[] {
  if (!Array.isArray(value)) throw new TypeError(`"${name}" expected a list of rules`)
  return value.map((given: unknown, index) => {
    const rule = `${name}[${index}]`
    checkMembers(rule, given, MEMBERS)
    const { from, to, scopes, impersonation = false } = given
    checkTexts(`${rule}.from`, from, /^/, 'a resource or a trusted issuer')
    checkTexts(`${rule}.to`, to, /^/, 'the URI of a resource')
    checkBoolean(`${rule}.impersonation`, impersonation)
    if (!from.every((one) => known.trustedIssuers.includes(one) || known.resources.get(one)?.exchange === true))
      throw new RangeError(`"${rule}.from" expected resources with "exchange", or trusted issuers, of these settings`)
    if (!to.every((uri) => known.resources.has(uri)))
      throw new RangeError(`"${rule}.to" expected resources of these settings`)
    return { from: new Set(from), to: new Set(to), scopes: readScopes(`${rule}.scopes`, scopes), impersonation }
  })
}
