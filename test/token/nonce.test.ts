import { describe, expect, it } from 'vitest'
import { createKeyring, type Leaves } from '../../keys/index.ts'
import { createNonces } from '../../src/token/nonce.ts'
import { ISSUER, NOW, testRing } from '../fixtures.ts'

const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('nonce', '', 'A256GCM', 600)
const nonces = createNonces(() => leaves)
const given = await nonces.give(NOW)
const ageAt = (now: number, nonce: string | undefined = given): Promise<unknown> =>
  nonces.checkAge(nonce, now).catch(({ code }: { code: string }) => code)

describe('a nonce (RFC 9449 §8)', () => {
  it.each<[number, unknown]>([
    [-61, 'proof_nonce'],
    [-60, { isOld: false }],
    [0, { isOld: false }],
    [150, { isOld: false }],
    [151, { isOld: true }],
    [299, { isOld: true }],
    [300, 'proof_nonce'],
  ])('is at %i seconds: %o', async (seconds, age) => {
    expect(await ageAt(NOW + seconds)).toEqual(age)
  })

  it('is another each time, and none that somebody else made up, or left out', async () => {
    expect(await nonces.give(NOW)).not.toBe(given)
    for (const nonce of ['', 'nonce', `${given}A`]) expect(await ageAt(NOW, nonce)).toBe('proof_nonce')
    await expect(nonces.checkAge(undefined, NOW)).rejects.toMatchObject({ code: 'proof_nonce' })
  })

  it('is not given while no root is primary; and what breaks beside it is told as it is', async () => {
    const none = createNonces(() => ({ ...leaves, sealing: () => undefined }))
    await expect(none.give(NOW)).rejects.toMatchObject({ code: 'sealing' })
    const broken = createNonces((): Leaves => {
      throw new RangeError('broken')
    })
    await expect(broken.checkAge(given, NOW)).rejects.toThrow('broken')
  })
})
