/**
 * The token endpoint (RFC 6749 §3.2): reads all, checks all, then mints.
 *
 * @module
 */

import type { RefreshFacts } from '../grants/approval.ts'
import type { Grant } from '../grants/grant.ts'
import { grants } from '../grants/index.ts'
import { type Client, isPublic } from '../protocol/client.ts'
import { OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import type { Credentials } from '../settings.ts'
import { PROTOCOL_CLAIMS } from '../token/claims.ts'
import { sealDirect } from '../token/direct.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import { authenticateClient } from './client_authentication.ts'
import type { EndpointContext } from './context.ts'
import { type Answer, answerError, answerJson, answerRefusal } from './respond.ts'

/** Bytes that the body of a token request may have. */
export const LONGEST_TOKEN_REQUEST = 16_384

/** A token request, as any framework can hand it over. */
export interface TokenRequest {
  /** The URL that was asked; it may be without its origin. */
  readonly uri: string
  readonly method: string
  readonly headers: Headers | Readonly<Record<string, string>>
  /** The body as text, in UTF-8. */
  readonly body: string
  /** Facts about the request that the hooks `claims` and `response` are to see. Default: none. */
  readonly credentials?: Credentials
}

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

/** Checks that a request is a form in the body, with nothing in the query: that ends in logs (OAuth 2.1 §2.4.1). */
function checkForm(uri: string, headers: Headers): void {
  const type = /^application\/x-www-form-urlencoded\s*(?:;\s*charset="?utf-8"?\s*)?$/i
  if (!type.test(headers.get('content-type') ?? '')) throw new OAuthError('invalid_request', 'the body is not a form')
  if (uri.includes('?')) throw new OAuthError('invalid_request', 'the URL has a query')
}

function chooseGrant(type: string, client: Client): Grant {
  const grant = grants.get(type)
  if (grant === undefined) throw new OAuthError('unsupported_grant_type', 'no such grant type')
  if (!client.grantTypes.has(type))
    throw new OAuthError('unauthorized_client', 'the client may not use this grant type')
  return grant
}

/** The token endpoint as a plain function. It never throws. */
export type TokenEndpoint = (request: TokenRequest) => Promise<Answer>

/** Returns the token endpoint: the same door with or without a framework. */
export function createTokenEndpoint(context: EndpointContext): TokenEndpoint {
  const { settings, hooks, keyRing, log, newId } = context
  const { issuer, resources, clients, guard } = settings

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
    decided: Entitlement,
    refresh_token: string | undefined,
    credentials: Credentials,
    now: number,
  ): Promise<Answer> {
    const claims = ownMembers(hooks.claims?.(decided, credentials), PROTOCOL_CLAIMS)
    const entitlement = { ...decided, claims: { ...decided.claims, ...claims } }
    const resource = resources.get(entitlement.aud)
    if (resource === undefined) throw new RangeError('a grant decided for a resource that is not there')
    const leaves = keyRing.open(now).leavesFor('access', resource.uri, resource.enc, resource.accessTokenLifetime)
    const access_token = await sealDirect(entitlement, issuer, leaves, now)
    const expires_in = entitlement.exp - now
    const scope = entitlement.scope.join(' ')
    const added = ownMembers(hooks.response?.(entitlement, credentials), PROTOCOL_MEMBERS)
    const given = { access_token, token_type: 'Bearer', expires_in, ...(refresh_token && { refresh_token }), scope }
    return answerJson(200, { ...given, ...added })
  }

  async function serve(request: TokenRequest, headers: Headers): Promise<Answer> {
    const now = context.now()
    checkForm(request.uri, headers)
    const parameters = readParameters(request.body)
    parameters.checkOnce()
    const type = parameters.require('grant_type')
    const client = authenticateClient(headers.get('authorization'), parameters, clients)
    const grant = chooseGrant(type, client)
    const keyring = keyRing.open(now)
    const envelopes = context.envelopes(keyring, now)
    const decision = await grant.decide(parameters, client, { now, newId, resources, guard, envelopes })
    const refresh_token = await sealRefresh(decision.refresh, client, envelopes, now)
    return issue(decision.entitlement, refresh_token, request.credentials ?? {}, now)
  }

  return async (request) => {
    const headers = new Headers(request.headers)
    if (request.method !== 'POST') return answerRefusal(405, { Allow: 'POST' })
    if (request.body.length > LONGEST_TOKEN_REQUEST) return answerRefusal(413)
    try {
      return await serve(request, headers)
    } catch (error) {
      const challenge = headers.has('authorization') ? `Basic realm="${issuer}", charset="UTF-8"` : undefined
      return answerError(error, { event: 'token', log, challenge })
    }
  }
}
