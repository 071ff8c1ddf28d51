/**
 * The authorization code grant: a client redeems what a person let it have (RFC 6749 §4.1.3, RFC 7636 §4.5).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { checkVerifier } from '../protocol/pkce.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import { isSparing } from '../stores/guard.ts'
import {
  type ApprovalContext,
  checkApproval,
  checkConfirmed,
  checkNotEnded,
  endApproval,
  ended,
  entitle,
  openGrant,
} from './approval.ts'
import { approvalOf, type CodeFacts } from './approval_facts.ts'
import type { Decision, Grant } from './grant.ts'
import { isHandedOver, keepHandOver, withHandOver } from './hand_over.ts'
import { tellPerson } from './login_facts.ts'

/**
 * Spends the code, unless one of these names has ended. One that was spent before ends all that came of it (RFC 6749 §4.1.2).
 */
async function spend(
  jti: string,
  exp: number,
  unless: readonly string[],
  facts: CodeFacts,
  context: ApprovalContext,
): Promise<void> {
  const { guard } = context
  if (guard === undefined) return
  const name = `code ${jti}`
  const outcome = await (isSparing(guard) ? guard.spendUnlessEnded(name, exp, unless) : guard.spend(name, exp))
  if (outcome === 'first') return
  if (outcome === 'ended') throw ended()
  await endApproval(facts, context)
  throw refusal('invalid_grant', 'code_replayed', 'the code was used before: all that came of it has ended')
}

/** A code that was asked for with a challenge needs its verifier, and one without takes none (RFC 9700 §2.1.1). */
function checkPkce(parameters: Parameters, { code_challenge: challenge }: CodeFacts): void {
  if (challenge !== undefined) checkVerifier(parameters.require('code_verifier'), challenge)
  else if (parameters.get('code_verifier') !== undefined)
    throw refusal('invalid_grant', 'pkce', 'code_verifier comes for a code that was asked for without a challenge')
}

/** Everything is checked before the code is spent: a wrong request must not burn it (OAuth 2.1 §7.5.2). */
async function decide(parameters: Parameters, client: Client, context: ApprovalContext): Promise<Decision> {
  const code = parameters.require('code')
  const { jti, exp, ...rest } = await openGrant('code', code, context)
  const facts = rest as unknown as CodeFacts
  checkApproval(facts, client, context.now)
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri !== undefined && redirectUri !== facts.redirect_uri) {
    throw refusal('invalid_grant', 'redirect_uri', 'redirect_uri is another than the code was sent to')
  }
  checkPkce(parameters, facts)
  checkConfirmed(facts.dpop_jkt === undefined ? undefined : { jkt: facts.dpop_jkt }, context)
  // A scope parameter has no meaning here (RFC 6749 §4.1.3): the approval has the scope.
  const wish = {
    resources: parameters.all('resource'),
    scope: undefined,
    details: parameters.get('authorization_details'),
  }
  const entitlement = entitle(facts, wish, client, context)
  const unless = await checkNotEnded(facts, context, { isSpentFirst: !isHandedOver(facts, context) })
  const isSafe = context.guard !== undefined || !isPublic(client) || context.confirmation !== undefined
  const mayRefresh = client.grantTypes.has('refresh_token') && isSafe
  return {
    ...(await withHandOver(facts, entitlement, context)),
    ...tellPerson(facts, facts.scope, client, context.approvals, facts.nonce),
    ...(mayRefresh ? { refresh: { ...approvalOf(facts), generation: 0 } } : {}),
    async spend() {
      // Without it nothing could be refreshed: it must lie there before the code is gone.
      if (mayRefresh) await keepHandOver(facts, client, context)
      await spend(jti, facts.until ?? exp, unless, facts, context)
    },
  }
}

/** Gives a refresh token to clients that may use one. */
export const authorizationCode: Grant = { type: 'authorization_code', decide }
