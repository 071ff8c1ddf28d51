/**
 * The JWT bearer grant: a token for somebody whom a trusted issuer vouches for, such as a CI system for its job
 * (RFC 7523 §2.1), or an enterprise's provider for one of its people (ID-JAG).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { JWT_BEARER } from '../protocol/grant_type.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { readScope } from '../protocol/scope.ts'
import type { Client } from '../registration/clients/client.ts'
import { chooseResource, scopesOf } from '../registration/resource_indicator.ts'
import { checkAsksNobody, entitleAt } from './entitlement.ts'
import type { Decision, Grant, GrantContext } from './grant.ts'
import { withinIdJag } from './id_jag.ts'
import { openVouched, type VouchedContext, within } from './vouched.ts'

/** Seconds that a spent assertion is remembered beyond its end, when it is refused anyway: the guard's clock may differ. */
const MARGIN = 60

type Context = VouchedContext & Pick<GrantContext, 'guard' | 'newId' | 'resources'>

async function decide(parameters: Parameters, client: Client, context: Context): Promise<Decision> {
  const { guard } = context
  const assertion = parameters.require('assertion')
  checkAsksNobody(client)
  const { issuer, claims, sub, exp, id, rules } = await openVouched(assertion, client, context, 'invalid_grant')
  const isIdJag = issuer.profile === 'id-jag'
  const bounded = isIdJag ? withinIdJag(client, claims) : client
  const most = within(bounded, rules)
  const requested = readScope(parameters.get('scope'))
  // What an ID-JAG names is what is asked for, where the request says nothing.
  const meant = requested ?? (isIdJag && claims['scope'] !== undefined ? [...most.scopes] : undefined)
  const resource = chooseResource(parameters.all('resource'), meant, most, context.resources)
  // Each rule's scope is for its own resources alone.
  const allowed = scopesOf(within(bounded, rules, resource.uri), resource)
  const entitlement = entitleAt(resource, { sub, requested, allowed }, client, context)
  const spend = async (): Promise<void> => {
    if ((await guard?.spend(id, exp + MARGIN)) !== 'first')
      throw refusal('invalid_grant', 'assertion_replayed', 'the assertion was used before')
  }
  // A token lives no longer than what it was given for, and there is no refresh token (RFC 7521 §4.1).
  return { entitlement: { ...entitlement, exp: Math.min(entitlement.exp, exp) }, spend }
}

/** Takes each assertion once. */
export const jwtBearer: Grant = { type: JWT_BEARER, decide }
