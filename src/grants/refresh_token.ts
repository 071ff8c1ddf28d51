/**
 * The refresh token grant (RFC 6749 §6): stateless and unchanging for clients that prove themselves, or the key that the
 * refresh token is bound to; rotating in a family for all others (RFC 9700 §4.14.2, FAPI 2.0 §5.3.2.1).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import { type Guard, isSparing } from '../stores/guard.ts'
import {
  type ApprovalContext,
  checkApproval,
  checkConfirmed,
  checkNotEnded,
  endApproval,
  ended,
  entitle,
  isOffline,
  nameOfKeys,
  openGrant,
  requestedOf,
} from './approval.ts'
import { approvalOf, type RefreshFacts } from './approval_facts.ts'
import type { Decision, Grant } from './grant.ts'
import { isHandedOver, withHandOver } from './hand_over.ts'
import { tellPerson } from './login_facts.ts'

/**
 * Moves the family on to the next refresh token, which is bound to the key that the request proves. An older one that comes back
 * ends the family, and so does one that comes back with another key: the family has moved into the first. Where one of these names has
 * ended nothing moves.
 */
async function rotate(
  facts: RefreshFacts,
  client: Client,
  context: ApprovalContext,
  guard: Guard,
  unless: readonly string[],
): Promise<void> {
  const { now, confirmation } = context
  const { gid, generation, grant_end } = facts
  const { refreshTokenGrace: grace, refreshTokenGraceUses: graceUses } = client
  const times = { now, grace, graceUses, expiresAt: grant_end }
  const step = { gid, generation, bound: nameOfKeys(confirmation), ...times }
  // Of its own end the family knows itself.
  const others = unless.filter((name) => name !== gid)
  const advance = await (isSparing(guard) ? guard.advanceUnlessEnded(step, others) : guard.advance(step))
  if (advance.outcome === 'advanced') return
  if (advance.outcome === 'ended') throw ended()
  if (advance.outcome === 'exhausted')
    throw refusal(
      'invalid_grant',
      'refresh_exhausted',
      'a refresh token that was used came too often: nothing has ended',
    )
  await endApproval(facts, context)
  throw refusal('invalid_grant', 'refresh_reused', 'an old refresh token, or another key: its family has ended')
}

async function decide(parameters: Parameters, client: Client, context: ApprovalContext): Promise<Decision> {
  const { now } = context
  const presented = parameters.require('refresh_token')
  const facts = (await openGrant('refresh', presented, context)) as unknown as RefreshFacts
  checkApproval(facts, client, now)
  checkConfirmed(facts.cnf, context)
  const [resources, scope] = [parameters.all('resource'), parameters.get('scope')]
  const wish = { resources, scope, details: parameters.get('authorization_details') }
  const entitlement = entitle(facts, wish, client, context)
  const isRotating = isPublic(client) && facts.cnf === undefined
  const isSpentFirst = isRotating && !isHandedOver(facts, context)
  const unless = await checkNotEnded(facts, context, { outlives: isOffline(facts, client, context), isSpentFirst })
  const given = await withHandOver(facts, entitlement, context)
  const told = tellPerson(facts, requestedOf(facts, scope, client), client, context.approvals)
  if (!isRotating) return { ...given, ...told, ...(client.repeatsRefreshToken ? { refresh_token: presented } : {}) }
  const { guard } = context
  if (guard === undefined) throw refusal('invalid_grant', 'no_guard', 'without a guard, public clients cannot refresh')
  // Whatever is let go on has the same successor: the first time, and again in the grace.
  const refresh = { ...approvalOf(facts), generation: facts.generation + 1 }
  return { ...given, ...told, refresh, spend: () => rotate(facts, client, context, guard, unless) }
}

/** Gives a new refresh token only to public clients whose last one was bound to no key. */
export const refreshToken: Grant = { type: 'refresh_token', decide }
