/**
 * What becomes of an approval: whether it still holds, and what a token of it may have.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { findResources } from '../../keys/identifier.ts'
import { TokenError } from '../jose/error.ts'
import { OFFLINE_ACCESS } from '../openid/openid.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'
import { readScope } from '../protocol/scope.ts'
import type { Client } from '../registration/clients/client.ts'
import {
  narrowDetails,
  type PlacedDetail,
  readAuthorizationDetails,
  resourcesOf,
  stillAllowed,
} from '../registration/details/authorization_details.ts'
import type { Resource } from '../registration/resource.ts'
import { scopesOf } from '../registration/resource_indicator.ts'
import { isSparing } from '../stores/guard.ts'
import { isConfirmedBy } from '../token/confirmation.ts'
import type { Confirmation, Entitlement } from '../token/entitlement.ts'
import type { PurposeFacts } from '../token/purpose.ts'
import { type Approval, approvedResources, loginOf } from './approval_facts.ts'
import { writeDetails } from './entitlement.ts'
import type { GrantContext } from './grant.ts'
import { tellUserinfo } from './login_facts.ts'

/** What is needed of the context where an approval is looked at. */
export type ApprovalContext = Omit<GrantContext, 'issuer' | 'brought'>

/** Seconds that an approval must still last for a token to make sense. */
const LEAST_LIFE = 60

