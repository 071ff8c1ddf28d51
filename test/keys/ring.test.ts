import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { describeRoots, primariesAt, type RingReason, readRing, stateOf, writeRing } from '../../keys/index.ts'
import { NOW, testKey, testRing } from '../fixtures.ts'
import { signingRing } from '../parties/partner.ts'

const json = JSON.parse(writeRing(testRing(NOW)))
const [root] = json.roots

/** Returns the text of the ring with changes. */
const changed = (changes: object): string => JSON.stringify({ ...json, ...changes })
const withRoots = (...roots: readonly object[]): string => changed({ roots })

describe('the state of a root', () => {
  const dates = { kid: 'r1', pub: 100, use: 200, end: 300, del: 400 }

  it.each([
    [99, 'unpublished'],
    [100, 'staged'],
    [199, 'staged'],
    [200, 'primary'],
    [299, 'primary'],
    [300, 'retiring'],
    [399, 'retiring'],
    [400, 'retired'],
  ])('at %i is %s (design §3)', (now, state) => {
    expect(stateOf(dates, [], now)).toBe(state)
  })

  it('is revoked whatever the clock says, once its kid is revoked (design §3)', () => {
    for (const now of [0, 100, 250, 350, 1000]) expect(stateOf(dates, ['r1'], now)).toBe('revoked')
    expect(stateOf(dates, ['r2'], 250)).toBe('primary')
  })
})

describe('what may be told of a root', () => {
  it('is its kid, its state and its age, and no key', () => {
    const ring = testRing(NOW)
    expect(describeRoots(ring, NOW + 7)).toEqual([{ kid: 'r1', state: 'primary', age: 7 }])
    expect(describeRoots({ ...ring, revoked: ['r1'] }, NOW)).toEqual([{ kid: 'r1', state: 'revoked', age: 0 }])
    expect([NOW - 1, NOW].map((now) => primariesAt(ring, now).length)).toEqual([0, 1])
  })
})

