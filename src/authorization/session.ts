/**
 * The person's session: a sealed cookie, with the guard's word that it was not ended.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { hasElapsed } from '../elapsed.ts'
import { type Cookies, LONGEST_COOKIE, LONGEST_SESSION } from '../http/cookies.ts'
import { waitUntilOf } from '../http/wait_until.ts'
import type { BackchannelLogout } from '../issuing/backchannel_logout.ts'
import type { KeptTokensAt } from '../issuing/kept_provider_tokens.ts'
import { REVOKED_FOR } from '../issuing/revocation_names.ts'
import type { Person } from '../login/authenticate.ts'
import { nameOfKept, OPENID } from '../openid/openid.ts'
import type { Claims } from '../openid/told_claims.ts'
import { refusal } from '../protocol/error.ts'
import type { RevocationView } from '../stores/revocations.ts'
import type { PurposeEnvelopes, PurposeFacts } from '../token/purpose.ts'
import type { Asked } from './authorization_request.ts'
import { openCookie } from './sealed_cookie.ts'
import { toldOfPerson } from './told_facts.ts'

/** Somebody who logs in, and where. */
export interface LoggedIn extends Person {
  /** What the settings call the provider, of several. */
  readonly provider?: string
}

/** Who is logged in, since when. */
export interface Session extends LoggedIn {
  /** Names the session. */
  readonly sid: string
  /** When its person was last seen to log in. Unix seconds. */
  readonly started_at: number
  /** When it ends. Unix seconds. */
  readonly exp: number
  /** Which clients are told when it ends: their marks, the newest first, run together. Default: none. */
  readonly told?: string
  /** Names the claims that were kept of its login; nothing where the issuer was no OpenID provider. */
  readonly kept?: string
}

/** Sessions of the browsers that ask. */
export interface Sessions {
  /** Returns the session of a browser, or nothing; moves on the time of its last visit. */
  read(c: Context, envelopes: PurposeEnvelopes, now: number): Promise<Session | undefined>
  /** Returns the session that a browser could end: also one without a visit for too long, for refresh tokens hang on it. */
  readToEnd(c: Context, envelopes: PurposeEnvelopes, now: number): Promise<Session | undefined>
  /**
   * Tells whether other claims were kept of the login than are now: whoever asks for some is told what nobody ever looked for.
   *
   * A login of the last minute is taken as it is: while settings change, a machine that has the old ones may have made it, and
   * would make the next one, too.
   */
  isOutdated(session: Session, now: number): boolean
  /**
   * Checks that a session of now would live. For some seconds after a person was revoked what begins is dead too, since the
   * clocks of the issuer's machines differ; who logged in then would be sent to log in again, and again. So would be who has a
   * session that no browser keeps.
   *
   * @throws {OAuthError} `login_failed`; `login_too_long`
   */
  checkCanStart(person: LoggedIn, envelopes: PurposeEnvelopes, now: number): Promise<void>
  /**
   * Begins a session, or goes on with the one that the browser has for this person: under the same name, so that logging
   * out ends all that came of it, and for a whole lifetime from now on. Another person's is ended first.
   *
   * @param browser what the login is bound to: two logins of a person at the same time make one session
   * @returns its name
   */
  start(c: Context, person: LoggedIn, browser: string, envelopes: PurposeEnvelopes, now: number): Promise<string>
  /** Notes that a client was told of a session: when it ends, the client is told that as well, if it wants to hear. */
  note(c: Context, request: Asked, session: Session, envelopes: PurposeEnvelopes, now: number): Promise<void>
  /** Ends a session for good: a copy of its cookie is dead too, and its clients are told. */
  end(c: Context, session: Session, how: 'logout' | 'apps', now: number): Promise<void>
}

/** Seconds after a login in which it is not asked for what it did not keep. */
const TAKEN_AS_IT_IS = 60

/** Seconds between two notes of a visit. */
const NOTE_EVERY = 60

function readFacts(facts: PurposeFacts): Session {
  const { jti, exp, sub, auth_time, is_auth_time_known, started_at, name, acr, amr, claims, told, kept, provider } =
    facts
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
    ...(typeof told === 'string' ? { told } : {}),
    ...(typeof kept === 'string' ? { kept } : {}),
    ...(typeof provider === 'string' ? { provider } : {}),
  }
}

