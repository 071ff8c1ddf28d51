/**
 * The runbooks, as an operator goes through them: what was lost is really lost, what lives again is seen to live, and the commands stand in
 * the docs.
 *
 * @module
 */

import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, loadRing, refusalAt, rotateRing, writeRing } from '../../keys/index.ts'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { run } from '../checkout.ts'
import { API, SECRETS, testKey, tokenRequest } from '../fixtures.ts'
import { errorOf, introspect, tokensOf } from '../parties/drive/step.ts'
import { type OperatedIssuer, startOperatedIssuer } from '../parties/operated_issuer.ts'
import {
  type Ask,
  authorizeUrl,
  type Browser,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  REQUESTS,
} from '../parties/person.ts'
import { endProcess } from '../parties/processes.ts'
import { type RedisServer, startRedis } from '../parties/redis_server.ts'
import { formRequest } from '../parties/servers.ts'
import { ASSERTION_TYPE, clientAssertion, INNER } from '../parties/trusted.ts'

const HOUR = 3600
const seconds = (): number => Math.floor(Date.now() / 1000)
const now = seconds()
const GONE = [400, 'invalid_grant']

/** A person of an issuer, who allows an app what it asks for; and that app. */
async function approve(there: OperatedIssuer, client: 'pub' | 'web', ask: Ask = there.ask, name = 'alice') {
  const { issuer } = there
  const person = createPerson(ask, { issuer, name })
  const answer = await person.answer('allow', { ...REQUESTS[client], resource: API })
  const code = answer.searchParams.get('code') ?? ''
  expect([answer.href, code]).toEqual([answer.href, expect.stringMatching(/./)])
  return { app: createApp(ask, { issuer, client }), browser: person.browser, code }
}

/** Tells what an app gets that asks without a person: a code, or an error. */
async function askSilently(browser: Browser, issuer: string): Promise<string | null> {
  const answer = await browser.get(authorizeUrl({ ...REQUESTS['web'], prompt: 'none' }, issuer))
  const { searchParams } = new URL(answer.headers.get('location') ?? 'https://nowhere.example')
  return searchParams.get('error') ?? (searchParams.has('code') ? 'a code' : null)
}

async function logOut({ ask, issuer }: OperatedIssuer, browser: Browser): Promise<Browser> {
  const copy = createBrowser(ask, new Map(browser.cookies))
  const token = hiddenField(await (await browser.get(`${issuer}/logout`)).text(), 'token')
  const left = await browser.post(`${issuer}/logout`, { token }, { 'sec-fetch-site': 'same-origin' })
  expect(left.status).toBe(200)
  return copy
}

const isActive = async (ask: Ask, token: string): Promise<unknown> => (await introspect(ask, token))['active']
const mint = async (ask: Ask): Promise<string> => (await tokensOf(await ask(tokenRequest()))).access_token