describe('reading a ring', () => {
  it('gives back what was written', () => {
    const reading = readRing(writeRing(testRing(NOW)))
    expect(reading).toEqual({ ok: true, ring: testRing(NOW), bad: [] })
  })

  const refused: readonly (readonly [string, string | undefined, RingReason])[] = [
    ['nothing', undefined, 'ring_missing'],
    ['an empty text', '', 'ring_missing'],
    ['white space', ' \n', 'ring_missing'],
    ['a text cut off', writeRing(testRing(NOW)).slice(0, -3), 'ring_malformed'],
    ['a word', 'secret', 'ring_malformed'],
    ['JSON of a list', '[]', 'ring_malformed'],
    ['JSON null', 'null', 'ring_malformed'],
    ['another version', changed({ v: 2 }), 'ring_version'],
    ['no version', changed({ v: undefined }), 'ring_version'],
    ['a version as text', changed({ v: '1' }), 'ring_version'],
    ['an unknown member', changed({ more: 1 }), 'ring_malformed'],
    ['no period', changed({ period: undefined }), 'ring_malformed'],
    ['a period of 5 seconds', changed({ period: 5 }), 'ring_malformed'],
    ['a period as text', changed({ period: '86400' }), 'ring_malformed'],
    ['a negative skew', changed({ skew: -1 }), 'ring_malformed'],
    ['a skew of a day', changed({ skew: 86_400 }), 'ring_malformed'],
    ['a propagation that is no integer', changed({ propagation: 1.5 }), 'ring_malformed'],
    ['roots that are no list', changed({ roots: {} }), 'ring_malformed'],
    ['no list of revoked kids', changed({ revoked: undefined }), 'ring_malformed'],
    ['a revoked kid twice', changed({ revoked: ['r1', 'r1'] }), 'ring_malformed'],
    ['a revoked kid with a dot', changed({ revoked: ['r1.1'] }), 'ring_malformed'],
    ['more than a secret holds', changed({ roots: Array(60).fill(root) }), 'ring_too_large'],
  ]
  // promise: K01
  it.each(refused)('refuses %s', (_, text, reason) => {
    const detail = expect.stringMatching(/\bring\b|^"\S+" expected \w/)
    expect(readRing(text)).toMatchObject({ ok: false, reason, detail })
  })

  it('says which bound was broken, and repeats no text of the ring', () => {
    expect(readRing(changed({ period: 5 }))).toMatchObject({
      detail: '"period" expected an integer from 60 to 2678400, got 5',
    })
    const mistyped = readRing(JSON.stringify({ ...json, [root.k]: 1 }))
    expect(JSON.stringify(mistyped)).not.toContain(root.k)
  })

  const bad: readonly (readonly [string, object])[] = [
    ['a short key', { ...root, k: encodeBase64url(testKey().slice(1)) }],
    ['a long key', { ...root, k: encodeBase64url(Uint8Array.of(1, ...testKey())) }],
    ['a key of one repeated byte', { ...root, k: encodeBase64url(new Uint8Array(32).fill(7)) }],
    ['a key in another spelling', { ...root, k: `${root.k}=` }],
    ['a key whose unused bits are not zero', { ...root, k: `${root.k.slice(0, -1)}B` }],
    ['a word as key', { ...root, k: 'secret' }],
    ['no key', { ...root, k: undefined }],
    ['a kid with a dot', { ...root, kid: 'r.1' }],
    ['an empty kid', { ...root, kid: '' }],
    ['a kid of 17 characters', { ...root, kid: 'r'.repeat(17) }],
    ['use before pub', { ...root, use: root.pub - 1 }],
    ['end before use', { ...root, end: root.use }],
    ['del before end', { ...root, del: root.end - 1 }],
    ['an instant as text', { ...root, pub: String(root.pub) }],
    ['an unknown member', { ...root, alg: 'dir' }],
    ['null', null as unknown as object],
  ]
  it.each(bad)('leaves out a root with %s, and reports it without its key (design §3)', (_, entry) => {
    const other = { ...root, kid: 'ok', k: encodeBase64url(testKey(5)) }
    const reading = readRing(withRoots(entry, other))
    expect(reading).toMatchObject({ ok: true, ring: { roots: [{ kid: 'ok' }] } })
    expect(reading.ok && reading.bad).toHaveLength(1)
    expect(JSON.stringify(reading.ok && reading.bad)).not.toContain(root.k.slice(1, 20))
  })

  it('says which member of which root is wrong', () => {
    const said = (changes: object): unknown => {
      const reading = readRing(
        withRoots({ ...root, kid: 'ok', k: encodeBase64url(testKey(5)) }, { ...root, ...changes }),
      )
      return reading.ok ? reading.bad.map(({ message }) => /^\S+ \S+(?= \w)/.exec(message)?.[0]) : reading
    }
    expect(said({ more: 1 })).toEqual(['"roots[1]" has'])
    for (const member of ['kid', 'k', 'pub', 'use', 'end', 'del'])
      expect(said({ [member]: 'no!' })).toEqual([`"roots[1].${member}" expected`])
    expect(said({ k: encodeBase64url(new Uint8Array(32)) })).toEqual(['"roots[1].k" expected'])
  })

  it('says which RSA key, and which of two that are the same, it left out', () => {
    const said = (...rsa: readonly object[]): unknown => {
      const reading = readRing(changed({ rsa }))
      return reading.ok ? reading.bad.map(({ kid, message }) => [kid, message]) : reading
    }
    const [key] = signingRing(NOW).rsa ?? []
    expect(said({ ...key, kid: 's.1' })).toEqual([[undefined, expect.stringMatching(/^"rsa\[0\].kid" expected \w/)]])
    const twin = ['s1', expect.stringMatching(/^key s1: .*twice/)]
    expect(said({ ...key, kid: 's1' }, { ...key, kid: 's1' })).toEqual([twin, twin])
  })

  it('says that a text is no JSON, and that a kid is none', () => {
    expect(readRing('{')).toMatchObject({ detail: expect.stringContaining('not JSON') })
    expect(readRing(changed({ revoked: ['r1.1'] }))).toMatchObject({
      detail: expect.stringMatching(/^"revoked\[0\]" expected the kid/),
    })
  })

  it('says which timing, or list, is wrong', () => {
    for (const [member, ...values] of [
      ['period', 59, 2_678_401],
      ['propagation', -1, 2_678_401],
      ['skew', -1, 3601],
      ['roots', 1],
      ['rsa', 1],
      ['revoked', 1],
    ] as const)
      for (const value of values)
        expect(readRing(changed({ [member]: value }))).toMatchObject({
          reason: 'ring_malformed',
          detail: expect.stringMatching(`^"${member}" expected `),
        })
    for (const bounds of [
      { period: 60, propagation: 0, skew: 0 },
      { period: 2_678_400, propagation: 2_678_400, skew: 3600 },
    ])
      expect(readRing(changed(bounds))).toMatchObject({ ok: true, ring: bounds })
  })

  it('tells of a root that cannot be read what can: its kid, and when it would seal', () => {
    const told = (entry: unknown): unknown => {
      const reading = readRing(withRoots(entry as object))
      return reading.ok && reading.bad.map(({ kid, use, end }) => ({ kid, use, end }))
    }
    const { kid, use, end } = root
    expect(told({ ...root, k: 'short' })).toEqual([{ kid, use, end }])
    expect(told({ ...root, kid: 'r.1' })).toEqual([{ kid: undefined, use, end }])
    expect(told({ ...root, kid: 1, use: '1', end: '2' })).toEqual([{ kid: undefined, use: undefined, end: undefined }])
    for (const entry of [null, 'text', 1, []]) expect(told(entry)).toMatchObject([{ kid: undefined }])
  })

  it('takes a key of 16 different bytes, and fits to the byte', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index % 16)
    const withKey = (key: Uint8Array) => readRing(withRoots({ ...root, k: encodeBase64url(key) }))
    expect(withKey(bytes)).toMatchObject({ ring: { roots: [{ kid: 'r1' }] } })
    expect(withKey(bytes.map((byte) => Math.min(byte, 14)))).toMatchObject({ ring: { roots: [] } })
    const text = writeRing(testRing(NOW))
    expect(readRing(text.padEnd(5120))).toMatchObject({ ok: true })
    expect(readRing(text.padEnd(5121))).toMatchObject({
      reason: 'ring_too_large',
      detail: expect.stringMatching(/5121.* 5120/),
    })
    expect(readRing(`\ufeff${text}`)).toMatchObject({ ok: true })
  })

  it.each([
    ['kid', { ...root, k: encodeBase64url(testKey(5)) }],
    ['key', { ...root, kid: 'r2' }],
  ])('leaves out both roots that share a %s: nobody can tell which is meant (design §3)', (_, twin) => {
    const reading = readRing(withRoots(root, twin))
    expect(reading).toMatchObject({ ok: true, ring: { roots: [] }, bad: [{}, {}] })
  })
})
