import { describe, expect, it } from 'vitest'
import { createKeyring, createRing, createSigningKeys, type SigningKey } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations, type Revocations } from '../../src/index.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { hashRevoked } from '../../src/token/revocations.ts'
import { createVerifier, type RevocationOptions, remoteKeys, type VerifierOptions } from '../../src/verifier/index.ts'
import { API, ENTITLEMENT, ISSUER, NOW, SECRETS, testKey, testRing, testSettings, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const URL_OF = `${ISSUER}/revocations`
const keyring = createKeyring(testRing(NOW), ISSUER)

/** An issuer with revocations and a verifier that asks for them; between them a network that the test can spoil. */
function setUp(changes: Partial<RevocationOptions> = {}, revocations: Revocations = createMemoryRevocations('salt')) {
  let now = NOW
  const clock = (): number => now
  const issuer = createIssuer(testSettings({ now: clock, revocations }))
  const statuses: number[] = []
  const bytes: number[] = []
  let spoil: ((good: Response) => Response | Promise<Response>) | undefined
  let underWay: Promise<unknown> = Promise.resolve()
  const fetch = (url: string, init?: RequestInit): Promise<Response> => {
    const answer = answerTo(url, init)
    underWay = Promise.allSettled([underWay, answer])
    return answer
  }
  const answerTo = async (url: string, init?: RequestInit): Promise<Response> => {
    const answer = await issuer.fetch(new Request(url, init))
    if (url !== URL_OF) return answer
    const given = spoil === undefined ? answer : await spoil(answer)
    statuses.push(given.status)
    bytes.push((await given.clone().text()).length)
    return given
  }
  const keys = remoteKeys({
    url: `${ISSUER}/keys?resource=${API}`,
    clientId: 'api-server',
    clientSecret: SECRETS['api-server'],
    fetch,
  })
  const options: VerifierOptions = {
    issuer: ISSUER,
    resource: API,
    keys,
    fetch,
    now: clock,
    revocations: { url: URL_OF, ...changes },
  }
  const verifier = createVerifier(options)
  return {
    verifier,
    options,
    statuses,
    bytes,
    wait: (seconds: number) => {
      now += seconds
    },
    /** Lets what was begun beside a request come to its end. */
    settle: async () => {
      await underWay
      await new Promise((resolve) => setTimeout(resolve, 10))
    },
    spoil: (how: typeof spoil) => {
      spoil = how
    },
    mint: async () => (await readAnswer(await issuer.fetch(tokenRequest()))).access_token,
    revoke: (token: string) => issuer.fetch(formRequest('/revoke', 'service', { token })),
    reason: async (token: string) => {
      const result = await verifier.verify(token)
      return result.ok ? 'ok' : result.reason
    },
  }
}
const down = (): Promise<Response> => Promise.reject(new TypeError('Network connection lost'))
/** A bundle as the issuer signs it, but for what is changed. */
async function bundle(
  claims: Readonly<Record<string, unknown>>,
  typ = 'revocations+jwt',
  key?: SigningKey,
): Promise<Response> {
  const signer = key ?? keyring.signingKeys.signing('ES256', NOW)
  const whole = { iss: ISSUER, iat: NOW, exp: NOW + 3600, seq: 1, salt: 's', events: {}, ...claims }
  const body = await signClaims(whole, typ, signer as SigningKey)
  return new Response(body, { headers: { 'content-type': 'application/jwt' } })
}

describe('a revoked token', () => {
  it('is refused with the answer of every bad token, and is gone from no other verifier', async () => {
    const { verifier, mint, revoke, wait, reason } = setUp()
    const token = await mint()
    expect(await reason(token)).toBe('ok')
    await revoke(token)
    wait(20)
    const refused = await verifier.verify(token)
    const bad = await verifier.verify('x')
    if (refused.ok || bad.ok) throw new Error('let in')
    expect(refused.reason).toBe('revoked')
    expect([refused.response.status, ...refused.response.headers]).toEqual([
      bad.response.status,
      ...bad.response.headers,
    ])
    expect(await reason(await mint())).toBe('ok')
  })

  it('is refused within the advertised seconds, whenever it is revoked and however often requests come', async () => {
    for (const [every, pace] of [
      [10, 1],
      [10, 7],
      [10, 19],
      [1, 3],
    ] as const) {
      const { mint, revoke, wait, reason, settle } = setUp({ every })
      const token = await mint()
      await reason(token)
      for (let passed = 0; passed < 40; passed += pace) {
        wait(pace)
        expect(await reason(token)).toBe('ok')
        await settle()
      }
      await revoke(token)
      let passed = 0
      while ((await reason(token)) === 'ok') {
        wait(pace)
        passed += pace
        await settle()
      }
      expect(passed).toBeLessThanOrEqual(Math.max(20, pace))
    }
  })
})

describe('the bundle', () => {
  it('is fetched off the path of requests, once for all, and only in part when nothing changed', async () => {
    const { verifier, mint, wait, reason, statuses, bytes, settle } = setUp()
    const token = await mint()
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)))
    expect(statuses).toEqual([200])
    wait(4)
    await reason(token)
    await settle()
    expect(statuses).toEqual([200])
    wait(1)
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)))
    await settle()
    expect(statuses).toEqual([200, 304])
    expect(bytes[1]).toBe(0)
  })

  // promise: F09
  it('that cannot be had serves until it is too old by the issuer’s own date, then requests are 503 (F09)', async () => {
    const { verifier, mint, wait, spoil, reason } = setUp()
    expect(await reason(await mint())).toBe('ok')
    spoil(down)
    wait(60)
    expect(await reason(await mint())).toBe('ok')
    wait(1)
    const result = await verifier.verify(await mint())
    expect(result).toMatchObject({ code: 'temporarily_unavailable', reason: 'unavailable' })
    spoil(undefined)
    wait(5)
    expect(await reason(await mint())).toBe('ok')
  })

  it('that cannot be had serves on where the operator wants that, with what was last known', async () => {
    const { mint, wait, spoil, revoke, reason } = setUp({ onStale: 'accept' })
    const [good, revoked] = [await mint(), await mint()]
    await revoke(revoked)
    expect(await reason(revoked)).toBe('revoked')
    spoil(down)
    wait(300)
    expect([await reason(good), await reason(revoked)]).toEqual(['ok', 'revoked'])
  })

  it('that never came lets nobody in, or everybody where the operator wants that', async () => {
    for (const [onStale, expected] of [
      ['refuse', 'unavailable'],
      ['accept', 'ok'],
    ] as const) {
      const { mint, spoil, reason } = setUp({ onStale })
      spoil(down)
      expect(await reason(await mint())).toBe(expected)
    }
  })

  it('that is the same for ever is no sign of life, though each answer is new (a frozen cache)', async () => {
    const { mint, wait, spoil, reason } = setUp()
    const token = await mint()
    expect(await reason(token)).toBe('ok')
    const frozen = await bundle({ seq: 0, salt: 'salt' })
    spoil(() => frozen.clone() as Response)
    for (let passed = 0; passed < 60; passed += 10) {
      wait(10)
      expect(await reason(token)).toBe('ok')
    }
    wait(10)
    expect(await reason(token)).toBe('unavailable')
    spoil(() => new Response(null, { status: 304 }))
    wait(10)
    expect(await reason(token)).toBe('unavailable')
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['an older seq (rolled back)', () => bundle({ seq: 1, iat: NOW + 30 })],
    ['an older date', () => bundle({ seq: 9, iat: NOW - 30 })],
    ['a date in the future', () => bundle({ seq: 9, iat: NOW + 3600 })],
    ['another issuer', () => bundle({ seq: 9, iat: NOW + 60, iss: 'https://evil.example' })],
    ['another typ', () => bundle({ seq: 9, iat: NOW + 60 }, 'at+jwt')],
    ['no seq', () => bundle({ seq: undefined, iat: NOW + 60 })],
    ['no iat', () => bundle({ seq: 9, iat: undefined })],
    ['no events', () => bundle({ seq: 9, iat: NOW + 60, events: null })],
    [
      'the signature of somebody else (forged)',
      () => {
        const other = createSigningKeys(createRing({ now: NOW, key: testKey(7) }), ISSUER)
        return bundle({ seq: 9, iat: NOW + 60 }, undefined, other.signing('ES256', NOW))
      },
    ],
    [
      'a changed payload',
      async () => {
        const [header, , signature] = (await (await bundle({ seq: 9, iat: NOW + 60 })).text()).split('.')
        const payload = btoa(JSON.stringify({ iss: ISSUER, iat: NOW + 60, seq: 9, salt: 's', events: {} })).replace(
          /=/g,
          '',
        )
        return new Response(`${header}.${payload}.${signature}`, { headers: { 'content-type': 'application/jwt' } })
      },
    ],
    [
      'alg none',
      () =>
        new Response(`${btoa('{"alg":"none","typ":"revocations+jwt"}').replace(/=/g, '')}.e30.`, {
          headers: { 'content-type': 'application/jwt' },
        }),
    ],
    [
      'another media type',
      async () =>
        new Response(await (await bundle({ seq: 9, iat: NOW + 60 })).text(), {
          headers: { 'content-type': 'text/html' },
        }),
    ],
    [
      'a media type that begins as ours',
      async () =>
        new Response(await (await bundle({ seq: 9, iat: NOW + 60 })).text(), {
          headers: { 'content-type': 'application/jwt-not' },
        }),
    ],
    ['5 MB (huge)', () => new Response('x'.repeat(5_000_000), { headers: { 'content-type': 'application/jwt' } })],
    ['status 404', () => new Response(null, { status: 404 })],
    ['a redirect', () => Response.redirect('https://evil.example/revocations')],
  ])('with %s is as none: what is known grows old', async (_, answer) => {
    const { mint, wait, spoil, revoke, reason } = setUp()
    const [token, revoked] = [await mint(), await mint()]
    await revoke(await mint())
    await revoke(revoked)
    expect([await reason(token), await reason(revoked)]).toEqual(['ok', 'revoked'])
    spoil(answer)
    wait(20)
    expect([await reason(token), await reason(revoked)]).toEqual(['ok', 'revoked'])
    wait(41)
    expect(await reason(token)).toBe('unavailable')
  })

  it('with 10,000 events is taken, and hits those that it names', async () => {
    const { mint, spoil, reason } = setUp()
    const token = await mint()
    const sub = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [hashRevoked('s', 'sub', `user ${index}`), NOW + 60]),
    )
    spoil(() => bundle({ events: { sub } }))
    expect(await reason(token)).toBe('ok')
    const leaves = keyring.leavesFor('access', API, 'A256GCM', 600)
    expect(await reason(await sealDirect({ ...ENTITLEMENT, sub: 'user 9999' }, ISSUER, leaves, NOW))).toBe('revoked')
  })

  it.each<[string, Partial<RevocationOptions>, RegExp]>([
    ['http', { url: 'http://as.example/revocations' }, /^"revocations\.url" expected an https URL/],
    ['too often', { every: 0 }, /^"revocations\.every" expected/],
    ['less than what is newest may be old', { maxStale: 49 }, /^"revocations\.maxStale" expected/],
    ['another way', { onStale: 'maybe' as never }, /^"revocations\.onStale" expected/],
  ])('refuses the option of %s', (_, changes, message) => {
    expect(() => setUp(changes)).toThrow(message)
  })
})

