import { describe, expect, it } from 'vitest'
import { findKeysOf, type IssuerKeysOptions } from '../../../src/verifier/keys/issuer_keys.ts'
import type { Problem } from '../../../src/verifier/problem.ts'

const ISSUER = 'https://as.example'
const JWKS_URI = `${ISSUER}/some/keys`
const NOW = 1_800_000_000

/** A set of one key. */
const setOf = (kid: string) => ({
  keys: [
    {
      ...{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid },
      x: 'PV_hD9nE9VaSUpIx6jAuSeq3ZUTwzDtGjoM-E_ejWZA',
      y: 'fZrTDF_9fnWhd6SDJd_ZzCSdQjNz4cYyCmRXsXT8_hk',
    },
  ],
})
const twice = { keys: [...setOf('a').keys, ...setOf('a').keys] }
const down = (): never => {
  throw new TypeError('Network connection lost')
}

/** Looks for keys where nothing answers but what the test says. */
function setUp(changes: Partial<IssuerKeysOptions> = {}) {
  let answer: () => Response = () => Response.json(setOf('a'))
  const asked: string[] = []
  const told: Problem[] = []
  const kept: unknown[] = []
  const options = { issuer: ISSUER, jwks: undefined, jwksUri: undefined, isNeeded: false, ...changes }
  const fetch = async (url: string): Promise<Response> => {
    asked.push(url)
    return answer()
  }
  const find = findKeysOf(
    options,
    fetch,
    (promise) => kept.push(promise),
    (problem) => told.push(problem),
  )
  const keysAt = async (now: number, isLacking = false) => {
    const keys = await find?.(now, isLacking)
    await Promise.all(kept)
    return keys
  }
  return {
    find,
    asked,
    told,
    kept,
    keysAt,
    answer: (next: unknown) => {
      answer = typeof next === 'function' ? (next as () => Response) : () => Response.json(next)
    },
    /** Returns which of the keys a and b is there; or why nobody can tell. */
    see: async (now: number, isLacking = false) => {
      try {
        const keys = await keysAt(now, isLacking)
        const found = await Promise.all(['a', 'b'].map(async (kid) => ((await keys?.find(kid)) ? kid : '')))
        return found.join('')
      } catch (error) {
        const { code, cause } = error as { code: string; cause: { source: string; detail: string } }
        return `${code}: ${cause.source}: ${cause.detail}`
      }
    },
  }
}

describe("the issuer's keys that are told", () => {
  it('are those, and nothing is fetched', async () => {
    const { see, asked, keysAt } = setUp({ jwks: setOf('a'), isNeeded: true })
    expect([await see(NOW), await see(NOW, true), asked]).toEqual(['a', 'a', []])
    expect((await (await keysAt(NOW))?.find('a'))?.alg).toBe('ES256')
  })

  it.each([
    ['no set', {}],
    ['null', null],
    ['two keys of one kid', twice],
  ])('are refused when they are %s', (_, jwks) => {
    expect(() => setUp({ jwks: jwks as never })).toThrow(RangeError)
    expect(() => setUp({ jwks: jwks as never })).toThrow(/^"jwks" expected/)
  })

  it('are not told in two ways', () => {
    expect(() => setUp({ jwks: setOf('a'), jwksUri: JWKS_URI })).toThrow(TypeError)
    expect(() => setUp({ jwks: setOf('a'), jwksUri: JWKS_URI })).toThrow(/^"jwks" and "jwksUri"/)
  })
})

describe("the issuer's keys that are fetched", () => {
  it.each([
    ['nowhere, where nobody needs them', {}, undefined],
    ["at the issuer's own place, where they are needed", { isNeeded: true }, `${ISSUER}/jwks`],
    ['where it is told', { jwksUri: JWKS_URI }, JWKS_URI],
    ['where it is told, though they are needed', { jwksUri: JWKS_URI, isNeeded: true }, JWKS_URI],
    ['on this machine, in development', { jwksUri: 'http://localhost:8787/jwks' }, 'http://localhost:8787/jwks'],
  ])('are looked for %s', async (_, changes, url) => {
    const { find, see, asked, told } = setUp(changes)
    if (find !== undefined) expect(await see(NOW)).toBe('a')
    expect([asked, told]).toEqual([url === undefined ? [] : [url], []])
  })

  it.each(['http://as.example/jwks', 'https://10.0.0.7/jwks', 'jwks'])('are not looked for at %s', (jwksUri) => {
    expect(() => setUp({ jwksUri })).toThrow(/^"jwksUri" expected/)
  })

  it('are read once for each answer, so that none is imported twice', async () => {
    const { keysAt, asked, kept } = setUp({ isNeeded: true })
    const keys = await keysAt(NOW)
    expect([await keysAt(NOW + 1), await keysAt(NOW + 299)].every((later) => later === keys)).toBe(true)
    expect([asked.length, kept.length]).toEqual([1, 0])
    expect(await keysAt(NOW + 300)).toBe(keys)
    expect([asked.length, kept.length]).toEqual([2, 1])
    expect(await keysAt(NOW + 301)).not.toBe(keys)
  })

  it.each<[string, () => Response, string]>([
    ['the network is down', down, 'TypeError'],
    ['it is not there', () => new Response(null, { status: 404 }), 'status 404'],
    ['a redirect comes', () => Response.redirect('https://evil.example', 302), 'a redirect'],
  ])('are unavailable when %s, and that is told once for each fetch', async (_, answer, detail) => {
    const { see, told, asked, answer: set } = setUp({ isNeeded: true })
    set(answer)
    const refused = [await see(NOW), await see(NOW + 1, true)]
    for (const reason of refused) expect(reason.startsWith(`unavailable: jwks: ${detail}`)).toBe(true)
    const problem = { reason: 'unavailable', source: 'jwks', detail: expect.stringMatching(`^jwks: ${detail}`) }
    expect([told, asked.length]).toEqual([[problem], 1])
    set(setOf('b'))
    expect([await see(NOW + 5), told.length]).toEqual(['b', 1])
  })

  it.each([
    ['no JWK Set', {}],
    ['a set with two keys of one kid', twice],
  ])('count as not fetched when %s came: the last good ones serve on', async (_, bad) => {
    const { see, answer, asked } = setUp({ isNeeded: true })
    answer(bad)
    expect([await see(NOW), await see(NOW + 1)]).toEqual(
      Array(2).fill(expect.stringMatching('^unavailable: jwks: .*JWK')),
    )
    answer(setOf('a'))
    expect(await see(NOW + 600)).toBe('a')
    answer(bad)
    expect([await see(NOW + 1200), await see(NOW + 1201)]).toEqual(['a', 'a'])
    // What is lacking in the last good ones may be in those that cannot be read.
    expect(await see(NOW + 1201, true)).toMatch(/^unavailable: jwks: .*JWK Set/)
    expect(asked.length).toBe(3)
    answer(setOf('b'))
    expect([await see(NOW + 1231, true), await see(NOW + 1232)]).toEqual(['b', 'b'])
  })

  it('serve on while no newer can be had; but whose key is lacking, nobody can say', async () => {
    const { see, answer, told } = setUp({ isNeeded: true })
    expect([await see(NOW), await see(NOW, true)]).toEqual(['a', 'a'])
    answer(down)
    expect([await see(NOW + 30, true), await see(NOW + 31)]).toEqual(['unavailable: jwks: TypeError', 'a'])
    expect([await see(NOW + 86_399), await see(NOW + 86_400)]).toEqual(['a', 'unavailable: jwks: TypeError'])
    expect(told.length).toBe(2)
  })
})
