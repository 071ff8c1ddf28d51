/**
 * A provider of many tenants, each an issuer of its own: `{tenantid}` in its issuer stands for one of them (Microsoft Entra ID).
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import { type AssertionClaims, readAssertion } from '../token/assertion.ts'

/** What stands for the tenant in a template. */
export const PLACE = '{tenantid}'

/** What stands there for people of any tenant. */
const COMMON = 'common'

/** The tenants of a provider. */
export interface Tenants {
  /** What its metadata must name as the issuer: the one tenant's, or the template. */
  readonly issuer: string
  /** Where its metadata are. */
  readonly place: string
  /** Returns the tenant of an issuer; nothing of one that is not in the list. */
  tenantOf(issuer: unknown): string | undefined
  /**
   * Returns whose an ID token claims to be.
   *
   * @throws {OAuthError} `login_failed` when that is no tenant of the list
   */
  issuerOf(idToken: unknown): string
  /** Returns what takes the keys of one issuer out of a JWK Set of many. */
  keysOf(issuer: string): (jwks: AssertionClaims) => object
}

/** Returns the keys of a JWK Set. */
function keysIn({ keys }: AssertionClaims): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : []
}

/**
 * Returns the tenants of a template. Of one tenant alone its own metadata are asked: then people need not say whose they are, and a key
 * may say nothing of its issuer.
 */
export function createTenants(template: string, tenants: readonly string[]): Tenants {
  const fill = (tenant: string): string => template.replace(PLACE, tenant)
  const issuers: ReadonlyMap<unknown, string> = new Map(tenants.map((tenant) => [fill(tenant), tenant]))
  const [only] = tenants.length === 1 ? tenants : []
  const kept = new WeakMap<object, Map<string, object>>()

  return {
    issuer: only === undefined ? template : fill(only),
    place: fill(only ?? COMMON),
    tenantOf: (issuer) => issuers.get(issuer),

    issuerOf(idToken) {
      try {
        const { iss } = typeof idToken === 'string' ? readAssertion(idToken) : {}
        if (iss !== undefined && issuers.has(iss)) return iss
      } catch (cause) {
        throw cause instanceof TokenError
          ? refusal('login_failed', 'provider_answer', `ID token: ${cause.code}`, { cause })
          : cause
      }
      throw refusal('login_failed', 'not_admitted', 'the ID token is of no tenant of the list')
    },

    keysOf: (issuer) => (jwks) => {
      const known = kept.get(jwks) ?? new Map<string, object>()
      kept.set(jwks, known)
      const tenant = issuers.get(issuer) ?? ''
      const isOf = ({ issuer: named }: Readonly<Record<string, unknown>>): boolean =>
        typeof named === 'string' ? named.replace(PLACE, tenant) === issuer : named === undefined && only !== undefined
      const own = known.get(issuer) ?? { keys: keysIn(jwks).filter(isOf) }
      known.set(issuer, own)
      return own
    },
  }
}
