/**
 * Relying parties that other people wrote, each with a server of its own, and the issuer that logs people in for all of them.
 *
 * @module
 */

import { createServer, type RequestListener, type Server } from 'node:http'
import { createAdaptorServer, getRequestListener } from '@hono/node-server'
import { createRing, writeRing } from '../../keys/index.ts'
import { type ClientSettings, createIssuer, createMemoryGuard, createMemoryRevocations } from '../../src/index.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { secretHash, testKey } from '../fixtures.ts'
import { freePort } from './live_issuer.ts'
import { ALICE } from './openid_provider.ts'
import { RING_RSA } from './partner.ts'

/** What a relying party is told of its registration. */
export interface Registration {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** By which algorithm its ID tokens are signed. */
  readonly alg: 'RS256' | 'ES256'
  readonly scope: string
  /** Where it is. */
  readonly origin: string
  /** Where its server listens, on 127.0.0.1. */
  readonly port: number
}

/** What a relying party says of who logged in. */
export interface Said {
  readonly sub?: unknown
  readonly name?: unknown
  readonly email?: unknown
}

/** What a relying party knows its own login by, when the issuer answers. */
export type Check = 'state' | 'nonce' | 'pkce'

/**
 * A relying party. Below its origin, `/me` says who is logged in, as JSON: nothing of nobody; `/refresh`, where there is one, says
 * the same of what came with a refresh.
 */
export interface RelyingParty {
  /** Where a person begins to log in. */
  readonly login: string
  /** Where the issuer answers. */
  readonly callback: string
  /** Where a person logs out. Default: it has no logout that the issuer hears of. */
  readonly logout?: string
  /** Where the issuer tells it of a logout (OpenID Connect Back-Channel Logout §2.2). Default: nowhere. */
  readonly backchannelLogout?: string
  /** Whether it can refresh. Default false. */
  readonly refreshes?: boolean
  /** What it says of alice if her ID token is thin. Default: all that it says otherwise. */
  readonly thin?: Said
  /** What it sends to know its own login again. Default: all three. Without PKCE it is registered with `pkce: 'optional'`. */
  readonly checks?: readonly Check[]
  /** Starts its server, and returns what stops it. */
  start(registration: Registration): Promise<() => void>
}

/** What everybody says of alice. */
export const SAID: Said = { sub: 'alice', name: ALICE.name, email: ALICE.email }

/** Tells whether a relying party sends one of these. */
export function sends({ checks = ['state', 'nonce', 'pkce'] }: RelyingParty, ...any: readonly Check[]): boolean {
  return any.some((check) => checks.includes(check))
}

/** Returns what claims say of a person. */
export function saidBy({ sub, name, email }: Said): Said {
  return { sub, name, email }
}

/** The name of the cookie by which the applications that have no session of their own know a browser. */
const COOKIE = 'application'

/** Returns the session of a browser at an application that has none of its own, and the header that begins it. */
export function createSessions<Session extends object>(): (request: Request) => {
  readonly session: Partial<Session>
  readonly headers: Record<string, string>
} {
  const sessions = new Map<string, Partial<Session>>()
  return (request) => {
    const [, known] = new RegExp(`${COOKIE}=([\\w-]+)`).exec(request.headers.get('cookie') ?? '') ?? []
    const id = known ?? crypto.randomUUID()
    const session = sessions.get(id) ?? {}
    sessions.set(id, session)
    return { session, headers: { 'set-cookie': `${COOKIE}=${id}; HttpOnly; Path=/` } }
  }
}

/** Listens on a port of 127.0.0.1; returns what stops it. */
export function listenOn(port: number, listener: RequestListener): Promise<() => void> {
  const server = createServer(listener)
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () =>
      resolve(() => {
        server.closeAllConnections()
        server.close()
      }),
    )
  })
}

/** Listens for an application in the style of the web platform. */
export function serveOn(port: number, fetch: (request: Request) => Response | Promise<Response>): Promise<() => void> {
  return listenOn(port, getRequestListener(fetch))
}

