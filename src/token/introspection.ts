/**
 * What is told of a token that was opened (RFC 7662 §2.2).
 *
 * @module
 */

import { PROTOCOL_CLAIMS } from './claims.ts'
import { tokenTypeOf } from './confirmation.ts'
import type { Entitlement } from './entitlement.ts'

/** An introspection answer about an active token. */
export type Introspection = Readonly<Record<string, unknown>> & { readonly active: true }

/** Members whose meaning the protocol gives, beside the claims of a token. */
const OWN_MEMBERS: ReadonlySet<string> = new Set(['active', 'token_type', 'username', '__proto__'])

/**
 * Returns what is told of an entitlement, and never what a resource is handed of a provider. The operator's claims come last, and never in
 * place of the protocol's.
 */
export function describeEntitlement(entitlement: Entitlement, issuer: string): Introspection {
  const { scope, claims, providerToken: _, ...others } = entitlement
  const added = Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name) && !OWN_MEMBERS.has(name))
  return {
    active: true,
    iss: issuer,
    ...others,
    ...(scope.length > 0 ? { scope: scope.join(' ') } : {}),
    token_type: tokenTypeOf(entitlement),
    ...Object.fromEntries(added),
  }
}