describe('where the guard or the list lies, what the runbooks say', () => {
  let redis: RedisServer
  let there: OperatedIssuer
  const ring = createRing({ now: now - 10, key: testKey() })
  beforeAll(async () => {
    redis = await startRedis()
    there = await startOperatedIssuer(ring, redis.url)
  })
  afterAll(async () => {
    await there?.stop()
    await redis?.stop()
  })
  const inRedis = async (...command: string[]): Promise<void> => {
    expect(await run('redis-cli', ['-p', String(redis.port), ...command])).toMatchObject({ code: 0, err: '' })
  }

  // promise: P23
  it('of revocations that are lost: what was revoked counts again, the doctor says since when, and it is revoked anew', async () => {
    const { app, code } = await approve(there, 'web')
    const { access_token, refresh_token = '' } = await tokensOf(await app.redeem(code))
    const revoke = async (): Promise<void> => {
      const done = await there.runBlock('revoke-person')
      expect([done.code, done.err]).toEqual([0, expect.stringContaining('revoked; verifiers')])
      await expect.poll(() => isActive(there.ask, access_token)).toBe(false)
      await expect.poll(async () => errorOf(await app.refresh(refresh_token))).toEqual(GONE)
    }
    await revoke()
    await inRedis('del', 'bulla:revocations')
    await expect.poll(() => isActive(there.ask, access_token)).toBe(true)
    await expect.poll(async () => (await app.refresh(refresh_token)).status).toBe(200)
    const seen = await there.runBlock('revocations-lost')
    expect([seen.code, seen.err]).toEqual([0, expect.stringMatching(/is there since 20.*\n.*revoke that anew/)])
    await revoke()
  })

  // promise: G03
  it('of a region that is down: APIs go on, who needs the guard gets 503, and the same code works afterwards', async () => {
    const { issuer, ask } = there
    const server = { clientId: 'api-server', clientSecret: SECRETS['api-server'] }
    const keys = remoteKeys({ url: `${issuer}/keys?resource=${encodeURIComponent(API)}`, ...server })
    const { verify } = createVerifier({ issuer, resource: API, keys, revocations: { url: `${issuer}/revocations` } })
    const { app, code } = await approve(there, 'pub', ask, 'bob')
    const token = await mint(ask)
    expect(await verify(token)).toMatchObject({ ok: true })
    await endProcess(redis.process(), 'SIGKILL')
    const refused = await app.redeem(code)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await verify(token)).toMatchObject({ ok: true })
    expect(await verify(await mint(ask))).toMatchObject({ ok: true })
    await redis.restart()
    await expect.poll(async () => (await app.redeem(code)).status).toBe(200)
  })

  // promise: G04
  it('of a move to another region’s guard: the issuer goes on by it, and what only the first remembers lives again', async () => {
    const standby = await startRedis()
    const { code, app } = await approve(there, 'web', there.ask, 'carol')
    await tokensOf(await app.redeem(code))
    const moved = await there.another({ guard: standby.url })
    const ask = there.askAnother(moved)
    const later = await approve(there, 'web', ask, 'dora')
    await tokensOf(await later.app.redeem(later.code))
    expect(await errorOf(await later.app.redeem(later.code))).toEqual(GONE)
    await tokensOf(await createApp(ask, { issuer: there.issuer, client: 'web' }).redeem(code))
    await endProcess(moved.process, 'SIGTERM')
    await standby.stop()
  })

  // promise: G01
  it('of a guard that is lost: codes of the last minute, assertions and ended sessions live again, families of public clients end; a new root ends all', async () => {
    const { issuer, ask } = there
    const family = await approve(there, 'pub', ask, 'erin')
    const first = await tokensOf(await family.app.redeem(family.code))
    const second = await tokensOf(await family.app.refresh(first.refresh_token ?? ''))
    const used = await approve(there, 'web', ask, 'fred')
    await tokensOf(await used.app.redeem(used.code))
    const left = await approve(there, 'web', ask, 'gina')
    const taken = await tokensOf(await left.app.redeem(left.code))
    const session = await logOut(there, left.browser)
    const client_assertion = await clientAssertion(issuer, seconds())
    const assert = async () => {
      const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion }
      return (await ask(tokenRequest({ headers: { authorization: undefined }, form: { ...form, resource: INNER } })))
        .status
    }
    expect([await assert(), await assert()]).toEqual([200, 401])
    expect(await askSilently(session, issuer)).toBe('login_required')
    expect(await errorOf(await left.app.refresh(taken.refresh_token ?? ''))).toEqual(GONE)

    await inRedis('flushall')
    expect(await askSilently(session, issuer)).toBe('a code')
    const again = await tokensOf(await used.app.redeem(used.code))
    expect([await assert(), await assert()]).toEqual([200, 401])
    const refreshed = await tokensOf(await left.app.refresh(taken.refresh_token ?? ''))
    // Its generation is ahead of all that the guard knows: nobody can tell who is honest, so it ends.
    for (const { refresh_token = '' } of [second, first])
      expect(await errorOf(await family.app.refresh(refresh_token))).toEqual(GONE)

    const [root] = ring.roots
    const ended = await there.runBlock('leak-ring', (text) => text.replaceAll('KID', root?.kid ?? ''))
    expect([ended.code, ended.err]).toEqual([0, expect.stringContaining('is revoked where this ring is')])
    await expect.poll(() => askSilently(session, issuer)).toBe('login_required')
    for (const token of [refreshed.refresh_token, again.refresh_token])
      expect(await errorOf(await left.app.refresh(token ?? ''))).toEqual(GONE)
    await expect.poll(() => isActive(ask, again.access_token)).toBe(false)
    const after = await approve(there, 'web', ask, 'gina')
    expect(await isActive(ask, (await tokensOf(await after.app.redeem(after.code))).access_token)).toBe(true)
  })
})

