import { describe, expect, it } from 'vitest'
import { createRing, revokeRoot, rotateRing } from '../../keys/index.ts'
import { hasKey } from '../../keys/kids.ts'
import { NOW, named, testKey } from '../fixtures.ts'

const first = named(createRing({ now: NOW, key: testKey() }))
const rotation = rotateRing(first, { now: NOW + 86_400, key: testKey(1) })
if (!rotation.ok) throw new Error(rotation.detail)
const ring = named(rotation.ring)
const day = (seconds: number): number => Math.floor(seconds / 86_400)
const [one, two] = ring.roots

describe('the name of a key', () => {
  it.each([
    'r1',
    'r2',
    `r1.${day(NOW)}`,
    `r1.${day((one?.end ?? 0) - 1)}`,
    `r2.${day(two?.use ?? 0)}`,
    `r2.${day((two?.end ?? 0) - 1)}.7`,
    `r1.${day(NOW)}-Ed25519`,
  ])('%s is known by the ring', (kid) => {
    expect(hasKey(ring, kid)).toBe(true)
  })

  it.each([
    '',
    'r3',
    'R1',
    `r3.${day(NOW)}`,
    `r1.${day(NOW) - 1}`,
    `r1.${day(one?.end ?? 0) + 1}`,
    `r2.${day(two?.use ?? 0) - 1}`,
    `r1.${day(NOW)}.1`,
    `r1.${day(NOW)}.`,
    `r1.${day(NOW)}.2.3`,
    `r1.${day(NOW)}-ES256`,
    'r1-Ed25519',
    `r1-Ed25519.${day(NOW)}`,
    'r1.',
  ])('%j is not', (kid) => {
    expect(hasKey(ring, kid)).toBe(false)
  })

  it('is known of the periods in which its root seals, to the second', () => {
    const at = (use: number, end: number, period: number): boolean => {
      const roots = [{ kid: 'r1', k: testKey(), pub: use, use, end, del: end }]
      return hasKey({ ...ring, roots }, `r1.${period}`)
    }
    const seals = (use: number, end: number) => [9, 10, 19, 20].map((period) => at(use, end, period))
    expect(seals(10 * 86_400, 20 * 86_400)).toEqual([false, true, true, false])
    expect(seals(10 * 86_400 - 1, 20 * 86_400 + 1)).toEqual([true, true, true, true])
  })

  it('is known still when its root is revoked, and when that has left the ring', () => {
    const revoked = revokeRoot(ring, 'r1')
    const gone = { ...revoked, roots: revoked.roots.filter(({ kid }) => kid !== 'r1') }
    for (const one of [revoked, gone])
      expect([hasKey(one, 'r1'), hasKey(one, `r1.${day(NOW)}`), hasKey(one, 'r1.x')]).toEqual([true, true, false])
  })

  it('is known of an RSA key, which has no leaves', () => {
    const rsa = [{ kid: 's1', jwk: {}, pub: 0, use: 0, end: NOW, del: NOW }] as never
    expect([hasKey({ ...ring, rsa }, 's1'), hasKey({ ...ring, rsa }, `s1.${day(NOW)}`)]).toEqual([true, false])
  })
})
