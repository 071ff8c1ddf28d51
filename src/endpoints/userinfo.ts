/**
 * The userinfo endpoint: tells a client of the person who let it, out of the token that asks (OpenID Connect Core §5.3). It is a
 * resource server of the issuer's own, by the rules of all: RFC 6750, RFC 9449 §7, RFC 8705 §3. Nothing is looked up but whether
 * the token has ended.
 *
 * @module
 */

import { createDpop } from '../authentication/dpop.ts'
import type { EndpointContext } from '../context.ts'
import { USERINFO_CLAIM } from '../grants/login_facts.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { readBody } from '../http/browser.ts'
import { tellRefusal } from '../http/form_endpoint.ts'
import { type Answer, answerError, answerJson, toOAuthError } from '../http/respond.ts'
import type { AccessTokens } from '../issuing/access_tokens.ts'
import type { HasEnded } from '../issuing/ended.ts'
import type { TellPerson } from '../issuing/live_profile.ts'
import { toldOfToken } from '../issuing/told_entitlement.ts'
import { signUserinfo } from '../issuing/userinfo_answers.ts'
import { OPENID, type Openid } from '../openid/openid.ts'
import { type Claims, stillTold } from '../openid/told_claims.ts'
import { answerBearer, type BearerErrorCode, readBearer, type Scheme } from '../protocol/bearer.ts'
import { refusal } from '../protocol/error.ts'
import { isFormType } from '../protocol/media_type.ts'
import type { Reason } from '../protocol/reasons.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { Resource } from '../registration/resource.ts'
import { scopesOf } from '../registration/resource_indicator.ts'
import { isShownRightly } from '../token/confirmation.ts'
import { DPOP_ALGORITHMS } from '../token/dpop.ts'

/** How tokens are shown. */
const SCHEMES: readonly Scheme[] = ['Bearer', 'DPoP']

/** Codes that DPoP has at a resource too: there they are a 401 (RFC 9449 §7.1, §9). */
const OF_PROOFS: readonly string[] = ['invalid_dpop_proof', 'use_dpop_nonce'] satisfies BearerErrorCode[]

/** What a developer reads who looks for another way in. */
const ONE_WAY = 'The access token is to come in the Authorization header, once, and nowhere else.'

/** What the endpoint needs beside the context. */
export interface UserinfoParts {
  readonly accessTokens: AccessTokens
  readonly hasEnded: HasEnded
  readonly tellPerson: TellPerson
}

/** Tells whether a token comes in the query or in a form: there it ends in logs, and nothing proves who sent it (OAuth 2.1 §5.1). */
async function isElsewhere(request: Request): Promise<boolean> {
  if (new URL(request.url).searchParams.has('access_token')) return true
  const isForm = request.method === 'POST' && isFormType(request.headers.get('content-type'))
  return isForm && new URLSearchParams(await readBody(request)).has('access_token')
}

/** Returns the userinfo endpoint, for GET, HEAD and POST. */
export function createUserinfoEndpoint(
  context: EndpointContext,
  { accessTokens, hasEnded, tellPerson }: UserinfoParts,
  userinfo: Resource,
  openid: Openid,
): (request: Request, certificate: ClientCertificate | undefined) => Promise<Answer> {
  const { clients, events } = context
  const { pairwise } = context.settings
  const { log } = context
  const dpop = createDpop(context)

  /** Returns the answer to who is not let in: one for every token that is not good. The log says why. */
  function refuse(code: BearerErrorCode, reason: Reason, detail: string, scheme?: Scheme, nonce?: string): Answer {
    log({ level: 'warn', event: 'userinfo', code, reason, detail })
    events.tell('userinfo.told', { reason })
    const { status, headers } = answerBearer(code, {
      realm: userinfo.uri,
      resourceMetadata: undefined,
      scope: code === 'insufficient_scope' ? OPENID : undefined,
      schemes: scheme === undefined ? SCHEMES : [scheme],
      algorithms: DPOP_ALGORITHMS.join(' '),
      nonce,
    })
    // Who brought nothing is told of no error (RFC 6750 §3.1).
    if (code === 'no_credentials') return { status, headers, body: '' }
    const said = code === 'invalid_request' ? { error_description: ONE_WAY } : {}
    return answerJson(status, { error: code, ...said }, headers)
  }

  async function serve(request: Request, certificate: ClientCertificate | undefined): Promise<Answer> {
    const { url, method, headers } = request
    const shown = readBearer({ url, header: (name) => headers.get(name) ?? undefined }, SCHEMES)
    const { scheme } = shown
    if (await isElsewhere(request))
      return refuse('invalid_request', 'malformed', 'a token stands in the query, or in the body', scheme)
    if (!shown.ok)
      return refuse(
        shown.code,
        'token_missing',
        'there is no token in the Authorization header, or more than one',
        scheme,
      )
    const { token } = shown
    const now = context.now()
    const asked = { headers, endpoint: '/userinfo', method, token, now }
    const proof = scheme === 'DPoP' ? await dpop.check(asked) : undefined
    if (scheme === 'DPoP' && proof === undefined)
      return refuse('invalid_dpop_proof', 'dpop_missing', 'there is no proof', scheme)
    const opened = await accessTokens.open(token, [userinfo], now)
    if (opened === undefined)
      return refuse('invalid_token', 'token_unopened', 'it does not open, or has expired', scheme)
    const { cnf, scope, claims, sub, client_id = '' } = opened.entitlement
    if (!isShownRightly(cnf, { jkt: proof?.jkt, 'x5t#S256': certificate?.thumbprint }))
      return refuse('invalid_token', 'wrong_key', 'it is not shown with what it is bound to', scheme)
    const client = clients.find(client_id)
    if (client === undefined && !context.isWhole)
      throw refusal('invalid_client', 'unknown_client', 'its client is not there yet')
    if (client === undefined)
      return refuse('invalid_token', 'unknown_client', 'its client is not there any more', scheme)
    events.note({ client: client.id, proved: false, ...toldOfToken(opened.entitlement) })
    if (await hasEnded(opened, now))
      return refuse('invalid_token', 'grant_ended', 'it was revoked, or what it came of has ended', scheme)
    const allowed = scopesOf(client, userinfo)
    const left = scope.filter((one) => allowed.includes(one))
    if (!left.includes(OPENID))
      return refuse('insufficient_scope', 'scope', 'it has no openid, or its client no more', scheme)
    const told = await tellPerson(sub, stillTold(openid, claims[USERINFO_CLAIM] as Claims, scope, client.scopes))
    const named = { ...told, sub: pairwise.nameAt(client.openid, 'sub', sub) }
    const signed = await signUserinfo(context, named, client, now)
    await proof?.spend()
    events.tell('userinfo.told')
    if (signed === undefined) return answerJson(200, named, proof?.headers)
    const jwt = { 'Content-Type': 'application/jwt', 'Cache-Control': 'no-store' }
    return { status: 200, headers: { ...proof?.headers, ...jwt }, body: signed }
  }

  return async (request, certificate) => {
    try {
      return await serve(request, certificate)
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      const { code, reason, message, dpopNonce } = toOAuthError(error)
      if (OF_PROOFS.includes(code)) return refuse(code as BearerErrorCode, reason, message, 'DPoP', dpopNonce)
      tellRefusal(events, 'userinfo.told', error)
      return answerError(error, { event: 'userinfo', log })
    }
  }
}