describe('of the ring, what the runbooks say', () => {
  let there: OperatedIssuer | undefined
  const start = async (ring = createRing({ now: now - 10, key: testKey() })): Promise<OperatedIssuer> => {
    await there?.stop()
    there = await startOperatedIssuer(ring)
    return there
  }
  afterAll(() => there?.stop())

  // promise: K04
  it('of two that live: what one machine gives the other refuses, until both have both', async () => {
    const before = createRing({ now: now - 40 * 86_400, key: testKey() })
    // The later one began a few minutes ago: what the other gave on a day after it began is refused, as the page says.
    const [ring, other] = [5, 6].map((key) => rotateRing(before, { now: now - HOUR - 300 + key, key: testKey(key) }))
    if (!ring?.ok || !other?.ok) throw new Error('it is rotated on each')
    const live = await start(ring.ring)
    const second = join(live.folder, 'second')
    await live.shell('cp -r secrets second')
    await writeFile(join(second, 'KEY_RING'), writeRing(other.ring))
    await writeFile(join(live.folder, 'other.json'), writeRing(other.ring))
    const asks = [live.ask, live.askAnother(await live.another({ secrets: second }))]
    const apps = asks.map((ask) => createApp(ask, { issuer: live.issuer, client: 'web' }))
    const given: string[] = []
    for (const ask of asks) {
      const { app, code } = await approve(live, 'web', ask)
      given.push((await tokensOf(await app.redeem(code))).refresh_token ?? '')
    }
    const seen = () => Promise.all(apps.flatMap((app) => given.map(async (token) => (await app.refresh(token)).status)))
    expect(await seen()).toEqual([200, 400, 400, 200])
    for (const file of ['ring.json', 'other.json'])
      expect(await live.shell(`npx bulla keys doctor --ring ${file}`)).toMatchObject({ code: 0 })

    expect(await live.runBlock('two-rings')).toMatchObject({ code: 0 })
    for (const name of ['KEY_RING', 'KEY_RING_NEXT'])
      await copyFile(join(live.folder, 'secrets', name), join(second, name))
    expect(await live.shell('reload')).toMatchObject({ code: 0 })
    await expect.poll(seen).toEqual([200, 200, 200, 200])
    const kids = await Promise.all(asks.map(async (ask) => (await mint(ask)).split('.')[0]))
    expect(kids[0]).toBe(kids[1])
    const each = await Promise.all(
      asks.map(async (ask) => Promise.all(asks.map(async (other) => isActive(other, await mint(ask))))),
    )
    expect(each.flat()).toEqual([true, true, true, true])
  })

  it('of a copy that is lost: another ring stands beside the issuer’s, takes over in an hour, and nothing ends', async () => {
    const live = await start()
    const old = await live.secret('KEY_RING')
    const token = await mint(live.ask)
    const { app, code } = await approve(live, 'web')
    const { refresh_token = '' } = await tokensOf(await app.redeem(code))
    await rm(join(live.folder, 'ring.json'))
    // The operator looks up the root that seals at once, and then writes its name.
    const kid = "npx bulla keys show --ring ring.json | awk '/primary/ {print $1}'"
    const done = await live.runBlock('ring-copy-lost', (text) => text.replace('KID', `$(${kid})`))
    expect([done.code, done.err]).toEqual([0, expect.stringContaining('is staged; it seals from')])
    const health = async () => (await (await fetch(`${live.issuer}/healthz`)).json()) as { keys: { state: string }[] }
    await expect
      .poll(async () => (await health()).keys.map(({ state }) => state).sort())
      .toEqual(['primary', 'revoked', 'staged'])
    expect(await isActive(live.ask, token)).toBe(true)
    expect((await app.refresh(refresh_token)).status).toBe(200)

    const next = await readFile(join(live.folder, 'ring.json'), 'utf8')
    const primaryAt = (instant: number, texts: { ring: string; next?: string }): string | undefined => {
      const loaded = loadRing(texts, { now: instant })
      if (!loaded.ok) return loaded.detail
      const root = loaded.ring.roots.find(({ use, end }) => use <= instant && instant < end)
      return refusalAt(loaded, instant)?.detail ?? root?.kid
    }
    const both = { ring: old, next }
    const [, staged] = (JSON.parse(next) as { roots: { kid: string }[] }).roots
    const instants = [60, 2 * HOUR, 60 * 86_400].map((later) => primaryAt(seconds() + later, both))
    expect(instants).toEqual([expect.not.stringMatching(staged?.kid ?? ''), staged?.kid, staged?.kid])
    // When all is over that the old one has sealed, the new one stands alone.
    expect(primaryAt(seconds() + 40 * 86_400, { ring: next })).toBe(staged?.kid)
  })

  it('of one that is lost everywhere: a new one ends all that was sealed, and people log in again', async () => {
    const live = await start()
    const { app, code, browser } = await approve(live, 'web')
    const { access_token, refresh_token = '' } = await tokensOf(await app.redeem(code))
    expect(await askSilently(browser, live.issuer)).toBe('a code')
    await rm(join(live.folder, 'ring.json'))
    expect(await live.runBlock('ring-lost')).toMatchObject({ code: 0 })
    await expect.poll(() => isActive(live.ask, access_token)).toBe(false)
    expect(await errorOf(await app.refresh(refresh_token))).toEqual(GONE)
    expect(await askSilently(browser, live.issuer)).toBe('login_required')
    const after = await approve(live, 'web')
    expect(await isActive(live.ask, (await tokensOf(await after.app.redeem(after.code))).access_token)).toBe(true)
    const { status } = await live.ask(formRequest('/introspect', 'api-server', { token: access_token }))
    expect(status).toBe(200)
  })
})
