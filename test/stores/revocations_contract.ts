/**
 * What every list of revocations must do. One suite, run against each of them; it races them.
 *
 * @module
 */

import { beforeEach, describe, expect, it } from 'vitest'
import type { Addition, RevocationEvent, Revocations } from '../../src/index.ts'
import { MOST_OF_A_CLIENT, MOST_OF_A_GROUP } from '../../src/stores/revocation_list.ts'
import { appOf, hashRevoked, isRevoked, lowestBranchIn } from '../../src/token/revocations.ts'

let names = 0
/** Returns a name that no test used before. */
const fresh = (): string => `${Date.now()}-${++names}`
const now = Math.floor(Date.now() / 1000)
const event = (value: string, changes: Partial<RevocationEvent> = {}): RevocationEvent => ({
  kind: 'sub',
  value,
  at: now,
  until: now + 600,
  keep: now + 3600,
  ...changes,
})
const target = (sub: string, iat = now) => ({ sub, client_id: 'app', iat })

/** Access tokens of one approval of one person at one client, and what many of them become. */
function tokensOf(sub: string, gid: string, count: number, iat = now) {
  const all = (kind: 'gid' | 'app', value: string): RevocationEvent => event(value, { kind, keep: now + 600 })
  const within = [all('gid', gid), all('app', appOf(sub, 'app'))]
  return Array.from({ length: count }, () => {
    const jti = fresh()
    const addition: Addition = { ...event(jti, { kind: 'jti', keep: now + 600 }), by: 'approval', within }
    return { addition, target: { ...target(sub, iat), jti, gid } }
  })
}

