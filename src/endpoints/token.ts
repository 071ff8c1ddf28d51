/**
 * The token endpoint (RFC 6749 §3.2): reads all, checks all, seals, spends once, and hands out.
 *
 * @module
 */

import type { ProveClient } from '../authentication/client_authentication.ts'
import type { DocumentHolders } from '../authentication/document_client.ts'
import { createDpop } from '../authentication/dpop.ts'
import { confirm } from '../authentication/proved_keys.ts'
import type { EndpointContext } from '../context.ts'
import type { RefreshFacts } from '../grants/approval_facts.ts'
import { authorizationCode } from '../grants/authorization_code.ts'
import { checkDecision } from '../grants/decision.ts'
import { deviceCode } from '../grants/device_code.ts'
import type { Decision, Grant } from '../grants/grant.ts'
import { refreshToken } from '../grants/refresh_token.ts'
import { createFormEndpoint, type FormEndpoint, type ReadForm } from '../http/form_endpoint.ts'
import { createLimiting } from '../http/limiting.ts'
import { type Answer, answerJson } from '../http/respond.ts'
import type { AccessTokens } from '../issuing/access_tokens.ts'
import type { IdTokens } from '../issuing/id_tokens.ts'
import type { KeptTokensAt } from '../issuing/kept_provider_tokens.ts'
import { toldOfToken } from '../issuing/told_entitlement.ts'
import { pickClaims } from '../openid/told_claims.ts'
import { refusal } from '../protocol/error.ts'
import { type Draw, nameBy } from '../randomness.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import type { Assertions } from '../remote/signer_keys.ts'
import type { Credentials } from '../settings/issuer_settings.ts'
import { spendFirst, spendOnce } from '../stores/guard.ts'
import type { RevocationView } from '../stores/revocations.ts'
import { isConfirmation, PROTOCOL_CLAIMS } from '../token/claims.ts'
import { isConfirmedBy, tokenTypeOf } from '../token/confirmation.ts'
import type { Confirmation, Entitlement } from '../token/entitlement.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { Target } from '../token/revocations.ts'

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

/** The grants that stand on what a person let a client have: who the person is no other can have a token for. */
const APPROVED: readonly string[] = [authorizationCode.type, refreshToken.type, deviceCode.type]

function chooseGrant(type: string, client: Client, grants: ReadonlyMap<string, Grant>): Grant {
  const grant = grants.get(type)
  if (grant === undefined) throw refusal('unsupported_grant_type', 'grant_type', 'no such grant type')
  if (!client.grantTypes.has(type))
    throw refusal('unauthorized_client', 'grant_type', 'the client may not use this grant type')
  return grant
}

/** Binds what was decided to these keys; of refresh tokens those of public clients (RFC 9449 §5, RFC 8705 §3, §4). */
function bind(decision: Decision, cnf: Confirmation | undefined, client: Client): Decision {
  const { entitlement, refresh } = decision
  if (cnf === undefined) return decision
  const bound = entitlement.cnf !== undefined ? entitlement : { ...entitlement, cnf }
  const isBound = refresh !== undefined && isPublic(client)
  return { ...decision, entitlement: bound, ...(isBound ? { refresh: { ...refresh, cnf } } : {}) }
}

/** What the endpoint needs beside the context. */
export interface TokenParts {
  readonly proveClient: ProveClient
  readonly documentHolders: DocumentHolders
  readonly accessTokens: AccessTokens
  readonly idTokens: IdTokens
  readonly assertions: Assertions
  readonly keptTokens: KeptTokensAt
  readonly view: RevocationView
}

/** What an answer is made with. */
interface Making {
  readonly credentials: Credentials
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** The randomness of the request, and names made of it. */
  readonly draw: Draw
  readonly newId: () => string
  readonly envelopes: PurposeEnvelopes
  /** Unix seconds. */
  readonly now: number
}

