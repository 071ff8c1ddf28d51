/**
 * The person's session: a sealed cookie, with the guard's word that it was not ended.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { hasElapsed } from '../elapsed.ts'
import { type Cookies, LONGEST_COOKIE } from '../http/cookies.ts'
import { REVOKED_FOR } from '../issuing/revoking.ts'
import { TokenError } from '../jose/error.ts'
import type { Person } from '../login/authenticate.ts'
import type { Claims } from '../openid/told_claims.ts'
import { OAuthError } from '../protocol/error.ts'
import type { RevocationView } from '../stores/revocations.ts'
import type { PurposeEnvelopes, PurposeFacts } from '../token/purpose.ts'

/** Who is logged in, since when. */
export interface Session extends Person {
  /** Names the session. */
  readonly sid: string
  /** When its person was last seen to log in. Unix seconds. */
  readonly started_at: number
  /** When it ends. Unix seconds. */
  readonly exp: number
}

/** Sessions of the browsers that ask. */
export interface Sessions {
  /** Returns the session of a browser, or nothing; moves on the time of its last visit. */
  read(c: Context, envelopes: PurposeEnvelopes, now: number): Promise<Session | undefined>
  /** Returns the session that a browser could end: also one without a visit for too long, for refresh tokens hang on it. */
  readToEnd(c: Context, envelopes: PurposeEnvelopes, now: number): Promise<Session | undefined>
  /**
   * Checks that a session of now would live. For some seconds after a person was revoked what begins is dead too, since the
   * clocks of the issuer's machines differ; who logged in then would be sent to log in again, and again. So would be who has a
   * session that no browser keeps.
   *
   * @throws {OAuthError} `login_failed`; `login_too_long`
   */
  checkCanStart(person: Person, envelopes: PurposeEnvelopes, now: number): Promise<void>
  /**
   * Begins a session, or goes on with the one that the browser has for this person: under the same name, so that logging
   * out ends all that came of it, and for a whole lifetime from now on. Another person's is ended first.
   *
   * @param browser what the login is bound to: two logins of a person at the same time make one session
   */
  start(c: Context, person: Person, browser: string, envelopes: PurposeEnvelopes, now: number): Promise<void>
  /** Ends a session for good: a copy of its cookie is dead too. */
  end(c: Context, session: Session, now: number): Promise<void>
}

/** Seconds between two notes of a visit. */
const NOTE_EVERY = 60

function readFacts(facts: PurposeFacts): Session {
  const { jti, exp, sub, auth_time, is_auth_time_known, started_at, name, acr, amr, claims } = facts
  return {
    sid: jti,
    exp,
    started_at: Number(started_at),
    sub: String(sub),
    ...(is_auth_time_known === false ? {} : { auth_time: Number(auth_time) }),
    ...(typeof name === 'string' || name === null ? { name } : {}),
    ...(typeof acr === 'string' ? { acr } : {}),
    ...(Array.isArray(amr) ? { amr } : {}),
    ...(typeof claims === 'object' && claims !== null ? { claims: claims as Claims } : {}),
  }
}

/** Returns the sessions of an issuer. */
export function createSessions(context: EndpointContext, cookies: Cookies, view: RevocationView): Sessions {
  const { settings, newId } = context
  const { guard, lives, sessionIdleLifetime, longestLife } = settings

  function seal({ sid, exp, ...person }: Session, envelopes: PurposeEnvelopes, now: number): Promise<string> {
    // 0.1.0 reads no session without `auth_time`, and takes a login to be of the instant at which it saw it.
    const unknown = person.auth_time === undefined && { auth_time: person.started_at, is_auth_time_known: false }
    return envelopes.seal('session', { jti: sid, iat: now, exp, ...person, ...unknown })
  }

  async function write(c: Context, session: Session, envelopes: PurposeEnvelopes, now: number): Promise<void> {
    cookies.set(c, 'session', await seal(session, envelopes, now), session.exp - now)
  }

  /** Checks that a browser keeps the session of a person. */
  async function checkFits(person: Person, envelopes: PurposeEnvelopes, now: number): Promise<void> {
    // As long as names of sessions are at the most.
    const sid = digestLabels('session', person.sub)
    const session = { ...person, sid, started_at: now, exp: now + lives.session }
    const length = cookies.measure('session', await seal(session, envelopes, now), lives.session)
    if (length <= LONGEST_COOKIE) return
    const parts = Object.entries(person).map(([name, value]) => `${name} ${JSON.stringify(value).length}`)
    const detail = `the cookie of the session would have ${length} bytes, and browsers keep ${LONGEST_COOKIE}`
    throw new OAuthError('login_too_long', `${detail}; characters of its person: ${parts.join(', ')}`)
  }

  async function open(envelope: string, envelopes: PurposeEnvelopes): Promise<PurposeFacts | undefined> {
    try {
      return await envelopes.open('session', envelope)
    } catch (error) {
      if (error instanceof TokenError) return undefined
      throw error
    }
  }

  /** Tells whether the person logged out of a session, or was revoked since the login. */
  async function hasEnded({ sid, sub, started_at: iat }: Session, now: number): Promise<boolean> {
    if (guard !== undefined && (await guard.hasEnded([sid]))) return true
    return view.hits({ sub, client_id: undefined, iat }, now)
  }

  /** Returns what a browser brings, be it ended, or without a visit for too long. */
  async function bring(c: Context, envelopes: PurposeEnvelopes): Promise<PurposeFacts | undefined> {
    const envelope = cookies.get(c, 'session')
    return envelope === undefined ? undefined : open(envelope, envelopes)
  }

  /** Ends a session for good, and all that came of it. */
  async function endAtGuard(sid: string, now: number): Promise<void> {
    await guard?.end(sid, now + longestLife)
  }

  /** Returns the first of these names that was not ended, or a new one. */
  async function nameOf(sids: readonly string[]): Promise<string> {
    for (const sid of sids) if ((await guard?.hasEnded([sid])) !== true) return sid
    return newId()
  }

  return {
    async readToEnd(c, envelopes, now) {
      const facts = await bring(c, envelopes)
      if (facts === undefined) return undefined
      const session = readFacts(facts)
      return (await hasEnded(session, now)) ? undefined : session
    },
    async read(c, envelopes, now) {
      const facts = await bring(c, envelopes)
      if (facts === undefined || now - facts.iat > sessionIdleLifetime) return undefined
      const session = readFacts(facts)
      if (await hasEnded(session, now)) return undefined
      if (hasElapsed(facts.iat, NOTE_EVERY, now)) await write(c, session, envelopes, now)
      return session
    },
    async checkCanStart(person, envelopes, now) {
      if (await view.hits({ sub: person.sub, client_id: undefined, iat: now }, now))
        throw new OAuthError('login_failed', 'the person was revoked just now', { retryAfter: REVOKED_FOR })
      await checkFits(person, envelopes, now)
    },
    async start(c, person, browser, envelopes, now) {
      const brought = await bring(c, envelopes)
      const isAnother = brought !== undefined && brought['sub'] !== person.sub
      if (isAnother) await endAtGuard(brought.jti, now)
      const known = brought === undefined || isAnother ? [] : [brought.jti]
      const sid = await nameOf([...known, digestLabels('session', browser, person.sub)])
      await write(c, { ...person, sid, started_at: now, exp: now + lives.session }, envelopes, now)
    },
    async end(c, { sid }, now) {
      await endAtGuard(sid, now)
      cookies.drop(c, 'session')
    },
  }
}
