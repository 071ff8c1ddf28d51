/**
 * What every list of revocations must do. One suite, run against each of them; it races them.
 *
 * @module
 */

import { beforeEach, describe, expect, it } from 'vitest'
import type { RevocationEvent, Revocations } from '../../src/index.ts'
import { hashRevoked, isRevoked } from '../../src/token/revocations.ts'

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

/** Runs the contract. `disturb` restarts what may be restarted. */
export function revocationsContract(create: () => Revocations, disturb: () => Promise<void>): void {
  let revocations: Revocations
  beforeEach(() => {
    revocations = create()
  })

  describe('what was added', () => {
    it('is in every later read, whatever is restarted in between, and hits what was issued until then', async () => {
      const sub = fresh()
      await revocations.add(event(sub))
      await disturb()
      const bundle = await revocations.read(now, 'access tokens')
      expect(isRevoked(bundle, target(sub))).toBe(true)
      expect(isRevoked(bundle, target(sub, now + 1))).toBe(false)
      expect(isRevoked(bundle, target(fresh()))).toBe(false)
    })

    it('is kept as long as an access token can live, and for anything else longer', async () => {
      const sub = fresh()
      await revocations.add(event(sub))
      const hits = async (at: number, what: 'access tokens' | 'anything') =>
        isRevoked(await revocations.read(at, what), target(sub))
      expect(await hits(now + 599, 'access tokens')).toBe(true)
      expect(await hits(now + 600, 'access tokens')).toBe(false)
      expect(await hits(now + 3599, 'anything')).toBe(true)
      expect(await hits(now + 3600, 'anything')).toBe(false)
    })

    it('again only ever reaches further', async () => {
      const sub = fresh()
      await revocations.add(event(sub, { at: now + 50, until: now + 900 }))
      await revocations.add(event(sub, { at: now, until: now + 10 }))
      expect(isRevoked(await revocations.read(now + 899, 'access tokens'), target(sub, now + 50))).toBe(true)
      await revocations.add(event(sub, { at: now + 70, until: now + 1000 }))
      expect(isRevoked(await revocations.read(now + 999, 'access tokens'), target(sub, now + 70))).toBe(true)
    })

    it('is told as a hash, never as it was', async () => {
      const sub = fresh()
      await revocations.add(event(sub))
      const bundle = await revocations.read(now, 'anything')
      expect(JSON.stringify(bundle)).not.toContain(sub)
      expect(bundle.events.sub).toHaveProperty([hashRevoked(bundle.salt, 'sub', sub)], now)
    })

    it('of one kind does not hit another kind with the same value', async () => {
      const value = fresh()
      await revocations.add(event(value, { kind: 'client' }))
      const bundle = await revocations.read(now, 'anything')
      expect(isRevoked(bundle, target(value))).toBe(false)
      expect(isRevoked(bundle, { ...target('x'), client_id: value })).toBe(true)
    })
  })

  describe('seq', () => {
    it('grows with every event, and never falls', async () => {
      const before = (await revocations.read(now, 'anything')).seq
      await revocations.add(event(fresh()))
      await disturb()
      const after = await revocations.read(now, 'anything')
      await revocations.add(event(fresh()))
      expect([after.seq > before, (await revocations.read(now, 'anything')).seq > after.seq]).toEqual([true, true])
    })

    it('counts a hundred at once, and none of them is lost', async () => {
      const before = (await revocations.read(now, 'anything')).seq
      const subs = Array.from({ length: 100 }, fresh)
      await Promise.all(subs.map((sub) => revocations.add(event(sub))))
      const bundle = await revocations.read(now, 'anything')
      expect(bundle.seq).toBe(before + 100)
      expect(subs.filter((sub) => !isRevoked(bundle, target(sub)))).toEqual([])
    })
  })
}
