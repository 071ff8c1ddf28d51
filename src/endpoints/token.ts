/**
 * The token endpoint (RFC 6749 §3.2): reads all, checks all, then mints.
 *
 * @module
 */

import type { RefreshFacts } from '../grants/approval.ts'
import { checkDecision } from '../grants/decision.ts'
import type { Decision, Grant } from '../grants/grant.ts'
import { type Client, isPublic } from '../protocol/client.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Credentials } from '../settings.ts'
import type { Assertions } from '../stores/assertions.ts'
import { spendFirst, spendOnce } from '../stores/guard.ts'
import type { RevocationView } from '../stores/revocations.ts'
import { PROTOCOL_CLAIMS } from '../token/claims.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { Target } from '../token/revocations.ts'
import type { AccessTokens } from './access_tokens.ts'
import type { AuthenticateClient } from './client_authentication.ts'
import type { EndpointContext } from './context.ts'
import { createFormEndpoint, type FormEndpoint } from './form_endpoint.ts'
import { type Answer, answerJson } from './respond.ts'

/** Members of the answer whose meaning the protocol gives: the operator's own can never override them. */
const PROTOCOL_MEMBERS: ReadonlySet<string> = new Set([
  'access_token',
  'token_type',
  'expires_in',
  'scope',
  'refresh_token',
  'issued_token_type',
  'authorization_details',
  'id_token',
  'error',
  'error_description',
  'error_uri',
])

function chooseGrant(type: string, client: Client, grants: ReadonlyMap<string, Grant>): Grant {
  const grant = grants.get(type)
  if (grant === undefined) throw new OAuthError('unsupported_grant_type', 'no such grant type')
  if (!client.grantTypes.has(type))
    throw new OAuthError('unauthorized_client', 'the client may not use this grant type')
  return grant
}

/** What the endpoint needs beside the context. */
export interface TokenParts {
  readonly authenticateClient: AuthenticateClient
  readonly accessTokens: AccessTokens
  readonly assertions: Assertions
  readonly view: RevocationView
}

/** Returns the token endpoint: the same door with or without a framework. */
export function createTokenEndpoint(
  context: EndpointContext,
  { authenticateClient, accessTokens, assertions, view }: TokenParts,
): FormEndpoint {
  const { settings, hooks, keyRing, log, newId } = context
  const { issuer, resources, detailTypes, pairwise, guard, grants, trustedIssuers } = settings

  /** Returns what the operator adds, without the names that are the protocol's. */
  function ownMembers(
    added: Readonly<Record<string, unknown>> | undefined,
    reserved: ReadonlySet<string>,
  ): Readonly<Record<string, unknown>> {
    const entries = Object.entries(added ?? {})
    const refused = entries.map(([name]) => name).filter((name) => reserved.has(name))
    if (refused.length > 0) log({ level: 'warn', event: 'hook', detail: `a hook may not give: ${refused.join(', ')}` })
    return Object.fromEntries(entries.filter(([name]) => !reserved.has(name)))
  }

  /** Seals a refresh token: one that rotates ends early when it is not used, and none outlives the approval. */
  async function sealRefresh(
    facts: RefreshFacts | undefined,
    client: Client,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<string | undefined> {
    if (facts === undefined) return undefined
    const idle = isPublic(client) ? now + client.refreshTokenIdleLifetime : Number.POSITIVE_INFINITY
    return envelopes.seal('refresh', { jti: newId(), iat: now, exp: Math.min(idle, facts.grant_end), ...facts })
  }

  async function issue(
    { entitlement: decided, issued_token_type }: Decision,
    refresh_token: string | undefined,
    credentials: Credentials,
    now: number,
  ): Promise<Answer> {
    const claims = ownMembers(hooks.claims?.(decided, credentials), PROTOCOL_CLAIMS)
    const entitlement = { ...decided, claims: { ...decided.claims, ...claims } }
    const access_token = await accessTokens.seal(entitlement, now)
    const expires_in = entitlement.exp - now
    const { authorization_details } = entitlement
    const scope = entitlement.scope.join(' ')
    const what = { ...(scope && { scope }), ...(authorization_details && { authorization_details }) }
    const added = ownMembers(hooks.response?.(entitlement, credentials), PROTOCOL_MEMBERS)
    const given = { access_token, token_type: 'Bearer', expires_in, ...(refresh_token && { refresh_token }), ...what }
    return answerJson(200, { ...given, ...(issued_token_type && { issued_token_type }), ...added })
  }

  return createFormEndpoint(context, 'token', async ({ parameters, headers, credentials, now }) => {
    const type = parameters.require('grant_type')
    let spend: () => Promise<void> = async () => {}
    const client = await authenticateClient({ headers, parameters, now, later: (given) => (spend = given) })
    const grant = chooseGrant(type, client, grants)
    const envelopes = context.envelopes(keyRing.open(now), now)
    const isRevoked = (target: Target): Promise<boolean> => view.hits(target, now)
    const proof = spendOnce(spend)
    const decision = await grant.decide(parameters, client, {
      now,
      newId,
      issuer,
      resources,
      detailTypes,
      pairwise,
      trustedIssuers,
      assertions,
      envelopes,
      guard: guard && spendFirst(guard, proof),
      isRevoked,
      openOwn: (token, of) => accessTokens.openOwn(token, of, now),
      // Nothing is bound yet, so that nothing can be proved.
      isProved: () => false,
    })
    checkDecision(decision, client, resources, now)
    await proof()
    const refresh_token = await sealRefresh(decision.refresh, client, envelopes, now)
    return issue(decision, refresh_token, credentials, now)
  })
}
