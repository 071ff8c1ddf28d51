import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import type { Issuer, IssuerSettings } from '../../src/index.ts'
import { type OpenStores, openStores } from '../../src/node/index.ts'
import { run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { API, ISSUER, secretHash, testKey, VARS } from '../fixtures.ts'
import { errorOf, tokensOf } from '../parties/drive/step.ts'
import { type Ask, authorizeUrl, createApp, createBrowser, createPerson } from '../parties/person.ts'
import { type RedisServer, startRedis } from '../parties/redis_server.ts'
import { formRequest } from '../parties/servers.ts'
import { OWN, unpack, type Version } from './versions.ts'

/** What both versions know. */
const SETTINGS: Pick<IssuerSettings, 'resources' | 'clients'> = {
  resources: { [API]: { scopes: ['read'] } },
  clients: {
    pub: {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/cb'],
      resources: [API],
      scopes: ['read'],
    },
    'api-server': { kind: 'resource_server', secret_hash: secretHash('api-server-secret'), resources: [API] },
    operator: { kind: 'operator', secret_hash: secretHash('operator-secret') },
  },
}
const GONE = [400, 'invalid_grant']
const LINES = blockOf('upgrade').trim().split('\n')

describe('an upgrade from 0.1.0 and the way back, line by line of the runbook', () => {
  let redis: RedisServer
  let packed: Version
  const stores: OpenStores[] = []
  let now = Math.floor(Date.now() / 1000)
  /** Those that answer, one after the other. */
  let live: readonly Issuer[] = []
  let turn = 0
  const ask: Ask = (request) => {
    const issuer = live[turn++ % live.length]
    if (issuer === undefined) throw new Error('nothing is live')
    return issuer.fetch(request)
  }

  const ring = writeRing(createRing({ now: now - 5, key: testKey() }))
  /** Starts a version, with its own connection to what all share. */
  async function create({ issuer }: Version): Promise<Issuer> {
    const { guard, revocations, close } = await openStores(redis.url)
    stores.push({ guard, revocations, close })
    await Promise.all([guard.ready(), revocations.ready()])
    const { url, issuer: name, jwks } = VARS.LOGIN
    return issuer.createIssuer({
      ...SETTINGS,
      ...{ issuer: ISSUER, keyRing: ring, guard, revocations, log: () => {}, now: () => now },
      authenticate: issuer.ownLoginPage({ url, issuer: name, jwks } as never),
    } as never)
  }
  beforeAll(async () => {
    ;[redis, packed] = await Promise.all([startRedis(), unpack('0.1.0')])
  })
  afterAll(async () => {
    for (const { close } of stores) await close()
    await redis?.stop()
  })

  const app = createApp(ask)
  const isActive = async (token: string): Promise<unknown> => {
    const answer = await ask(formRequest('/introspect', 'api-server', { token }))
    return ((await answer.json()) as { active: unknown }).active
  }
  async function approve(name: string) {
    const person = createPerson(ask, { name, now: () => now })
    const code = (await person.answer('allow')).searchParams.get('code') ?? ''
    expect(code).not.toBe('')
    return { code, browser: person.browser }
  }

  it('are commands that there are', async () => {
    for (const line of LINES) {
      const words = line.split(' ').slice(1)
      const known = words.slice(0, words[1] === 'versions' ? 3 : 2)
      const { code, out } = await run(known[0] ?? '', [...known.slice(1), '--help'])
      expect([code, out]).toEqual([0, expect.stringContaining(known.join(' '))])
    }
  })

  // promise: V01
  it('ends no session, no family and no code, whichever answers; and nothing lives again that had ended', async () => {
    const [old, own] = [await create(packed), await create(OWN)]
    live = [old]
    const gone: string[] = []
    const ended: string[] = []
    const dead: string[] = []
    const families: string[] = []
    const sessions: Map<string, string>[] = []
    const waiting: string[] = []

    /** What holds wherever the upgrade stands: of all that was before, and of what begins now. */
    async function isWhole(name: string): Promise<void> {
      for (const code of waiting.splice(0)) families.push((await tokensOf(await app.redeem(code))).refresh_token ?? '')
      for (const code of gone) expect(await errorOf(await app.redeem(code))).toEqual(GONE)
      for (const token of ended) expect(await errorOf(await app.refresh(token))).toEqual(GONE)
      for (const token of dead) expect([await isActive(token), await isActive(token)]).toEqual([false, false])
      for (const [at, token] of families.entries()) {
        const next = await tokensOf(await app.refresh(token))
        expect(await isActive(next.access_token)).toBe(true)
        families[at] = next.refresh_token ?? ''
      }
      for (const cookies of sessions) {
        const answer = await createBrowser(ask, cookies).get(authorizeUrl({ prompt: 'none' }))
        expect(new URL(answer.headers.get('location') ?? '').searchParams.has('code')).toBe(true)
      }
      const [one, two, three] = [await approve(name), await approve(`${name} 2`), await approve(`${name} 3`)]
      families.push((await tokensOf(await app.redeem(one.code))).refresh_token ?? '')
      sessions.push(one.browser.cookies)
      const taken = await tokensOf(await app.redeem(two.code))
      const form = { token: taken.refresh_token ?? '', client_id: 'pub' }
      expect((await ask(formRequest('/revoke', undefined, form))).status).toBe(200)
      gone.push(two.code)
      ended.push(taken.refresh_token ?? '')
      const revoked = await tokensOf(await app.redeem(three.code))
      const sub = { kind: 'sub', value: `${name} 3` }
      expect((await ask(formRequest('/revocations', 'operator', sub))).status).toBe(200)
      ended.push(revoked.refresh_token ?? '')
      dead.push(taken.access_token, revoked.access_token)
      waiting.push((await approve(`${name} 4`)).code)
      // All have heard of what was revoked.
      now += 6
    }

    await isWhole('before')
    for (const [at, line] of LINES.entries()) {
      if (line.includes(' rollback ')) live = [old]
      else if (line.includes(' deploy '))
        live = [...(line.includes('NEW@') ? [own] : []), ...(line.includes('OLD@') ? [old] : [])]
      await isWhole(`line ${at}`)
    }
    expect(live).toEqual([old])
    expect(families.length).toBeGreaterThan(LINES.length * 2)
  })
})
