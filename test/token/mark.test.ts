import { describe, expect, it } from 'vitest'
import { createKeyring, type Leaf } from '../../keys/index.ts'
import { DIRECT_TYP, sealDirect } from '../../src/token/direct.ts'
import { openEnvelope, sealEnvelope } from '../../src/token/envelope.ts'
import { openMarked, sealMarked } from '../../src/token/mark.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
const leaves = keyring.leavesFor('access', API, 'A256GCM', 600)
const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)
const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
const seal = (): Promise<string> => sealMarked(ENTITLEMENT, ISSUER, leaves, marks, NOW)
const open = (token: string, byMarks = marks): Promise<unknown> =>
  openMarked(token, leaves, byMarks, expected).catch(({ code }: { code: string }) => code)

/** Seals what a marked token says, with changes, as a resource server could, which has the leaf. */
async function forge(changes: object): Promise<string> {
  const [{ facts }, leaf] = [await openEnvelope(await seal(), DIRECT_TYP, leaves, NOW), leaves.sealing(NOW)]
  if (leaf === undefined) throw new Error('no leaf')
  return sealEnvelope({ ...facts, ...changes }, DIRECT_TYP, leaf)
}

describe('a token with the issuer’s mark', () => {
  it('opens to its entitlement, which does not have the mark', async () => {
    const kid = leaves.sealing(NOW)?.kid
    expect(await open(await seal())).toEqual({ entitlement: ENTITLEMENT, kid, leaf: kid })
    expect(await open(await forge({}))).toMatchObject({ entitlement: ENTITLEMENT })
  })

  it('is marked by its claims alone, so that the same ones have the same mark', async () => {
    const [one, other] = await Promise.all(
      [seal(), seal()].map(async (token) => openEnvelope(await token, DIRECT_TYP, leaves, NOW)),
    )
    expect(one?.facts['mark']).toMatch(/^[\w-]{43}$/)
    expect(other?.facts).toEqual(one?.facts)
  })

  it.each<[string, object]>([
    ['none', { mark: undefined }],
    ['a number', { mark: 1 }],
    ['a list of one', { mark: ['A'.repeat(43)] }],
    ['an empty one', { mark: '' }],
    ['a shorter one', { mark: 'A'.repeat(42) }],
    ['a longer one', { mark: 'A'.repeat(44) }],
    ['a letter before it', { mark: `=${'A'.repeat(43)}` }],
    ['a letter behind it', { mark: `${'A'.repeat(43)}=` }],
    ['another', { mark: 'A'.repeat(43) }],
    ['that of another person', { sub: 'mallory' }],
    ['that of fewer claims', { team: 'blue' }],
  ])('is refused with the mark of nobody: %s', async (_, changes) => {
    expect(await open(await forge(changes))).toBe('mark')
  })

  it('is refused with its own in a list, and under a leaf whose name says no root', async () => {
    const { facts } = await openEnvelope(await seal(), DIRECT_TYP, leaves, NOW)
    expect(await open(await forge({ mark: [facts['mark']] }))).toBe('mark')
    const own = { ...(leaves.sealing(NOW) as Leaf), kid: 'own' }
    const token = await sealEnvelope(facts, DIRECT_TYP, own)
    await expect(openMarked(token, { ...leaves, opening: () => own }, marks, expected)).rejects.toMatchObject({
      code: 'mark',
    })
  })

  it('is refused with none at all, and where the marks of its time are not known', async () => {
    expect(await open(await sealDirect(ENTITLEMENT, ISSUER, leaves, NOW))).toBe('mark')
    const others = createKeyring(testRing(NOW + 90 * 86_400), ISSUER).leavesFor('mark', '', 'A256GCM', 600)
    expect(await open(await seal(), others)).toBe('mark')
  })

  it('is sealed while there is something to seal, and to mark by', async () => {
    const none = { ...leaves, sealing: () => undefined }
    for (const [one, other] of [
      [none, marks],
      [leaves, none],
    ] as const)
      await expect(sealMarked(ENTITLEMENT, ISSUER, one, other, NOW)).rejects.toMatchObject({ code: 'sealing' })
  })
})
