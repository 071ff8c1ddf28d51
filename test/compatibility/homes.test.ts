import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, type Ring, writeRing } from '../../keys/index.ts'
import type { Issuer, IssuerSettings } from '../../src/index.ts'
import { type OpenStores, openStores } from '../../src/node/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { drive } from '../cases/login.mjs'
import { API, ISSUER, testKey, VARS } from '../fixtures.ts'
import { errorOf, tokensOf } from '../parties/drive/step.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { type App, createApp, createPerson, formOf, VERIFIER } from '../parties/person.ts'
import { type RedisServer, startRedis } from '../parties/redis_server.ts'
import { OWN, unpack, type Version } from './versions.ts'

const REFUSED = [400, 'invalid_grant']
const SETTINGS: Pick<IssuerSettings, 'resources' | 'clients'> = {
  resources: { [API]: { scopes: ['read'] } },
  clients: {
    pub: {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/cb'],
      resources: [API],
      scopes: ['read'],
    },
  },
}

/** A version that is live, with an app at it, and people. */
interface Live {
  readonly app: App
  code(): Promise<string>
}

describe('0.1.0 and this version on one guard, both live', () => {
  let redis: RedisServer
  let packed: Version
  const stores: OpenStores[] = []
  const now = Math.floor(Date.now() / 1000)
  const ring = writeRing(createRing({ now: now - 5, key: testKey() }))

  beforeAll(async () => {
    ;[redis, packed] = await Promise.all([startRedis(), unpack('0.1.0')])
  })
  afterAll(async () => {
    for (const { close } of stores) await close()
    await redis?.stop()
  })

  async function goLive({ issuer }: Version, more: Partial<IssuerSettings> = {}): Promise<Live> {
    const opened = await openStores(redis.url)
    stores.push(opened)
    await opened.guard.ready()
    const { url, issuer: name, jwks } = VARS.LOGIN
    const live: Issuer = issuer.createIssuer({
      ...SETTINGS,
      ...{ issuer: ISSUER, keyRing: ring, guard: opened.guard, log: () => {}, now: () => now },
      authenticate: issuer.ownLoginPage({ url, issuer: name, jwks } as never),
      ...more,
    } as never)
    const ask = (request: Request): Response | Promise<Response> => live.fetch(request)
    const code = async (): Promise<string> =>
      (await createPerson(ask, { now: () => now }).answer('allow')).searchParams.get('code') ?? ''
    return { app: createApp(ask), code }
  }

  it('redeem a hundred codes once each, of either, while this one gives no homes', async () => {
    const both = [await goLive(packed), await goLive(OWN)]
    for (const { code } of both) {
      const codes = await Promise.all(Array.from({ length: 50 }, code))
      expect(new Set(codes).size).toBe(50)
      for (const one of codes) {
        const answers = await Promise.all(both.map(({ app }) => app.redeem(one)))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
      }
    }
  })

  it('open nothing with a home but at the one that reads it: 0.1.0 spends nothing of it, and ends nothing', async () => {
    const [old, own, reading] = [await goLive(packed), await goLive(OWN, { homes: { count: 64 } }), await goLive(OWN)]
    const [code, taken] = [await own.code(), await own.code()]
    const { refresh_token = '' } = await tokensOf(await own.app.redeem(taken))
    for (const one of [code, taken]) expect(await errorOf(await old.app.redeem(one))).toEqual(REFUSED)
    expect(await errorOf(await old.app.refresh(refresh_token))).toEqual(REFUSED)
    const next = await tokensOf(await reading.app.refresh(refresh_token))
    expect(await errorOf(await old.app.refresh(next.refresh_token ?? ''))).toEqual(REFUSED)
    await tokensOf(await own.app.refresh(next.refresh_token ?? ''))
    await tokensOf(await reading.app.redeem(code))
    for (const { app } of [old, own, reading]) expect(await errorOf(await app.redeem(code))).toEqual(REFUSED)
  })
})

describe('this version with homes, 0.1.0, and this version that reads them, in turn on the same Durable Objects', () => {
  const REDIRECT = 'http://127.0.0.1:41999/callback'
  let packed: Version
  let memory = ''
  let ring: Ring
  let port = 0
  let running: LiveIssuer | undefined

  beforeAll(async () => {
    packed = await unpack('0.1.0')
    memory = await mkdtemp(join(tmpdir(), 'bulla-memory-'))
    port = await freePort()
    ring = createRing({ now: Math.floor(Date.now() / 1000) - 5, key: testKey() })
  })
  afterAll(async () => {
    await running?.stop()
    await rm(memory, { recursive: true, force: true })
  })

  async function turnTo({ worker }: Version, vars: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await running?.stop()
    running = await startIssuer(vars, { ring, port, memory, entrypoint: worker })
  }
  const at = (path: string): string => `http://localhost:${port}${path}`
  const ask = (form: Record<string, string>): Promise<Response> =>
    fetch(at('/token'), { method: 'POST', body: formOf({ client_id: 'demo-app', ...form }) })
  const redeem = (code: string) => ask({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
  const refresh = (refresh_token: string) => ask({ grant_type: 'refresh_token', refresh_token })
  async function approve(): Promise<string> {
    const request = formOf({
      response_type: 'code',
      client_id: 'demo-app',
      redirect_uri: REDIRECT,
      resource: 'https://api.example.com',
      scope: 'orders:read',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    })
    const { callback } = await drive(at(`/authorize?${request}`), REDIRECT)
    return new URL(callback ?? '').searchParams.get('code') ?? ''
  }

  it('go on with what lives, end what has ended, and change nothing of a home that they do not read', {
    timeout: 120_000,
  }, async () => {
    await turnTo(OWN, { HOMES: 8 })
    const [one, other] = [await tokensOf(await redeem(await approve())), await tokensOf(await redeem(await approve()))]
    const ending = { method: 'POST', body: formOf({ client_id: 'demo-app', token: one.refresh_token ?? '' }) }
    expect((await fetch(at('/revoke'), ending)).status).toBe(200)
    await turnTo(packed)
    for (const { refresh_token = '' } of [one, other])
      expect(await errorOf(await refresh(refresh_token))).toEqual(REFUSED)
    const plain = await tokensOf(await redeem(await approve()))
    await turnTo(OWN)
    const next = await tokensOf(await refresh(plain.refresh_token ?? ''))
    const two = await tokensOf(await refresh(other.refresh_token ?? ''))
    expect(await errorOf(await refresh(one.refresh_token ?? ''))).toEqual(REFUSED)
    await turnTo(OWN, { HOMES: 64 })
    await tokensOf(await refresh(next.refresh_token ?? ''))
    await tokensOf(await refresh(two.refresh_token ?? ''))
    expect(await errorOf(await refresh(one.refresh_token ?? ''))).toEqual(REFUSED)
  })
})
