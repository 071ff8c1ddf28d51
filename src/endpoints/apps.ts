/**
 * What a person allowed, to be seen and taken back: `GET /apps` and `POST /apps`, for a live session.
 *
 * @module
 */

import type { Context } from 'hono'
import type { AllowedApps } from '../authorization/allowed_apps.ts'
import type { Session, Sessions } from '../authorization/session.ts'
import { ON_DEVICE } from '../authorization/shown_client.ts'
import { toldOfClient, toldOfPerson } from '../authorization/told_facts.ts'
import type { EndpointContext } from '../context.ts'
import type { EventFacts } from '../events/event.ts'
import { checkOwnForm, readBody } from '../http/browser.ts'
import { type Cookies, withCookies } from '../http/cookies.ts'
import { answerErrorPage, toldOf } from '../http/respond.ts'
import { askLanguage, viewOf } from '../http/view.ts'
import { waitUntilOf } from '../http/wait_until.ts'
import type { Revoking } from '../issuing/revoking.ts'
import { TokenError } from '../jose/error.ts'
import { accountOf } from '../login/person.ts'
import { OFFLINE_ACCESS, OPENID } from '../openid/openid.ts'
import { appsPage, endedPage, notLoggedInPage } from '../pages/apps.ts'
import { toPageResponse } from '../pages/page.ts'
import { refusal } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { resourceIn } from '../registration/resource.ts'
import type { PurposeEnvelopes, PurposeFacts } from '../token/purpose.ts'

/** What the endpoint needs beside the context. */
export interface AppsParts {
  readonly cookies: Cookies
  readonly sessions: Sessions
  readonly allowed: AllowedApps
  readonly revoking: Revoking
}

/** Returns the endpoint, for GET and POST. */
export function createAppsEndpoint(
  context: EndpointContext,
  { cookies, sessions, allowed, revoking }: AppsParts,
): (c: Context) => Promise<Response> {
  const { settings, clients, keyRing, log, newId, events } = context
  const { issuer, revocations, guard, resources, userinfo, lives, authenticate } = settings

  /** Returns what the providers are called at which APIs act for the person, but for some of them. */
  function placesOf(uris: readonly string[], except: readonly string[] = []): readonly string[] {
    const handed = new Set(uris.flatMap((uri) => resources.get(uri)?.providerToken?.provider ?? []))
    const left = [...handed].filter((provider) => !except.includes(provider))
    return left.map((provider) => authenticate?.providers?.get(provider)?.label ?? provider)
  }

  async function show(c: Context, session: Session, envelopes: PurposeEnvelopes, now: number): Promise<Response> {
    const view = viewOf(c, settings)
    const { apps, isCut } = await allowed.read(c, session, envelopes)
    const callHere = (name: string): string => (name === ON_DEVICE ? view.words.common.appOnDevice : name)
    const callPlace = (uri: string): string => {
      const resource = resources.get(uri)
      return resource === undefined ? uri : resourceIn(resource, view.language).name
    }
    /** Seals a press: what it ends, in this session. */
    const press = (ends: string | null): Promise<string> =>
      envelopes.seal('apps', { jti: newId(), iat: now, exp: now + lives.consent, sid: session.sid, ends })
    const rows = apps.map(async ({ client_id, name, host, resources: uris, scope, told = [], at }) => ({
      name: callHere(name),
      host: host && callHere(host),
      resources: uris.filter((uri) => uri !== userinfo?.uri).map(callPlace),
      actsAt: placesOf(uris),
      // What asks who the person is stands there in words.
      scope: scope.filter((token) => userinfo?.scopes.includes(token) !== true),
      told: scope.includes(OPENID) && userinfo !== undefined ? told : undefined,
      isOffline: userinfo !== undefined && scope.includes(OFFLINE_ACCESS),
      at,
      press: await press(client_id),
    }))
    const page = appsPage(view, {
      account: accountOf(session),
      apps: await Promise.all(rows),
      isCut,
      pressAll: await press(null),
      can: revocations !== undefined ? 'end apps' : guard !== undefined ? 'log out' : 'nothing',
    })
    return withCookies(c, await toPageResponse(200, page))
  }

  /** Opens a press, in the very session in which it was shown. */
  async function open(c: Context, session: Session, envelopes: PurposeEnvelopes): Promise<PurposeFacts> {
    checkOwnForm(c.req.raw.headers, issuer)
    const form = readParameters(await readBody(c.req.raw))
    form.checkOnce()
    askLanguage(c, form.get('ui_locales'))
    try {
      const facts = await envelopes.open('apps', form.require('press'))
      if (facts['sid'] === session.sid) return facts
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
    }
    throw refusal('foreign_form', 'foreign_form', 'the form was made for another session, or is over')
  }

  /** Returns what is told of what a person takes back: of an app whose client is gone no more than that it was one. */
  function toldOfEnding(clientId: string | undefined): EventFacts {
    const client = clientId === undefined ? undefined : clients.find(clientId)
    return { method: clientId === undefined ? 'all' : 'app', ...(client && toldOfClient(client)) }
  }

  async function end(c: Context, session: Session, envelopes: PurposeEnvelopes, now: number): Promise<Response> {
    events.note(toldOfPerson(session))
    const { ends } = await open(c, session, envelopes)
    if (revocations === undefined)
      throw refusal('invalid_request', 'no_guard', 'there is no list that could remember it')
    const clientId = typeof ends === 'string' ? ends : undefined
    const { apps } = await allowed.read(c, session, envelopes)
    const ending = apps.filter(({ client_id }) => clientId === undefined || client_id === clientId)
    const waitUntil = waitUntilOf(c)
    const ended =
      clientId === undefined
        ? await revoking.subject(session.sub, now, 'approval', waitUntil)
        : await revoking.app(session.sub, clientId, now, 'approval', waitUntil)
    const uris = ending.flatMap((app) => app.resources)
    await allowed.drop(c, clientId, session, envelopes, now)
    // Nothing is remembered of what was taken back: it is asked for again.
    cookies.drop(c, 'remember')
    events.tell('subject.revoked', toldOfEnding(clientId))
    if (clientId === undefined) await sessions.end(c, session, 'apps', now)
    log({
      level: 'info',
      event: 'apps',
      code: clientId === undefined ? 'all' : 'app',
      ...(clientId && { client: clientId }),
    })
    return withCookies(
      c,
      await toPageResponse(200, endedPage(viewOf(c, settings), clientId === undefined, placesOf(uris, ended))),
    )
  }

  return async (c) => {
    try {
      const now = context.now()
      const envelopes = context.envelopes(keyRing.open(now), now)
      const session = await sessions.read(c, envelopes, now)
      if (session === undefined) return withCookies(c, await toPageResponse(200, notLoggedInPage(viewOf(c, settings))))
      return await (c.req.method === 'POST' ? end : show)(c, session, envelopes, now)
    } catch (error) {
      if (c.req.method === 'POST') events.tell('subject.revoked', toldOf(error))
      return answerErrorPage(error, { view: viewOf(c, settings), event: 'apps', log, retryAt: `${issuer}/apps` })
    }
  }
}
