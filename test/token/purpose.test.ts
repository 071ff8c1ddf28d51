import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { createHomes } from '../../src/token/home.ts'
import {
  createPurposeEnvelopes,
  type EnvelopePurpose,
  openPurpose,
  type PurposeLives,
  sealPurpose,
} from '../../src/token/purpose.ts'
import { API, ISSUER, NOW, openEntitlement, testRing } from '../fixtures.ts'

const PURPOSES: readonly EnvelopePurpose[] = ['code', 'refresh', 'par', 'login', 'session', 'provider', 'nonce']
const keyring = createKeyring(testRing(NOW), ISSUER)
const leavesFor = (purpose: EnvelopePurpose) => keyring.leavesFor(purpose, '', 'A256GCM', 600)
const facts = { jti: 'AAAAAAAAAAAAAAAAAAAAAA', iat: NOW, exp: NOW + 60, sub: 'alice' }
const seal = (purpose: EnvelopePurpose, changes: object = {}) =>
  sealPurpose(purpose, { ...facts, ...changes }, leavesFor(purpose), NOW)
const open = (purpose: EnvelopePurpose, envelope: string, now = NOW, leaves = leavesFor(purpose)): Promise<unknown> =>
  openPurpose(purpose, envelope, leaves, now, 10).catch((error: { code: string }) => error.code)

describe('a purpose envelope', () => {
  it.each(PURPOSES)('for %s opens to the facts that were sealed, and says its purpose in typ', async (purpose) => {
    const envelope = await seal(purpose)
    expect(await open(purpose, envelope)).toEqual(facts)
    expect(JSON.parse(atob(envelope.split('.')[0] ?? ''))).toMatchObject({ alg: 'dir', typ: `${purpose}+jwe` })
  })

  it('opens for its own purpose alone, by typ and by key alike (C04)', async () => {
    for (const sealed of PURPOSES) {
      const envelope = await seal(sealed)
      for (const opener of PURPOSES.filter((purpose) => purpose !== sealed)) {
        expect(await open(opener, envelope)).toBe('type')
        // Even a purpose that forgot to look at typ has another key.
        expect(await openPurpose(sealed, envelope, leavesFor(opener), NOW, 10).catch(({ code }) => code)).toBe(
          'decryption',
        )
      }
    }
  })

  it('is no access token, nor is an access token one of them (C04)', async () => {
    const access = keyring.leavesFor('access', API, 'A256GCM', 600)
    const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 10, longestLife: 600, anonymous: true }
    const entitlement = { ...facts, client_id: 'app', aud: API, scope: ['read'], claims: {} }
    const token = await sealDirect(entitlement, ISSUER, access, NOW)
    for (const purpose of PURPOSES) {
      expect(await open(purpose, token)).toBe('type')
      await expect(openEntitlement(await seal(purpose), access, expected)).rejects.toMatchObject({ code: 'type' })
    }
  })

  it.each([
    [NOW + 59, undefined],
    [NOW + 60, 'expired'],
    [NOW - 10, undefined],
    [NOW - 11, 'early'],
  ])('at %i gives %s', async (now, code) => {
    const result = await open('code', await seal('code'), now)
    expect(code === undefined ? result : { code: result }).toEqual(code === undefined ? facts : { code })
  })

  it.each([
    [NOW + 60, 0, 'expired'],
    [NOW + 60, 1, undefined],
    [NOW + 359, 300, undefined],
    [NOW + 360, 300, 'expired'],
  ])('at %i, opened %i seconds late at the most, gives %s', async (now, late, code) => {
    const result = openPurpose('login', await seal('login'), leavesFor('login'), now, 10, late)
    expect(await result.catch((error: { code: string }) => error.code)).toEqual(code ?? facts)
  })

  it.each([{ jti: '' }, { jti: 1 }, { iat: 'now' }, { exp: undefined }, { exp: 1.5 }])(
    'is refused with %o',
    async (changes) => {
      expect(await open('code', await seal('code', changes))).toBe('claims')
    },
  )

  it('hides what it carries (H60)', async () => {
    const shown = (await seal('code'))
      .split('.')
      .map((segment) => atob(segment.replaceAll('-', '+').replaceAll('_', '/')))
    expect(shown.join('')).not.toContain('alice')
  })

  it('is not sealed while there is nothing to seal it by', async () => {
    const none = { ...leavesFor('code'), sealing: () => undefined }
    await expect(sealPurpose('code', facts, none, NOW)).rejects.toMatchObject({ code: 'sealing' })
  })

  describe('with a name that says its home', () => {
    const there = '3.AAAAAAAAAAAAAAAAAAAAAA'
    const inside = async (changes: object): Promise<Readonly<Record<string, unknown>>> =>
      (await openEnvelope(await seal('code', changes), 'code+jwe', leavesFor('code'), NOW)).facts
    const each: readonly object[] = [
      { jti: there },
      { gid: there },
      { sid: there },
      { approval: { gid: there } },
      { approval: { sid: there } },
    ]

    it.each(each)('calls its own another: versions that know no home do not open it: %o', async (changes) => {
      const { jti, ...others } = { ...facts, ...changes }
      expect(await inside(changes)).toStrictEqual({ id: jti, ...others })
      expect(await open('code', await seal('code', changes))).toStrictEqual({ ...facts, ...changes })
    })

    it.each(each)('opens at an issuer that has that home alone: %o', async (changes) => {
      const envelope = await seal('code', changes)
      const at = (count: number): Promise<unknown> =>
        openPurpose('code', envelope, leavesFor('code'), NOW, 10, 0, createHomes(count)).catch(({ code }) => code)
      expect([await at(4), await at(3)]).toEqual([{ ...facts, ...changes }, 'home'])
    })

    it.each([{}, { gid: 'g', sid: 7, approval: { gid: null } }])('and without one is as ever: %o', async (changes) => {
      expect(await inside(changes)).toStrictEqual({ ...facts, ...changes })
    })
  })
})

describe('all purpose envelopes at one instant', () => {
  const lives = Object.fromEntries([...PURPOSES, 'consent', 'device'].map((purpose) => [purpose, 600])) as PurposeLives
  const at = (now: number, homes?: ReturnType<typeof createHomes>) => createPurposeEnvelopes(keyring, lives, now, homes)
  const codeOf = (opened: Promise<unknown>): Promise<unknown> => opened.catch(({ code }: { code: string }) => code)

  it('are sealed and opened with the keys of their purpose', async () => {
    expect(await open('code', await at(NOW).seal('code', facts))).toEqual(facts)
    expect(await at(NOW).open('code', await seal('code'))).toEqual(facts)
  })

  it('open until they end; for the request in them alone a day longer', async () => {
    const envelope = await seal('login')
    expect(await codeOf(at(NOW + 59).open('login', envelope))).toEqual(facts)
    expect(await codeOf(at(NOW + 60).open('login', envelope))).toBe('expired')
    expect(await codeOf(at(NOW + 86_459).openLate('login', envelope))).toEqual(facts)
    expect(await codeOf(at(NOW + 86_460).openLate('login', envelope))).toBe('expired')
  })

  it('open at the homes that there are', async () => {
    const envelope = await seal('code', { gid: '3.AAAAAAAAAAAAAAAAAAAAAA' })
    expect(await codeOf(at(NOW, createHomes(3)).open('code', envelope))).toBe('home')
  })
})
