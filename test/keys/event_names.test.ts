import { describe, expect, it } from 'vitest'
import { createKeyring, rotateRing } from '../../keys/index.ts'
import { ISSUER, NOW, testKey, testRing } from '../fixtures.ts'

describe('what a subject is called in events', () => {
  const rotation = rotateRing(testRing(NOW - 86_400), { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  const keyring = createKeyring(rotation.ring, ISSUER)
  const [before, after] = rotation.ring.roots.map(({ kid }) => kid)

  const underRoot = (subject: string, kid: string | undefined): string | undefined =>
    keyring.eventNames(subject).find((name) => name.kid === kid)?.name

  it('is the same when it is asked again, and after more others than any memory holds', () => {
    const subjects = Array.from({ length: 2500 }, (_, index) => `person ${index}`)
    const names = subjects.map((subject) => keyring.eventName(subject, NOW))
    expect(new Set(names).size).toBe(subjects.length)
    for (const index of [0, 1, 999, 1000, 1500, 2498, 2499]) {
      const subject = subjects[index] ?? ''
      expect([keyring.eventName(subject, NOW), names[index]]).toEqual([underRoot(subject, before), names[index]])
    }
  })

  it('is that of the root that is primary then, whatever it was called before', () => {
    const later = rotation.ring.roots[1]?.use ?? 0
    for (const [now, kid] of [
      [NOW, before],
      [later, after],
      [NOW, before],
      [later, after],
    ] as const)
      expect([now, keyring.eventName('alice', now)]).toEqual([now, underRoot('alice', kid)])
    expect(underRoot('alice', before)).not.toBe(underRoot('alice', after))
  })
})
