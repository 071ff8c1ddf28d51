/**
 * Codes: what a client gets for a person's yes (RFC 6749 §4.1.2).
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import type { CodeFacts } from '../grants/approval_facts.ts'
import { REVOKED_FOR } from '../issuing/revocation_names.ts'
import { TokenError } from '../jose/error.ts'
import type { WayBack } from '../pages/leaving.ts'
import { refusal } from '../protocol/error.ts'
import type { RevocationView } from '../stores/revocations.ts'
import { atHomeOf } from '../token/home.ts'
import type { PurposeEnvelopes, PurposeFacts } from '../token/purpose.ts'
import type { AllowedApps } from './allowed_apps.ts'
import { type Approve, nameAfter } from './approve.ts'
import type { AuthorizationRequest } from './authorization_request.ts'
import type { Answers } from './authorization_response.ts'
import type { PushedRequests } from './pushed_requests.ts'
import type { Session, Sessions } from './session.ts'
import { toldOfPerson, toldOfRequest } from './told_facts.ts'

/** Characters that a code may have: a refresh token, which has facts of its own beside the same approval, is an envelope then, too. */
const LONGEST_CODE = 7900

/** Mints codes, for whoever may. */
export interface Codes {
  /**
   * Checks that a code can be sent for what was asked, by what the login gave: before the person is asked, who would say yes to
   * nothing.
   *
   * @throws {OAuthError} `invalid_request` when both together are too long
   */
  checkFits(request: AuthorizationRequest, session: Session, envelopes: PurposeEnvelopes, now: number): Promise<void>
  /**
   * Returns the way back with a code for what was asked, and notes that it was given: for the page of what was allowed, and for who
   * is told when the session ends.
   *
   * @param answered the consent, where one was asked for: whoever answers it twice gets one code in two envelopes, of which
   * one can be redeemed
   *
   * @throws {OAuthError} `invalid_request_uri` when the request was pushed, and led to a code before;
   * `access_denied` when the app was revoked just now; `invalid_request` as `checkFits`
   */
  send(
    c: Context,
    request: AuthorizationRequest,
    session: Session,
    envelopes: PurposeEnvelopes,
    now: number,
    answered?: Answered,
  ): Promise<WayBack>
}

/** A consent that was answered. */
export interface Answered {
  /** Names it. */
  readonly jti: string
  /** When it can be answered no more. Unix seconds. */
  readonly exp: number
}

/** Seals a code; one that would be too long is the request's fault, by which alone it can be made shorter. */
async function sealCode(facts: PurposeFacts, envelopes: PurposeEnvelopes): Promise<string> {
  try {
    return await envelopes.seal('code', facts)
  } catch (cause) {
    if (!(cause instanceof TokenError) || cause.code !== 'size') throw cause
    throw refusal('invalid_request', 'too_long', 'the code would be too long', { cause })
  }
}

/** What the mint needs beside the context. */
export interface CodeParts {
  readonly approve: Approve
  readonly pushedRequests: PushedRequests
  readonly view: RevocationView
  readonly answers: Answers
  readonly allowed: AllowedApps
  readonly sessions: Sessions
}

/** Returns the mint of codes. */
export function createCodes(
  { settings, newId, events }: EndpointContext,
  { approve, pushedRequests, view, answers, allowed, sessions }: CodeParts,
): Codes {
  const { lives } = settings

  /** Returns a code, and names the grant. */
  async function mint(
    request: AuthorizationRequest,
    session: Session,
    envelopes: PurposeEnvelopes,
    now: number,
    one: string,
    answered: Answered | undefined,
  ): Promise<{ readonly code: string; readonly gid: string }> {
    const { destination, codeChallenge, nonce, dpopJkt, pushed } = request
    const { redirectUri } = destination
    const asked = {
      redirect_uri: redirectUri,
      ...(codeChallenge === undefined ? {} : { code_challenge: codeChallenge }),
      ...(nonce === undefined ? {} : { nonce }),
      ...(dpopJkt === undefined ? {} : { dpop_jkt: dpopJkt }),
      ...(answered === undefined ? {} : { until: answered.exp + lives.code }),
    }
    const facts: CodeFacts = { ...approve(request, session, pushed?.handed?.jti ?? one, now), ...asked }
    const jti = atHomeOf(session.sid, nameAfter('code', one))
    const code = await sealCode({ jti, iat: now, exp: now + lives.code, ...facts }, envelopes)
    if (code.length > LONGEST_CODE)
      throw refusal('invalid_request', 'too_long', `the code has ${code.length} characters`)
    return { code, gid: facts.gid }
  }

  return {
    async checkFits(request, session, envelopes, now) {
      await mint(request, session, envelopes, now, newId(), { jti: '', exp: now + lives.consent })
    },
    async send(c, request, session, envelopes, now, answered) {
      const { destination } = request
      // For some seconds after an app, or a client, was revoked what it is given is dead too: it would ask again and again.
      if (await view.hits({ sub: session.sub, client_id: destination.client.id, iat: now }, now))
        throw refusal('access_denied', 'grant_ended', 'the app was revoked just now', { retryAfter: REVOKED_FOR })
      const one = answered?.jti ?? newId()
      const { code, gid } = await mint(request, session, envelopes, now, one, answered)
      // It may have to be signed: what cannot be said spends nothing.
      const way = await answers.send(destination, code, now)
      await pushedRequests.spend(request.pushed, one, now)
      await allowed.note(c, request, session, envelopes, now)
      await sessions.note(c, request, session, envelopes, now)
      const unasked = destination.client.consent === 'skip' ? 'skipped' : 'remembered'
      const method = answered === undefined ? unasked : 'asked'
      events.tell('consent.given', { ...toldOfRequest(request), ...toldOfPerson(session), gid, method })
      return way
    },
  }
}
