/**
 * What an approval hands over of a provider: kept when its code is redeemed, and given with each token for an API that is handed it.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Client } from '../registration/clients/client.ts'
import { isProviderToken } from '../token/claims.ts'
import type { Entitlement } from '../token/entitlement.ts'
import { type ApprovalContext, isOffline } from './approval.ts'
import { type Approval, approvedResources } from './approval_facts.ts'
import type { Decision } from './grant.ts'

/**
 * Returns an entitlement with what its resource is handed of a provider: it never outlives that. All else is checked before, for the
 * provider may be asked.
 *
 * @throws {OAuthError} `invalid_grant` where there is nothing to be handed over any more; `temporarily_unavailable` where the provider
 * gives nothing now
 */
export async function withHandOver(
  approval: Approval,
  entitlement: Entitlement,
  { approvals: { resources, providerTokens } }: ApprovalContext,
): Promise<Pick<Decision, 'entitlement' | 'providerToken'>> {
  const { providerToken } = resources.get(entitlement.aud) ?? {}
  if (providerToken === undefined) return { entitlement }
  // Since the settings have it handed something, nobody was asked.
  if (approval.handed?.includes(entitlement.aud) !== true)
    throw refusal('invalid_grant', 'provider_tokens', 'nobody let it be handed the token of a provider')
  if (providerTokens === undefined)
    throw refusal('invalid_grant', 'no_guard', 'there is no guard that keeps tokens of a provider')
  const { accessToken, expiresAt = entitlement.exp } = await providerTokens.take(approval, providerToken)
  if (!isProviderToken(accessToken))
    throw refusal(
      'invalid_grant',
      'provider_tokens',
      'the access token of the provider has characters that no bearer token has',
    )
  return { entitlement: { ...entitlement, exp: Math.min(entitlement.exp, expiresAt) }, providerToken: accessToken }
}

/** Tells whether an API of an approval is handed what a provider gave: that is kept, and renewed, before anything is spent. */
export function isHandedOver(approval: Approval, { approvals: { resources } }: ApprovalContext): boolean {
  return approvedResources(approval).some((uri) => resources.get(uri)?.providerToken !== undefined)
}

/** Keeps what a provider gave at the login until an approval ends, where one of its APIs is handed that. */
export async function keepHandOver(approval: Approval, client: Client, context: ApprovalContext): Promise<void> {
  if (!isHandedOver(approval, context)) return
  await context.approvals.providerTokens?.keep(approval, isOffline(approval, client, context))
}
