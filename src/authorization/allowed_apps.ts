/**
 * What a person allowed in one browser: a list in a sealed cookie of its own, for the person alone. There is no other store
 * of it: another browser knows nothing of it.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import type { Cookies } from '../http/cookies.ts'
import { resourcesOf } from '../registration/details/authorization_details.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { Asked } from './authorization_request.ts'
import { tellApart } from './person_words.ts'
import { openCookie } from './sealed_cookie.ts'
import type { Session } from './session.ts'
import { ON_DEVICE, type ShowClient } from './shown_client.ts'

/** An app, as it was allowed last. */
export interface AllowedApp {
  readonly client_id: string
  /** The name that was shown. */
  readonly name: string
  /** Of one that nobody configured, who published it, or else where its answers go. */
  readonly host?: string
  readonly resources: readonly string[]
  readonly scope: readonly string[]
  /** What it was told of the person, by what it is called in English; nothing where it asked for nothing. */
  readonly told?: readonly string[]
  /** Unix seconds. */
  readonly at: number
}

/** What the cookie tells, newest first. */
export interface AllowedList {
  readonly apps: readonly AllowedApp[]
  /** Whether older ones had no room. */
  readonly isCut: boolean
}

/** What persons allowed in the browsers that ask. */
export interface AllowedApps {
  /** Returns what this person allowed in this browser. */
  read(c: Context, session: Session, envelopes: PurposeEnvelopes): Promise<AllowedList>
  /** Notes what is allowed now. */
  note(c: Context, request: Asked, session: Session, envelopes: PurposeEnvelopes, now: number): Promise<void>
  /** Takes an app out, or all. */
  drop(
    c: Context,
    clientId: string | undefined,
    session: Session,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<void>
}

/** Returns what persons allowed. */
export function createAllowedApps(
  { settings, newId }: EndpointContext,
  cookies: Cookies,
  showClient: ShowClient,
): AllowedApps {
  const { lives, openid } = settings

  async function read(...[c, session, envelopes]: Parameters<AllowedApps['read']>): Promise<AllowedList> {
    const facts = await openCookie(c, cookies, 'apps', envelopes)
    const apps: unknown = facts?.['apps']
    // Another person's, or the form of a press: it tells nothing.
    if (facts?.['sub'] !== session.sub || !Array.isArray(apps)) return { apps: [], isCut: false }
    return { apps, isCut: facts['is_cut'] === true }
  }

  async function write(
    c: Context,
    { apps, isCut }: AllowedList,
    { sub }: Session,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<void> {
    const facts = { jti: newId(), iat: now, exp: now + lives.apps, sub }
    // What no envelope can hold is too long for the cookie, too.
    const seal = (kept: number) =>
      envelopes
        .seal('apps', { ...facts, apps: apps.slice(0, kept), is_cut: isCut || kept < apps.length })
        .catch(() => undefined)
    await cookies.setMost(c, 'apps', apps.length, seal, lives.apps)
  }

  return {
    read,
    async note(c, request, session, envelopes, now) {
      const { destination, scope, resources, details } = request
      const told = tellApart(openid, request, session.claims)
      const { apps, isCut } = await read(c, session, envelopes)
      const { id } = destination.client
      const { name = ON_DEVICE, walkIn } = showClient(destination)
      const host = walkIn && { host: walkIn.publisher ?? walkIn.place ?? ON_DEVICE }
      const where = [...new Set([...resources, ...resourcesOf(details)])]
      const app = {
        client_id: id,
        name,
        ...host,
        resources: where,
        scope,
        ...(told.length === 0 ? {} : { told }),
        at: now,
      }
      const others = apps.filter(({ client_id }) => client_id !== id)
      await write(c, { apps: [app, ...others], isCut }, session, envelopes, now)
    },
    async drop(c, clientId, session, envelopes, now) {
      if (clientId === undefined) return cookies.drop(c, 'apps')
      const { apps, isCut } = await read(c, session, envelopes)
      const others = apps.filter(({ client_id }) => client_id !== clientId)
      await write(c, { apps: others, isCut }, session, envelopes, now)
    },
  }
}