/** Why an envelope of a grant does not open. */
const SHUT = {
  code: { expired: 'code_expired', unopened: 'code_unopened' },
  refresh: { expired: 'refresh_expired', unopened: 'refresh_unopened' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Reason>>>>

/** Opens an envelope of a grant; whatever is wrong with it is `invalid_grant`. */
export async function openGrant(
  purpose: 'code' | 'refresh',
  envelope: string,
  context: ApprovalContext,
): Promise<PurposeFacts> {
  try {
    return await context.approvals.envelopes.open(purpose, envelope)
  } catch (cause) {
    if (!(cause instanceof TokenError)) throw cause
    throw refusal(
      'invalid_grant',
      SHUT[purpose][cause.code === 'expired' ? 'expired' : 'unopened'],
      `the ${purpose} does not open: ${cause.code}`,
      { cause },
    )
  }
}

/** Checks that an approval was given to this client, and lasts long enough for a token. */
export function checkApproval(approval: Approval, client: Client, now: number): void {
  if (approval.client_id !== client.id)
    throw refusal('invalid_grant', 'other_client', 'it was issued to another client')
  if (approval.grant_end - now < LEAST_LIFE) throw refusal('invalid_grant', 'grant_ended', 'the approval has ended')
}

/**
 * Checks that a request proves the key that an artefact is bound to.
 *
 * @throws {OAuthError} `invalid_dpop_proof` when it proves no DPoP key at all, `invalid_grant` when another one
 */
export function checkConfirmed(bound: Confirmation | undefined, { confirmation }: ApprovalContext): void {
  if (bound === undefined || isConfirmedBy(bound, confirmation ?? {})) return
  const isProofMissing = bound.jkt !== undefined && confirmation?.jkt === undefined
  throw isProofMissing
    ? refusal('invalid_dpop_proof', 'dpop_missing', 'it is bound to a DPoP key, and there is no proof')
    : refusal('invalid_grant', 'wrong_key', 'it is bound to another key')
}

/** Returns a name for the keys that a request proves, the same for the same keys; `''` when it proves none. */
export function nameOfKeys({ jkt, 'x5t#S256': thumbprint }: Confirmation = {}): string {
  return jkt === undefined && thumbprint === undefined ? '' : digestLabels('cnf', jkt ?? '', thumbprint ?? '')
}

/** Returns what a client is told whose grant has ended. */
export function ended(): OAuthError {
  return refusal('invalid_grant', 'grant_ended', 'its family, session, person or client has ended')
}

/** How it is looked whether an approval has ended. */
export interface Looking {
  /** Whether it lives on when the session has ended. Default false. */
  readonly outlives?: boolean
  /**
   * Whether nothing is changed, and nobody asked, before something of it is spent: then a guard that can asks and spends at once.
   * Default false.
   */
  readonly isSpentFirst?: boolean
}

/**
 * Checks that neither the approval nor the session in which it was given has been ended, nor the person or the client
 * revoked since. Returns the names whose end the guard still has to be asked for, by whatever spends: none where it was asked.
 *
 * @throws {OAuthError} `invalid_grant`
 */
export async function checkNotEnded(
  approval: Approval,
  context: ApprovalContext,
  { outlives = false, isSpentFirst = false }: Looking = {},
): Promise<readonly string[]> {
  const { sid, sub, client_id, approved_at: iat } = approval
  const { guard } = context
  // Whoever revokes it may know it by a name that a token had.
  const resources = approvedResources(approval).map((uri) => context.approvals.resources.get(uri))
  const gids = context.approvals.pairwise.namesOf('gid', approval.gid, resources)
  const names = outlives ? gids : [...gids, sid]
  const isAskedLater = isSpentFirst && guard !== undefined && isSparing(guard)
  const [hasEnded, ...areRevoked] = await Promise.all([
    isAskedLater ? false : guard?.hasEnded(names),
    ...gids.map((gid) => context.isRevoked({ gid, sub, client_id, iat })),
  ])
  if (hasEnded === true || areRevoked.includes(true)) throw ended()
  return isAskedLater ? names : []
}

/** Ends an approval, under all names by which tokens know it: nothing more comes of it, and introspection says so. */
export async function endApproval({ gid, grant_end }: Approval, { guard, approvals }: ApprovalContext): Promise<void> {
  await Promise.all(approvals.pairwise.namesOf('gid', gid).map((name) => guard?.end(name, grant_end)))
  await approvals.providerTokens?.drop(gid)
}

/** What of an approval a token is asked for. */
export interface Wish {
  /** The `resource` parameters. */
  readonly resources: readonly string[]
  /** The `scope` parameter. */
  readonly scope: string | undefined
  /** The `authorization_details` parameter. */
  readonly details: string | undefined
}

/** Returns the details that a token is asked for: without a word all that were approved, and may still be had. */
function chooseDetails(
  { details = [] }: Approval,
  wish: Wish,
  client: Client,
  { detailTypes }: ApprovalContext,
): readonly PlacedDetail[] {
  const approved = stillAllowed(details, client, detailTypes)
  if (wish.details === undefined) return approved
  return narrowDetails(readAuthorizationDetails(wish.details, client, detailTypes), approved)
}

/**
 * Returns the resources that can be meant where none is named: those of the approval; where who the person is was asked for
 * too, the only API at which something may be had, or else the issuer's own.
 */
function usualOf(
  approval: Approval,
  requested: readonly string[],
  client: Client,
  { approvals: { resources, userinfo } }: ApprovalContext,
): readonly string[] {
  // The issuer may tell nobody of persons any more: an API that was approved beside goes on.
  const approved = approvedResources(approval).filter((uri) => resources.has(uri))
  if (userinfo === undefined || !approved.includes(userinfo.uri)) return approved
  const isWorth = (uri: string): boolean => {
    const resource = uri === userinfo.uri ? undefined : resources.get(uri)
    const scope = resource === undefined ? [] : scopesOf(client, resource)
    return requested.some((token) => scope.includes(token)) || isDetailed(approval, uri)
  }
  const apis = approved.filter(isWorth)
  return apis.length === 1 ? apis : [userinfo.uri]
}

/**
 * Tells whether a person let the client go on without a session, and it still may (OpenID Connect Core §11). A code never does: the
 * person who just said yes is there.
 */
export function isOffline({ scope }: Approval, client: Client, { approvals: { openid } }: ApprovalContext): boolean {
  return openid !== undefined && scope.includes(OFFLINE_ACCESS) && client.scopes.has(OFFLINE_ACCESS)
}

function isDetailed({ details = [] }: Approval, uri: string): boolean {
  return details.some(({ at }) => at.includes(uri))
}

/** Returns the resource that a token is asked for: one of the approval's that the client may still have. */
function chooseOf(
  approval: Approval,
  named: readonly string[],
  requested: readonly string[],
  client: Client,
  context: ApprovalContext,
): Resource {
  const approved = approvedResources(approval)
  const wanted = new Set(
    named.length > 0 ? findResources(approved, named) : usualOf(approval, requested, client, context),
  )
  const [uri] = wanted
  const isApproved = wanted.size === 1 && uri !== undefined && client.resources.has(uri)
  const { resources } = context.approvals
  const resource = isApproved ? resources.get(uri) : undefined
  if (resource !== undefined) return resource
  const isGone = [...(wanted.size === 0 ? approved : wanted)].some((one) => one !== undefined && !resources.has(one))
  const reason = isGone ? 'unknown_resource' : 'target'
  throw refusal('invalid_target', reason, 'not just one resource of this approval is meant')
}

/**
 * Returns the scope tokens of an approval that a request asks for: all without a word. Of a client that asks by habit for more than
 * it was given that is left out, as it was when the person was asked.
 */
export function requestedOf(
  { scope }: Approval,
  asked: string | undefined,
  { scopesStrict }: Client,
): readonly string[] {
  const requested = readScope(asked)
  if (requested === undefined || scopesStrict) return requested ?? scope
  return requested.filter((token) => scope.includes(token))
}

/**
 * Returns the entitlement that a token of this approval gives: for one resource, with the scope and the details that are
 * asked for, or all of them, and never more than was approved and the client may still have (RFC 6749 §6, RFC 8707 §2.2,
 * RFC 9396 §6).
 *
 * @throws {OAuthError} `invalid_target`, `invalid_scope`, `invalid_authorization_details`
 */
export function entitle(approval: Approval, wish: Wish, client: Client, context: ApprovalContext): Entitlement {
  const { now } = context
  const { sub, client_id, gid, grant_end } = approval
  const details = chooseDetails(approval, wish, client, context)
  // Details that are asked for tell where, too, if nothing else does (RFC 9396 §6).
  const named = wish.resources.length === 0 && wish.details !== undefined ? resourcesOf(details) : wish.resources
  const requested = requestedOf(approval, wish.scope, client)
  const resource = chooseOf(approval, named, requested, client, context)
  const { uri } = resource
  if (wish.details !== undefined && !details.every(({ at }) => at.includes(uri)))
    throw refusal('invalid_authorization_details', 'details', 'a detail is for another resource')
  if (!requested.every((token) => approval.scope.includes(token))) {
    throw refusal('invalid_scope', 'scope', 'more scope than was approved')
  }
  const allowed = approval.resources.includes(uri) ? scopesOf(client, resource) : []
  const scope = requested.filter((token) => allowed.includes(token))
  const written = writeDetails(details, uri)
  if (scope.length === 0 && written.authorization_details === undefined)
    throw refusal('invalid_scope', 'scope', 'nothing of the approval is left at this resource')
  const exp = Math.min(now + resource.accessTokenLifetime, grant_end)
  const login = { ...loginOf(approval), ...written }
  const claims = tellUserinfo(approval, scope, client, resource, context.approvals)
  return { sub, client_id, aud: uri, scope, iat: now, exp, jti: context.newId(), gid, ...login, claims }
}
