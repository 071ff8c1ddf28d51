import { describe, expect, it } from 'vitest'
import { createAssertions } from '../../src/remote/signer_keys.ts'
import { ISSUER, NOW } from '../fixtures.ts'
import { clientAssertion } from '../parties/trusted.ts'

const RULES = {
  issuer: 'keyed',
  audience: ISSUER,
  algorithms: ['ES256'],
  required: ['sub', 'jti'],
  clockTolerance: 10,
} as const
const SIGNER = { name: 'keyed', jwks: { keys: [] }, jwksUri: 'https://keys.example/jwks' }

/** Keys that cannot be had, and how often they were asked for. */
function setUp(answer: () => Response | Promise<Response>) {
  let fetches = 0
  const assertions = createAssertions(
    async () => {
      fetches++
      return answer()
    },
    () => {},
  )
  const open = async (now: number): Promise<string> => {
    const jwt = await clientAssertion(ISSUER, now, {}, { header: { kid: `unknown-${now}` } })
    const rules = { ...RULES, now, longestLife: 300, longestRest: 300 }
    return assertions.open(jwt, SIGNER as never, rules as never).then(
      () => 'opened',
      ({ code }) => code,
    )
  }
  return { open, fetches: () => fetches }
}

describe('keys that cannot be had', () => {
  it.each<[string, () => Response | Promise<Response>]>([
    ['that are answered 500', () => new Response('', { status: 500 })],
    ['of a host that does not answer', () => Promise.reject(new TypeError('lost'))],
    ['that are no JWK Set', () => Response.json({})],
  ])('%s are asked for once, however many assertions come, at once and one by one', async (_, answer) => {
    const { open, fetches } = setUp(answer)
    const outcomes = new Set(await Promise.all(Array.from({ length: 150 }, () => open(NOW))))
    for (let times = 0; times < 150; times++) outcomes.add(await open(NOW + (times % 5)))
    expect([...outcomes]).toEqual(['unavailable'])
    expect(fetches()).toBeLessThanOrEqual(2)
  })

  it('are asked for again after a while', async () => {
    const { open, fetches } = setUp(() => new Response('', { status: 500 }))
    for (const now of [NOW, NOW + 4, NOW + 5, NOW + 9, NOW + 10]) await open(now)
    expect(fetches()).toBe(3)
  })
})
