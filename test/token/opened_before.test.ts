import { describe, expect, it } from 'vitest'
import { createKeyring, createOpeningLeaves, createRing, exportKeys, type Leaf } from '../../keys/index.ts'
import type { ContentOpener } from '../../src/jose/content_encryption.ts'
import { deriveOpener } from '../../src/jose/content_opening.ts'
import type { VerificationKeys } from '../../src/jose/jwks.ts'
import { leafRecipient } from '../../src/jose/recipient.ts'
import { openDirect, sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { openNested } from '../../src/token/nested.ts'
import { type Before, createBefore } from '../../src/token/opened_before.ts'
import { createSealer, signingRing } from '../parties/partner.ts'
import { API, ENTITLEMENT, ISSUER, NOW, named, testKey, testRing } from '../ring.ts'

const entitlement: Entitlement = { ...ENTITLEMENT, scope: ['read', 'write'] }
const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }

/** The leaves of a resource server, which count what they open. */
function countingLeaves(ring = testRing(NOW)) {
  const counted = { times: 0 }
  const exported = exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW })
  const leaves = createOpeningLeaves<ContentOpener>(
    (...leaf) => {
      const opener = deriveOpener(...leaf)
      return {
        open: (...sealed) => {
          counted.times++
          return opener.open(...sealed)
        },
      }
    },
    { ...exported, longestLife: 600 },
  )
  return { leaves, counted }
}

/** What opens direct tokens by one set of leaves. */
function direct(before: Before | undefined) {
  const { leaves, counted } = countingLeaves()
  const sealing = createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 600)
  return {
    counted,
    seal: (changes: Partial<Entitlement> = {}) => sealDirect({ ...entitlement, ...changes }, ISSUER, sealing, NOW),
    open: async (token: string, now = NOW) => openDirect(token, leaves, { ...expected, now }, before),
  }
}

/** What opens nested tokens under one set of leaves. */
async function nested(before: Before | undefined) {
  const { leaves, counted } = countingLeaves(signingRing())
  const sealer = createSealer()
  let keys = await sealer.verification()
  const find = async (kid: string, now: number) => {
    const leaf = leaves.opening(kid, now)
    return leaf === undefined ? undefined : leafRecipient(leaf as Leaf<unknown> as Leaf)
  }
  return {
    counted,
    seal: (changes: Partial<Entitlement> = {}) =>
      sealer.seal('dir', 'A256GCM', 'ES256', { ...entitlement, ...changes }),
    open: async (token: string, now = NOW) => openNested(token, find, keys, { ...expected, now }, before),
    /** From now on these are the keys of the issuer. */
    setKeys: (other: VerificationKeys) => {
      keys = other
    },
  }
}

const KINDS = { direct, nested } as const
const kinds = Object.entries(KINDS)

describe('a token that was opened before', () => {
  it.each(kinds)('is decrypted no more from the third time on, and says the same each time: %s', async (_, make) => {
    const { seal, open, counted } = await make(createBefore(10))
    for (const changes of [{}, { gid: 'g', auth_time: NOW }, { amr: ['otp'], claims: { deep: [{ a: [1, null] }] } }]) {
      const token = await seal(changes)
      counted.times = 0
      const first = await open(token)
      expect(first.entitlement).toEqual({ ...entitlement, ...changes })
      for (let turn = 0; turn < 3; turn++) expect(await open(token)).toEqual(first)
      expect(counted.times).toBe(2)
    }
  })

  it.each(kinds)('is decrypted each time where none is kept: %s', async (_, make) => {
    expect(createBefore(0)).toBeUndefined()
    const { seal, open, counted } = await make(createBefore(0))
    const token = await seal()
    for (let turn = 0; turn < 4; turn++) await open(token)
    expect(counted.times).toBe(4)
  })

  it.each(kinds)('is refused as soon as it has ended, or while it has not begun: %s', async (_, make) => {
    const { seal, open, counted } = await make(createBefore(10))
    const token = await seal()
    await open(token)
    await open(token)
    await expect(open(token, NOW + 600)).rejects.toMatchObject({ code: 'expired' })
    await expect(open(token, NOW - 1)).rejects.toMatchObject({ code: 'early' })
    expect((await open(token, NOW + 599)).entitlement).toEqual(entitlement)
    expect(counted.times).toBe(2)
  })

  it.each(kinds)('is refused once its leaf opens nothing any more: %s', async (_, make) => {
    const { seal, open } = await make(createBefore(10))
    const token = await seal()
    await open(token)
    await open(token)
    await expect(open(token, NOW + 2 * 86_400)).rejects.toMatchObject({ code: 'key' })
  })

  it('is refused once the key that signed it is none of the issuer’s, or another by its name', async () => {
    const { seal, open, setKeys } = await nested(createBefore(10))
    const token = await seal()
    for (let turn = 0; turn < 3; turn++) expect((await open(token)).entitlement).toEqual(entitlement)
    setKeys(await createSealer(named(createRing({ now: NOW, key: testKey(9) }))).verification())
    await expect(open(token)).rejects.toMatchObject({ code: 'signature' })
    setKeys({ find: async () => undefined })
    await expect(open(token)).rejects.toMatchObject({ code: 'signing_key' })
  })

  it.each(kinds)('is opened anew by a set of leaves of its own, whose room is the same: %s', async (_, make) => {
    const before = createBefore(10)
    const [one, other] = [await make(before), await make(before)]
    const token = await one.seal()
    for (let turn = 0; turn < 3; turn++) await one.open(token)
    for (let turn = 0; turn < 3; turn++) await other.open(token)
    expect([one.counted.times, other.counted.times]).toEqual([2, 1])
  })

  it.each(kinds)(
    'gives nobody anything that another has: what one does to it, the next does not see: %s',
    async (_, make) => {
      const { seal, open } = await make(createBefore(10))
      const said = {
        act: { sub: 'bot', act: { sub: 'other' } },
        amr: ['otp'],
        authorization_details: [{ type: 'pay', sums: [{ most: 5 }] }],
        cnf: { jkt: 'x' },
        gid: 'g',
        claims: { roles: ['reader'], deep: { a: { b: 1 } } },
        providerToken: 'p',
      }
      const [usual, rich] = [await seal(), await seal(said)]
      const lists = await seal({ gid: 'g', auth_time: NOW, acr: 'silver', amr: ['otp'] })
      for (const token of [usual, lists, rich]) {
        const whole = JSON.stringify((await open(token)).entitlement)
        for (let turn = 0; turn < 3; turn++) {
          const { entitlement: given } = await open(token)
          expect(JSON.stringify(given)).toBe(whole)
          expect(given.providerToken).toBe(token === rich ? 'p' : undefined)
          spoil(given)
          expect(JSON.stringify(given)).not.toBe(whole)
        }
      }
    },
  )

  it('and has members of odd names says them still', async () => {
    const { seal, open } = direct(createBefore(10))
    const claims = JSON.parse('{"a":{"__proto__":{"admin":true},"constructor":1}}')
    const token = await seal({ claims })
    for (let turn = 0; turn < 5; turn++) {
      const { claims: given } = (await open(token)).entitlement
      expect(JSON.stringify(given)).toBe(JSON.stringify(claims))
      expect((given['a'] as { admin?: unknown }).admin).toBeUndefined()
    }
  })
})