/** Runs the contract. `disturb` restarts what may be restarted. */
export function revocationsContract(create: () => Revocations, disturb: () => Promise<void>): void {
  let revocations: Revocations
  beforeEach(() => {
    revocations = create()
  })

  describe('what was added', () => {
    it('is in every later read, whatever is restarted in between, and hits what was issued until then', async () => {
      const sub = fresh()
      await revocations.add(event(sub), now)
      await disturb()
      const bundle = await revocations.read(now, 'access tokens')
      expect(isRevoked(bundle, target(sub))).toBe(true)
      expect(isRevoked(bundle, target(sub, now + 1))).toBe(false)
      expect(isRevoked(bundle, target(fresh()))).toBe(false)
    })

    it('is kept as long as an access token can live, and for anything else longer', async () => {
      const sub = fresh()
      await revocations.add(event(sub), now)
      const hits = async (at: number, what: 'access tokens' | 'anything') =>
        isRevoked(await revocations.read(at, what), target(sub))
      expect(await hits(now + 599, 'access tokens')).toBe(true)
      expect(await hits(now + 600, 'access tokens')).toBe(false)
      expect(await hits(now + 3599, 'anything')).toBe(true)
      expect(await hits(now + 3600, 'anything')).toBe(false)
    })

    it('again only ever reaches further', async () => {
      const sub = fresh()
      await revocations.add(event(sub, { at: now + 50, until: now + 900 }), now)
      await revocations.add(event(sub, { at: now, until: now + 10 }), now)
      expect(isRevoked(await revocations.read(now + 899, 'access tokens'), target(sub, now + 50))).toBe(true)
      await revocations.add(event(sub, { at: now + 70, until: now + 1000 }), now)
      expect(isRevoked(await revocations.read(now + 999, 'access tokens'), target(sub, now + 70))).toBe(true)
    })

    it('of a resource is the lowest branch that counts: it never goes back', async () => {
      const resource = `https://${fresh()}.example`
      const lowest = async () => lowestBranchIn(await revocations.read(now, 'access tokens'), resource)
      expect(await lowest()).toBe(1)
      const till = { until: now + 900, keep: now + 900 }
      for (const [branch, expected] of [
        [3, 3],
        [2, 3],
        [12, 12],
      ] as const) {
        await revocations.add(event(resource, { kind: 'resource', at: branch, ...till }), now)
        await disturb()
        expect(await lowest()).toBe(expected)
      }
    })

    it('is told as a hash, never as it was', async () => {
      const sub = fresh()
      await revocations.add(event(sub), now)
      const bundle = await revocations.read(now, 'anything')
      expect(JSON.stringify(bundle)).not.toContain(sub)
      expect(bundle.events.sub).toHaveProperty([hashRevoked(bundle.salt, 'sub', sub)], now)
    })

    it('of one kind does not hit another kind with the same value', async () => {
      const value = fresh()
      await revocations.add(event(value, { kind: 'client' }), now)
      const bundle = await revocations.read(now, 'anything')
      expect(isRevoked(bundle, target(value))).toBe(false)
      expect(isRevoked(bundle, { ...target('x'), client_id: value })).toBe(true)
    })
  })

  describe('much of the same', () => {
    const read = (what: 'access tokens' | 'anything' = 'access tokens') => revocations.read(now, what, true)
    const countOf = async (): Promise<number> =>
      Object.values((await read()).events).reduce((sum, events) => sum + Object.keys(events).length, 0)

    it('of one grant becomes one event, which hits all of it, nothing later, and no refresh token', async () => {
      const [sub, gid, before] = [fresh(), fresh(), await countOf()]
      const tokens = tokensOf(sub, gid, MOST_OF_A_GROUP + 1)
      for (const { addition } of tokens.slice(1)) await revocations.add(addition, now)
      expect(await countOf()).toBe(before + MOST_OF_A_GROUP)
      for (const { addition } of tokens.slice(0, 1)) await revocations.add(addition, now)
      await disturb()
      expect(await countOf()).toBe(before + 1)
      const bundle = await read()
      expect(tokens.filter(({ target: one }) => !isRevoked(bundle, one))).toEqual([])
      for (const alive of [{ iat: now + 1 }, { gid: fresh() }])
        expect(isRevoked(bundle, { ...target(sub), gid, jti: fresh(), ...alive })).toBe(false)
      expect(isRevoked(await read('anything'), { ...target(sub), gid })).toBe(false)
    })

    it('of one person at one client becomes one event, and nobody else is hit', async () => {
      const [sub, before] = [fresh(), await countOf()]
      const grants = Array.from({ length: MOST_OF_A_GROUP + 1 }, () => tokensOf(sub, fresh(), 1)).flat()
      for (const { addition } of grants) await revocations.add(addition, now)
      expect(await countOf()).toBe(before + 1)
      const bundle = await read()
      expect(grants.filter(({ target: one }) => !isRevoked(bundle, one))).toEqual([])
      for (const alive of [{ iat: now + 1 }, { sub: fresh() }, { client_id: 'another' }])
        expect(isRevoked(bundle, { ...target(sub), jti: fresh(), ...alive })).toBe(false)
    })

    it('all at once never stays more than a few, and all of it is hit', async () => {
      const [sub, before] = [fresh(), await countOf()]
      const tokens = Array.from({ length: 20 }, () => tokensOf(sub, fresh(), 5)).flat()
      await Promise.all(tokens.map(({ addition }) => revocations.add(addition, now)))
      expect((await countOf()) - before).toBeLessThanOrEqual(MOST_OF_A_GROUP + 1)
      const bundle = await read()
      expect(tokens.filter(({ target: one }) => !isRevoked(bundle, one))).toEqual([])
    })

    it('reaches as far as the furthest of what it takes the place of', async () => {
      const sub = fresh()
      const tokens = tokensOf(sub, fresh(), MOST_OF_A_GROUP + 1)
      for (const { addition } of tokens) await revocations.add({ ...addition, until: now + 900, keep: now + 7200 }, now)
      const hits = async (at: number, what: 'access tokens' | 'anything') =>
        isRevoked(await revocations.read(at, what, true), { ...tokens[0]?.target, ...target(sub) })
      expect([await hits(now + 899, 'access tokens'), await hits(now + 900, 'access tokens')]).toEqual([true, false])
      expect([await hits(now + 7199, 'anything'), await hits(now + 7200, 'anything')]).toEqual([true, false])
    })

    it('on the word of one client that does not fold is refused at last, and no other client with it', async () => {
      const [client, jti] = [fresh(), fresh()]
      const say = (value: string, by = client) =>
        revocations.add({ ...event(value, { kind: 'jti', keep: now + 600 }), by: { client: by } }, now)
      expect(await say(jti)).toMatchObject({ added: true })
      const many = await Promise.all(Array.from({ length: MOST_OF_A_CLIENT - 1 }, () => say(fresh())))
      expect(many.filter(({ added }) => !added)).toEqual([])
      const before = await read()
      expect(await say(fresh())).toEqual({ added: false, why: 'the client has revoked too much' })
      expect(await read()).toEqual(before)
      expect(await say(jti)).toMatchObject({ added: true })
      expect(await say(fresh(), fresh())).toMatchObject({ added: true })
      // What is over makes room.
      const later = { ...event(fresh(), { kind: 'jti', until: now + 900, keep: now + 900 }), by: { client } }
      expect(await revocations.add(later, now + 600)).toMatchObject({ added: true })
    })
  })

  describe('the epoch', () => {
    it('is when the list was made, and stays', async () => {
      const { epoch } = await revocations.read(now, 'anything')
      await revocations.add(event(fresh()), now)
      await disturb()
      expect(epoch).toBeGreaterThan(1_600_000_000_000)
      expect((await revocations.read(now, 'access tokens')).epoch).toBe(epoch)
    })
  })

  describe('seq', () => {
    it('begins at the instant when the list was made, so that it is higher than any of a list before it', async () => {
      const { epoch = Number.NaN, seq } = await revocations.read(now, 'anything')
      expect(seq).toBeGreaterThanOrEqual(epoch)
    })

    it('grows with every event, and never falls', async () => {
      const before = (await revocations.read(now, 'anything')).seq
      await revocations.add(event(fresh()), now)
      await disturb()
      const after = await revocations.read(now, 'anything')
      await revocations.add(event(fresh()), now)
      expect([after.seq > before, (await revocations.read(now, 'anything')).seq > after.seq]).toEqual([true, true])
    })

    it('counts a hundred at once, and none of them is lost', async () => {
      const before = (await revocations.read(now, 'anything')).seq
      const subs = Array.from({ length: 100 }, fresh)
      await Promise.all(subs.map((sub) => revocations.add(event(sub), now)))
      const bundle = await revocations.read(now, 'anything')
      expect(bundle.seq).toBe(before + 100)
      expect(subs.filter((sub) => !isRevoked(bundle, target(sub)))).toEqual([])
    })
  })
}