/** Returns the token endpoint: the same door with or without a framework. */
export function createTokenEndpoint(
  context: EndpointContext,
  { proveClient, documentHolders, accessTokens, idTokens, assertions, keptTokens, view }: TokenParts,
): FormEndpoint {
  const { settings, hooks, keyRing, log, events } = context
  const { issuer, resources, approvable, userinfo, openid, detailTypes } = settings
  const { pairwise, guard, grants, trustedIssuers, limits } = settings
  const dpop = createDpop(context)
  const limiting = createLimiting(context)

  /** Returns what the operator adds, without the names that are the protocol's. */
  function ownMembers(
    added: Readonly<Record<string, unknown>> | undefined,
    reserved: ReadonlySet<string>,
  ): Readonly<Record<string, unknown>> {
    if (added === undefined) return {}
    const entries = Object.entries(added)
    const refused = entries.map(([name]) => name).filter((name) => reserved.has(name))
    if (refused.length > 0) log({ level: 'warn', event: 'hook', detail: `a hook may not give: ${refused.join(', ')}` })
    return Object.fromEntries(entries.filter(([name]) => !reserved.has(name)))
  }

  /** Seals a refresh token: one that rotates ends early when it is not used, and none outlives the approval. */
  async function sealRefresh(
    facts: RefreshFacts | undefined,
    client: Client,
    { envelopes, newId, now }: Making,
  ): Promise<string | undefined> {
    if (facts === undefined) return undefined
    const idle =
      isPublic(client) && facts.cnf === undefined ? now + client.refreshTokenIdleLifetime : Number.POSITIVE_INFINITY
    return envelopes.seal('refresh', { jti: newId(), iat: now, exp: Math.min(idle, facts.grant_end), ...facts })
  }

  async function issue(
    { entitlement: decided, providerToken, login, person, issued_token_type }: Decision,
    named: Entitlement,
    client: Client,
    refresh_token: string | undefined,
    { credentials, headers, draw, now }: Making,
  ): Promise<Answer> {
    // What the issuer says to itself nobody else reads.
    const hook = decided.aud === userinfo?.uri ? undefined : hooks.claims
    const claims = ownMembers(
      hook?.(decided, credentials, pickClaims(person ?? {}, openid?.claims ?? new Set())),
      PROTOCOL_CLAIMS,
    )
    const entitlement = { ...decided, claims: { ...decided.claims, ...claims } }
    const sealed = { ...named, claims: entitlement.claims }
    const access_token = await accessTokens.seal(sealed, now, providerToken, draw)
    const added = ownMembers(hooks.response?.(entitlement, credentials), PROTOCOL_MEMBERS)
    // JSON leaves out what is undefined.
    const given = {
      access_token,
      id_token: login === undefined ? undefined : await idTokens.sign(login, client, access_token, now),
      token_type: tokenTypeOf(entitlement),
      expires_in: entitlement.exp - now,
      refresh_token,
      scope: entitlement.scope.length > 0 ? entitlement.scope.join(' ') : undefined,
      authorization_details: entitlement.authorization_details,
      issued_token_type,
    }
    return answerJson(200, { ...given, ...added }, headers)
  }

  /**
   * Learns about a client by a document, who brings what it was given; nothing where the request names no such one.
   *
   * @throws {OAuthError} `invalid_grant` where it brings nothing of its own; and what {@link DocumentHolders.meet} throws
   */
  async function meetHolder({ parameters, headers, address, now }: ReadForm): Promise<Client | undefined> {
    const named = documentHolders.named({ parameters, headers })
    if (named === undefined) return undefined
    const { type } = chooseGrant(parameters.require('grant_type'), named.client, grants)
    const artefact =
      type === refreshToken.type
        ? ({ purpose: 'refresh', envelope: parameters.require('refresh_token') } as const)
        : ({ purpose: 'code', envelope: parameters.require('code') } as const)
    const met = await documentHolders.meet(named, artefact, now, address)
    if (met !== undefined) return met
    throw refusal(
      'invalid_grant',
      artefact.purpose === 'code' ? 'code_unopened' : 'refresh_unopened',
      'it does not open, is another’s, or its client proves itself in another way now',
    )
  }

  return createFormEndpoint(context, 'token', 'token.refused', async (form) => {
    const { parameters, headers, credentials, certificate, address, now } = form
    // Before anything else: a client that is not known any more registers anew by this one answer, whatever else is wrong.
    const met = await meetHolder(form)
    const { client, spend } = await proveClient({ headers, parameters, certificate, met, address, now })
    await limiting.checkClient(client, address)
    const type = parameters.require('grant_type')
    const grant = chooseGrant(type, client, grants)
    events.note({ grant: type })
    const proof = await dpop.check({ headers, endpoint: '/token', now })
    const confirmation = confirm(client, proof, certificate)
    const draw = events.draw()
    const newId = (): string => nameBy(draw)
    const envelopes = context.envelopes(keyRing.open(now), now, draw)
    const isRevoked = (target: Target): Promise<boolean> => view.hits(target, now)
    const spendProofs = spendOnce(async () => {
      await spend?.()
      await proof?.spend()
    })
    // What has ended may cost no proof, and count for no person: where one of these comes before a code is spent, it is asked before that.
    const isAskedFirst = spend !== undefined || proof !== undefined || limits.subject !== undefined
    const spending = guard && (isAskedFirst ? spendFirst(guard, spendProofs) : guard)
    const providerTokens = keptTokens(spending, form.waitUntil)
    const decided = await grant.decide(parameters, client, {
      now,
      newId,
      issuer,
      resources,
      detailTypes,
      guard: spending,
      confirmation,
      isRevoked,
      approvals: { envelopes, pairwise, resources: approvable, userinfo, openid, providerTokens },
      brought: {
        trustedIssuers,
        assertions,
        openOwn: (token, of) => accessTokens.openOwn(token, of, now),
        isProved: (bound) => isConfirmation(bound) && isConfirmedBy(bound, confirmation ?? {}),
      },
    })
    const isApproved = APPROVED.includes(type)
    checkDecision(decided, client, isApproved ? approvable : resources, now, isApproved)
    if (isApproved) await limiting.checkSubject(decided.entitlement.sub)
    const decision = bind(decided, confirmation, client)
    // From here on it is known whose the token would be, also where it is refused: then there is none, and so no name of one.
    const named = accessTokens.named(decision.entitlement)
    const { jti, ...known } = toldOfToken(named)
    events.note(known)
    const making = { credentials, headers: proof?.headers, draw, newId, envelopes, now }
    // What can fail comes before what is spent; what was sealed for a request that is refused then is never handed out.
    const refresh_token = decision.refresh_token ?? (await sealRefresh(decision.refresh, client, making))
    const answer = await issue(decision, named, client, refresh_token, making)
    await spendProofs()
    await decision.spend?.()
    events.tell('token.issued', { ...keyRing.told(now), ...(jti !== undefined && { jti }) })
    return answer
  })
}
