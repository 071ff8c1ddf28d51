import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API, ISSUER, testKey } from '../fixtures.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import { authorizeUrl, createBrowser, createPerson, goesTo, hiddenField } from '../parties/person.ts'
import { KNOWN } from './known_settings.ts'
import {
  approve,
  begins,
  exported,
  GONE,
  granted,
  introspect,
  mint,
  post,
  redeem,
  refresh,
  refused,
  type Side,
  verifierOf,
} from './pair.ts'
import { type RunningStore, STORES } from './stores.ts'
import { OWN, unpack, type Version } from './versions.ts'

/** Each version in its turn on what the one before left, as in a deployment, a roll-back, and a deployment once more. */
describe.each(STORES)('0.1.0, this version, 0.1.0 and this version in turn: $name', ({ start }) => {
  let packed: Version
  let store: RunningStore | undefined
  beforeAll(async () => {
    packed = await unpack('0.1.0')
    store = await start(packed)
  }, 60_000)
  afterAll(() => store?.stop())

  // promise: V04
  it('go on with what lives, spend nothing twice, and let nothing live again that had ended', async () => {
    if (store === undefined) throw new Error('no store')
    let now = begins()
    const clock = { at: () => now }
    const ring = packed.keys.writeRing(packed.keys.createRing({ now: now - 600, key: testKey() }))
    const shared = await store.begin(clock.at)
    const prover = await createProver()
    const used: string[] = []
    const waiting: string[] = []
    const families: string[] = []
    const bound: string[] = []
    const ended: string[] = []
    const dead: string[] = []
    const sessions: Map<string, string>[] = []
    const left: Map<string, string>[] = []
    const keys: string[] = []
    /** Resource servers of both versions that run through all turns. */
    let servers: readonly ReturnType<typeof verifierOf>[] = []
    const server: { side?: Side } = {}
    const there: Pick<Side, 'ask'> = { ask: (request) => server.side?.ask(request) ?? Response.error() }
    const url = authorizeUrl({ resource: API })

    for (const [turn, version] of [packed, OWN, packed, OWN].entries()) {
      if (turn > 0) await store.turnTo?.(version)
      const side = { version, ask: await shared.issuer(version, { ...KNOWN, KEY_RING: ring, EVENTS: 'none' }) }
      server.side = side
      if (turn === 0) servers = [packed, OWN].map((of) => verifierOf(clock, of, there, API))
      const holder = { ask: withProofs(side.ask, prover, clock.at) }

      // What the turns before left.
      for (const code of waiting.splice(0)) {
        families.push((await granted(redeem(side, code))).refresh_token)
        used.push(code)
      }
      for (const token of ended) expect(await refused(refresh(side, token))).toEqual(GONE)
      for (const token of dead) {
        expect((await introspect(side, token)).active).toBe(false)
        for (const { verify } of servers) expect(await verify(token)).toMatchObject({ ok: false, reason: 'revoked' })
      }
      for (const [index, token] of families.entries())
        families[index] = (await granted(refresh(side, token))).refresh_token
      for (const token of bound) await granted(refresh(holder, token))
      for (const cookies of sessions) {
        const answer = await createBrowser(side.ask, cookies).get(url)
        expect(new URL(answer.headers.get('location') ?? '').searchParams.has('code')).toBe(true)
      }
      for (const cookies of left) {
        const answer = await createBrowser(side.ask, new Map(cookies)).get(url)
        expect(answer.headers.get('location')).toContain('https://login.example/login')
      }

      // What lives goes on, at resource servers too: those that fetch keys, and those that have them from any turn.
      keys.push(exported(version, ring, API, now))
      const token = await mint(side, API)
      expect((await introspect(side, token)).active).toBe(true)
      for (const { verify } of servers) expect(await verify(token)).toMatchObject({ ok: true })
      for (const of of [packed, OWN])
        for (const text of keys)
          expect(await verifierOf(clock, of, there, API, text).verify(token)).toMatchObject({ ok: true })

      // What this turn leaves.
      const name = `person ${turn}`
      const person = createPerson(side.ask, { now: clock.at, name })
      const consent = hiddenField(await (await person.visit({ resource: API })).text(), 'consent')
      const answered = await person.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
      const code = new URL(goesTo(await answered.text())).searchParams.get('code') ?? ''
      families.push((await granted(redeem(side, code))).refresh_token)
      sessions.push(person.browser.cookies)
      const leaver = createPerson(side.ask, { now: clock.at, name: `${name} who leaves` })
      await leaver.visit({ resource: API })
      left.push(new Map(leaver.browser.cookies))
      const form = hiddenField(await (await leaver.browser.get(`${ISSUER}/logout`)).text(), 'token')
      expect((await leaver.browser.post(`${ISSUER}/logout`, { token: form })).status).toBe(200)
      waiting.push(await approve(clock, side))
      bound.push((await granted(redeem(holder, await approve(clock, side)))).refresh_token)
      const replayed = await granted(redeem(side, await approve(clock, side)))
      const next = await granted(refresh(side, replayed.refresh_token))
      const revoked = await granted(redeem(side, await approve(clock, side)))
      expect((await post(side, 'revoke', { token: revoked.refresh_token, client_id: 'pub' })).status).toBe(200)
      now += 31
      expect(await refused(refresh(side, replayed.refresh_token))).toEqual(GONE)
      expect((await post(side, 'revoke', { token }, 'machine')).status).toBe(200)
      ended.push(next.refresh_token, revoked.refresh_token)
      dead.push(token)
      now += 15
      // In service, they hear of it while the version is there that wrote it.
      const live = await mint(side, API)
      for (const { verify } of servers) expect(await verify(live)).toMatchObject({ ok: true })
    }
    // A code that comes again ends what came of it, whichever version gave it.
    for (const code of used) expect(await refused(redeem(there, code))).toEqual(GONE)
    expect([families.length, bound.length, sessions.length, used.length]).toEqual([7, 4, 4, 3])
    await shared.close()
  })
})