/** Returns the sessions of an issuer. */
export function createSessions(
  context: EndpointContext,
  cookies: Cookies,
  view: RevocationView,
  backchannel: BackchannelLogout,
  keptTokens: KeptTokensAt,
): Sessions {
  const { settings, newId, events } = context
  const { guard, homes, lives, sessionIdleLifetime, longestLife, openid } = settings
  const kept = openid === undefined ? {} : { kept: nameOfKept(openid) }

  function seal({ sid, exp, ...person }: Session, envelopes: PurposeEnvelopes, now: number): Promise<string> {
    // 0.1.0 reads no session without `auth_time`, and takes a login to be of the instant at which it saw it.
    const unknown = person.auth_time === undefined && { auth_time: person.started_at, is_auth_time_known: false }
    return envelopes.seal('session', { jti: sid, iat: now, exp, ...person, ...unknown })
  }

  /** Writes the cookie: without the clients that are told when it ends where 0.1.0 made it too long for these. */
  async function write(
    c: Context,
    { told, ...session }: Session,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<void> {
    const life = session.exp - now
    const whole = await seal(told === undefined ? session : { ...session, told }, envelopes, now)
    const fits = told === undefined || cookies.measure('session', whole, life) <= LONGEST_COOKIE
    cookies.set(c, 'session', fits ? whole : await seal(session, envelopes, now), life)
  }

  /** Checks that a browser keeps the session of a person. */
  async function checkFits(person: LoggedIn, envelopes: PurposeEnvelopes, now: number): Promise<void> {
    // As long as names of sessions are at the most.
    const sid = digestLabels('session', person.sub).padEnd(43 + homes.longest, '-')
    const session = { ...person, ...kept, sid, started_at: now, exp: now + lives.session }
    const length = cookies.measure('session', await seal(session, envelopes, now), lives.session)
    if (length <= LONGEST_SESSION) return
    const parts = Object.entries(person).map(([name, value]) => `${name} ${JSON.stringify(value).length}`)
    const detail = `the cookie of the session would have ${length} bytes, and may have ${LONGEST_SESSION}`
    throw refusal('login_too_long', 'person_unfit', `${detail}; characters of its person: ${parts.join(', ')}`)
  }

  /** Tells whether the person logged out of a session, or was revoked since the login. */
  async function hasEnded({ sid, sub, started_at: iat }: Session, now: number): Promise<boolean> {
    if (guard !== undefined && (await guard.hasEnded([sid]))) return true
    return view.hits({ sub, client_id: undefined, iat }, now)
  }

  /** Returns what a browser brings, be it ended, or without a visit for too long. */
  const bring = (c: Context, envelopes: PurposeEnvelopes) => openCookie(c, cookies, 'session', envelopes)

  /** Ends a session for good, and all that came of it. */
  async function endAtGuard(sid: string, now: number): Promise<void> {
    await guard?.end(sid, now + longestLife)
  }

  /** Tells whether nobody was told of the end of a session yet; a guard that cannot answer keeps no client from hearing. */
  async function isFirst(sid: string, now: number): Promise<boolean> {
    const outcome = await guard?.spend(`logout ${sid}`, now + longestLife).catch(() => undefined)
    return outcome !== 'spent'
  }

  /** Ends a session for good, and tells the clients of it, beside the request: once, however often its cookie comes at the same time. */
  async function endAndTell(c: Context, session: Session, how: string, now: number): Promise<void> {
    const { sid, sub, told = '' } = session
    await endAtGuard(sid, now)
    events.tell('session.ended', { ...toldOfPerson(session), method: how })
    const waitUntil = waitUntilOf(c)
    // What is kept of it at a provider is of no use to anybody any more: nobody waits until that ends, too.
    waitUntil(Promise.resolve(keptTokens(guard, waitUntil)?.dropOf(sub, { session: sid })).catch(() => undefined))
    const clients = backchannel.clientsOf(told)
    if (clients.length === 0) return
    if (await isFirst(sid, now)) backchannel.tell({ sub, sid }, clients, waitUntil, now)
  }

  /** Returns the first of these names that was not ended, or nothing. */
  async function firstLive(sids: readonly string[]): Promise<string | undefined> {
    for (const sid of sids) if ((await guard?.hasEnded([sid])) !== true) return sid
    return undefined
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
    isOutdated: (session, now) => session.kept !== kept.kept && now - session.started_at >= TAKEN_AS_IT_IS,
    async checkCanStart(person, envelopes, now) {
      if (await view.hits({ sub: person.sub, client_id: undefined, iat: now }, now))
        throw refusal('login_failed', 'grant_ended', 'the person was revoked just now', { retryAfter: REVOKED_FOR })
      await checkFits(person, envelopes, now)
    },
    async start(c, person, browser, envelopes, now) {
      const facts = await bring(c, envelopes)
      const brought = facts && readFacts(facts)
      const isAnother = brought !== undefined && brought.sub !== person.sub
      if (isAnother && !(await hasEnded(brought, now))) await endAndTell(c, brought, 'another_login', now)
      const known = brought === undefined || isAnother ? [] : [brought.sid]
      const named = (name: string): string => homes.give(name, c.req.raw, c.env)
      const ofBrowser = named(digestLabels('session', browser, person.sub))
      const sid = (await firstLive([...known, ofBrowser])) ?? named(newId())
      const told = brought?.sid === sid ? brought.told : undefined
      const session = { ...person, ...kept, sid, started_at: now, exp: now + lives.session }
      await write(c, told === undefined ? session : { ...session, told }, envelopes, now)
      return sid
    },
    async note(c, { destination, scope }, session, envelopes, now) {
      const before = session.told ?? ''
      const told = scope.includes(OPENID) ? backchannel.note(before, destination.client) : before
      if (told !== before) await write(c, { ...session, told }, envelopes, now)
    },
    async end(c, session, how, now) {
      await endAndTell(c, session, how, now)
      cookies.drop(c, 'session')
    },
  }
}