describe('a list that was lost or set back', () => {
  it('is told of, once', async () => {
    const { revocations, lose } = losable()
    const { options, mint, wait } = setUp({}, revocations)
    const problems: string[] = []
    const verifier = createVerifier({
      ...options,
      onProblem: ({ detail, code }) => problems.push(`${code}: ${detail}`),
    })
    const token = await mint()
    expect((await verifier.verify(token)).ok).toBe(true)
    lose()
    for (let passed = 0; passed < 60; passed += 10) {
      wait(10)
      expect((await verifier.verify(token)).ok).toBe(true)
    }
    expect(problems).toEqual([expect.stringMatching(/^undefined: revocations: the issuer lost its list/)])
  })

  /** A list that can be lost: another one takes its place. */
  function losable() {
    let made = 1000
    let list = createMemoryRevocations('salt', () => made)
    const revocations: Revocations = { add: (...of) => list.add(...of), read: (...of) => list.read(...of) }
    return {
      revocations,
      lose: (to?: Revocations) => {
        made += 1
        list = to ?? createMemoryRevocations('salt', () => made)
      },
      current: () => list,
    }
  }

  // promise: P23
  it('is taken at once when it is a new one, whatever its seq: nobody waits for a restart', async () => {
    const { revocations, lose } = losable()
    const { mint, revoke, wait, reason, settle, statuses } = setUp({}, revocations)
    const [before, after, good] = [await mint(), await mint(), await mint()]
    for (const token of [before, await mint(), await mint()]) await revoke(token)
    expect(await reason(before)).toBe('revoked')
    lose()
    await revoke(after)
    for (let passed = 0; passed < 120; passed += 5) {
      wait(5)
      expect(await reason(good)).toBe('ok')
      await settle()
      if (passed >= 40) expect(await reason(after)).toBe('revoked')
    }
    expect(statuses).toContain(200)
  })

  it('is taken within a minute and a half when an old copy of it was restored', async () => {
    const { revocations, lose, current } = losable()
    const { mint, revoke, wait, reason, settle } = setUp({}, revocations)
    const copy = createMemoryRevocations('salt', () => 1000)
    const [token, after, good] = [await mint(), await mint(), await mint()]
    await revoke(token)
    expect(await reason(token)).toBe('revoked')
    expect((await copy.read(NOW, 'anything')).epoch).toBe((await current().read(NOW, 'anything')).epoch)
    lose(copy)
    let refused = 0
    for (let passed = 0; passed < 180; passed += 5) {
      wait(5)
      if ((await reason(good)) !== 'ok') refused += 5
      await settle()
      if (passed === 100) await revoke(after)
    }
    expect(refused).toBeLessThanOrEqual(30)
    expect(await reason(after)).toBe('revoked')
  })

  it('is not taken when it is an old bundle that somebody brings again, however long', async () => {
    const { revocations } = losable()
    const { mint, revoke, wait, reason, settle, spoil } = setUp({ onStale: 'accept' }, revocations)
    const token = await mint()
    let replayed: Response | undefined
    spoil((answer) => {
      if (answer.status === 200) replayed ??= answer.clone() as Response
      return answer
    })
    await reason(token)
    await revoke(token)
    wait(30)
    await reason(token)
    await settle()
    expect(await reason(token)).toBe('revoked')
    spoil(() => replayed?.clone() as Response)
    for (let passed = 0; passed < 200; passed += 10) {
      wait(10)
      expect(await reason(token)).toBe('revoked')
      await settle()
    }
  })
})