/** The ways in which each relying party is registered. */
export const WAYS = {
  RS256: {},
  ES256: { id_token_signed_response_alg: 'ES256' },
  'a thin ID token': { id_token_claims: false },
} as const satisfies Readonly<Record<string, ClientSettings>>

/** One of the ways. */
export type Way = keyof typeof WAYS

/** Relying parties that run. */
export interface RunningParties {
  readonly issuer: string
  /** The grant types that were asked for at the token endpoint, in that order. */
  readonly grants: string[]
  /** Returns where one is. */
  originOf(party: string, way: Way): string
  stop(): void
}

/** Where the relying parties stand for an issuer that tells public hosts alone of a logout: its `fetch` leads from there to here. */
const PUBLIC = 'parties.example'

const SCOPE = 'openid profile email'

/** Starts an issuer, and each relying party in each way. */
export async function startParties(parties: Readonly<Record<string, RelyingParty>>): Promise<RunningParties> {
  const now = () => Math.floor(Date.now() / 1000)
  const issuer = `http://localhost:${await freePort()}`
  const entries = await Promise.all(
    Object.entries(parties).flatMap(([name, party]) =>
      Object.entries(WAYS).map(async ([way, settings]) => {
        const port = await freePort()
        const alg: Registration['alg'] = way === 'ES256' ? way : 'RS256'
        const clientId = `${name} ${way}`.replaceAll(/\W+/g, '-')
        const registration = { issuer, clientId, clientSecret: `secret of ${clientId}`, alg, scope: SCOPE, port }
        return { key: `${name} ${way}`, party, settings, ...registration, origin: `http://127.0.0.1:${port}` }
      }),
    ),
  )
  const clients = entries.map(({ party, settings, clientId, clientSecret, origin, port }): [string, ClientSettings] => [
    clientId,
    {
      secret_hash: secretHash(clientSecret),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [`${origin}${party.callback}`],
      // With a slash and without: each sends what it was given, or not quite.
      post_logout_redirect_uris: [`${origin}/`, origin],
      scopes: ['openid', 'profile', 'email'],
      ...(party.backchannelLogout === undefined
        ? {}
        : { backchannel_logout_uri: `https://p${port}.${PUBLIC}${party.backchannelLogout}` }),
      ...settings,
      ...(sends(party, 'pkce') ? {} : { pkce: 'optional' }),
    },
  ])
  const app = createIssuer({
    issuer,
    keyRing: writeRing(createRing({ now: now(), key: testKey(), rsaKey: RING_RSA })),
    resources: {},
    openid: {},
    clients: Object.fromEntries(clients),
    authenticate: async (request, transaction) => {
      const person = await developmentLogin(request, transaction)
      return person instanceof Response ? person : { ...person, claims: ALICE }
    },
    guard: createMemoryGuard(now),
    revocations: createMemoryRevocations('salt'),
    fetch: (url, init) => fetch(url.replace(new RegExp(`^https://p(\\d+)\\.${PUBLIC}/`), 'http://127.0.0.1:$1/'), init),
    log: () => {},
  })
  const grants: string[] = []
  async function answer(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/token') {
      const form = new URLSearchParams(await request.clone().text())
      grants.push(form.get('grant_type') ?? '')
    }
    return app.fetch(request)
  }
  const server = createAdaptorServer({ fetch: answer }) as Server
  await new Promise<void>((resolve) => server.listen(Number(new URL(issuer).port), 'localhost', resolve))
  const stops = await Promise.all(entries.map(({ party, ...registration }) => party.start(registration)))
  return {
    issuer,
    grants,
    originOf: (party, way) => entries.find(({ key }) => key === `${party} ${way}`)?.origin ?? '',
    stop() {
      for (const stop of stops) stop()
      server.closeAllConnections()
      server.close()
    },
  }
}