/** Changes all that can be changed. */
function spoil(value: object): void {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) spoil(member)
  if (Array.isArray(value)) value.push('admin')
  else Object.assign(value, { admin: true })
}

describe('the room for tokens that were opened', () => {
  const opened = (sub: string) => ({ claims: { sub } as never, to: 'k', by: {}, kid: 'k' })
  const tokenOf = (name: string): string => `letters.${name.padEnd(22, '-')}`
  const subOf = (before: Before | undefined, name: string): unknown => before?.find(tokenOf(name))?.claims.sub

  /** Returns room in which these came twice, each with its own name inside. */
  function roomWith(most: number, names: string) {
    const before = createBefore(most)
    for (const name of names) for (let turn = 0; turn < 2; turn++) before?.keep(tokenOf(name), opened(name))
    return { before, all: (asked: string) => [...asked].map((name) => subOf(before, name)) }
  }

  it('has the bound that it is given: whoever was longest not asked for goes', () => {
    const { before, all } = roomWith(3, 'abc')
    expect(all('abca')).toEqual(['a', 'b', 'c', 'a'])
    for (let turn = 0; turn < 2; turn++) before?.keep(tokenOf('d'), opened('d'))
    expect(all('dacdb')).toEqual(['d', 'a', 'c', 'd', undefined])
    expect(roomWith(1, 'abc').all('abc')).toEqual([undefined, undefined, 'c'])
  })

  it('keeps what comes again, and nothing of what comes once', () => {
    const before = createBefore(2)
    before?.keep(tokenOf('a'), opened('a'))
    expect(subOf(before, 'a')).toBeUndefined()
    before?.keep(tokenOf('a'), opened('a'))
    for (let count = 0; count < 10_000; count++) before?.keep(tokenOf(`${count}`), opened('other'))
    expect(subOf(before, 'a')).toBe('a')
  })

  it('remembers several that came once, however few it keeps', () => {
    const before = createBefore(1)
    for (const name of 'aba') before?.keep(tokenOf(name), opened(name))
    expect(subOf(before, 'a')).toBe('a')
  })

  it('finds a token by all of its letters: one that ends alike is another', () => {
    const { before } = roomWith(10, 'a')
    expect(before?.find(`Letters.${tokenOf('a').slice(-22)}`)).toBeUndefined()
    expect(before?.find(tokenOf('a').slice(-22))).toBeUndefined()
    expect(subOf(before, 'a')).toBe('a')
  })

  it('has what is newest of a token that was opened by other keys since', () => {
    const { before } = roomWith(10, 'a')
    before?.keep(tokenOf('a'), opened('newer'))
    expect(subOf(before, 'a')).toBe('newer')
  })

  it('goes on so, however many come', () => {
    const before = createBefore(8)
    const model: string[] = []
    let seed = 1
    for (let turn = 0; turn < 20_000; turn++) {
      seed = (seed * 48_271) % 2_147_483_647
      const name = `${seed % 12}`
      const at = model.indexOf(name)
      expect(subOf(before, name) !== undefined).toBe(at >= 0)
      if (at >= 0) model.splice(at, 1)
      else for (let time = 0; time < 2; time++) before?.keep(tokenOf(name), opened(name))
      model.push(name)
      if (model.length > 8) model.shift()
    }
  })

  it.each(kinds)('has no place for what is not taken: a flood of it pushes nobody out: %s', async (_, make) => {
    const { seal, open, counted } = await make(createBefore(2))
    const token = await seal()
    await open(token)
    await open(token)
    const old = await seal({ iat: NOW - 601, exp: NOW - 1, jti: 'old' })
    const other = await seal({ aud: 'https://other.example' })
    const forged = `${(await seal({ jti: 'x' })).slice(0, -2)}AA`
    for (let turn = 0; turn < 5; turn++)
      for (const bad of [old, other, forged, `${token}x`, token.slice(1), '']) await expect(open(bad)).rejects.toThrow()
    counted.times = 0
    await open(token)
    expect(counted.times).toBe(0)
  })
})
