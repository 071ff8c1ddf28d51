/**
 * Clients are told that a person logged out (OpenID Connect Back-Channel Logout §2.4, §2.5). Told, not promised: a client that is
 * down, slow or wrong keeps nobody from logging out, and nobody waits for it.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import type { Client } from '../registration/clients/client.ts'
import { describeFailure, describeStatus, type Fetch } from '../remote/document.ts'
import type { WaitUntil } from '../wait_until.ts'
import { sidFor } from './id_tokens.ts'

/** `typ` of a logout token: it is taken for no ID token, and no door of ours takes it. */
const LOGOUT_TOKEN_TYP = 'logout+jwt'

/** The event that it tells (§2.4). */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** Seconds that a logout token lives. */
const LIFE = 120

/** Milliseconds that a client may take to answer. */
const PATIENCE = 2500

/** Milliseconds before a client that could not answer is told once more. */
const PAUSE = 500

/** How many are told at the same time: a worker has six connections. */
const TOGETHER = 5

/** How many clients a session remembers to tell: the newest. */
const MOST_TOLD = 20

/** Characters of a client's mark. */
const MARK = 8

/** What has ended. */
export interface Ended {
  /** The person, as the issuer says. */
  readonly sub: string
  /** The session; all of them where it is not there. */
  readonly sid?: string
}

/** Tells clients that want to hear of it. */
export interface BackchannelLogout {
  /**
   * Returns whom to tell when a session ends, with a client before the others that was given something now: 8 characters of a
   * digest of each, the newest first, run together. The same text where there is nothing to add.
   */
  note(told: string, client: Client): string
  /** Tells clients beside the request; whom it cannot tell, the log tells. It never throws. */
  tell(ended: Ended, clients: Iterable<Client>, waitUntil: WaitUntil, now: number): void
  /** Returns the clients that a session remembers, and all that want to hear. */
  clientsOf(told: string): readonly Client[]
  /** The clients that want to hear. */
  readonly listening: readonly Client[]
}

/** What came of telling a client: nothing that is wrong, or what, and whether it may do better. */
type Outcome = { readonly detail: string; readonly mayPass: boolean } | undefined

/** Returns what tells the clients of an issuer. `fetch` takes the tokens there. */
export function createBackchannelLogout(
  { settings, sign: signWith, log, newId, events }: EndpointContext,
  fetch: Fetch,
): BackchannelLogout {
  const { issuer, openid, clients, pairwise } = settings
  const listening =
    openid === undefined
      ? []
      : [...clients.values()].filter((client) => client.openid.backchannelLogoutUri !== undefined)
  const markOf = ({ id }: Client): string => digestLabels('backchannel', id).slice(0, MARK)
  const byMark = new Map(listening.map((client) => [markOf(client), client]))

  function sign({ sub, sid }: Ended, client: Client, now: number): Promise<string> {
    const token = {
      iss: issuer,
      aud: client.id,
      iat: now,
      exp: now + LIFE,
      jti: newId(),
      events: { [EVENT]: {} },
      sub: pairwise.nameAt(client.openid, 'sub', sub),
      ...(sid === undefined ? {} : { sid: sidFor(sid, client.id) }),
    }
    return signWith(token, LOGOUT_TOKEN_TYP, client.openid.idTokenAlg, now)
  }

  /** Sends a token once (§2.5). Nothing of the answer is read but its status (§2.8). */
  async function send(url: string, token: string): Promise<Outcome> {
    try {
      const { status, body } = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ logout_token: token }).toString(),
        // `redirect: 'error'` throws in workerd.
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE),
      })
      await body?.cancel()
      if (status === 200 || status === 204) return undefined
      return { detail: describeStatus(status), mayPass: status >= 500 || status === 429 }
    } catch (error) {
      return { detail: describeFailure(error, PATIENCE), mayPass: true }
    }
  }

  async function tellOne(ended: Ended, client: Client, now: number): Promise<void> {
    const line = { event: 'backchannel_logout', client: client.id } as const
    try {
      const url = client.openid.backchannelLogoutUri ?? ''
      const token = await sign(ended, client, now)
      let outcome = await send(url, token)
      if (outcome?.mayPass === true) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
        outcome = await send(url, token)
      }
      if (outcome === undefined) log({ level: 'info', ...line })
      else {
        log({ level: 'warn', ...line, detail: `not told: ${outcome.detail}` })
        events.tell('remote.failed', {
          outcome: 'error',
          reason: 'remote_down',
          method: 'backchannel_logout',
          client: client.id,
        })
      }
    } catch (error) {
      log({ level: 'error', ...line, detail: `not told: ${(error as Error).name}` })
    }
  }

  async function tellAll(ended: Ended, told: readonly Client[], now: number): Promise<void> {
    const waiting = [...told]
    const next = async (): Promise<void> => {
      for (let client = waiting.shift(); client !== undefined; client = waiting.shift())
        await tellOne(ended, client, now)
    }
    await Promise.all(Array.from({ length: TOGETHER }, next))
  }

  function clientsOf(told: string): readonly Client[] {
    const marks = told.match(new RegExp(`.{${MARK}}`, 'g')) ?? []
    return marks.slice(0, MOST_TOLD).flatMap((mark) => byMark.get(mark) ?? [])
  }

  return {
    listening,
    clientsOf,
    note(told, client) {
      const mark = markOf(client)
      if (!byMark.has(mark) || told.startsWith(mark)) return told
      // Who is no client any more, or wants to hear no more, leaves.
      const others = clientsOf(told).filter(({ id }) => id !== client.id)
      return [client, ...others].slice(0, MOST_TOLD).map(markOf).join('')
    },
    tell(ended, told, waitUntil, now) {
      const all = [...told]
      if (all.length > 0) waitUntil(tellAll(ended, all, now))
    },
  }
}
