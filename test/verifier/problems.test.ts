import { Hono } from 'hono'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createKeyring, createRing, createSigningKeys, type SigningKey } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { resourceServer } from '../../src/verifier/hono.ts'
import {
  createVerifier,
  type Problem,
  type ProblemReason,
  type RemoteKeysOptions,
  remoteKeys,
  type VerifierOptions,
} from '../../src/verifier/index.ts'
import { API, ISSUER, NOW, PARTNER_KEY, SECRETS, testKey, testRing, testSettings, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'

type Answer = (good: Response) => Response | Promise<Response>

const issuer = createIssuer(testSettings({ revocations: createMemoryRevocations('salt') }))
const { access_token: token } = await readAnswer(await issuer.fetch(tokenRequest()))
const keyring = createKeyring(testRing(NOW), ISSUER)

/** A list as the issuer signs it, but for what is changed. */
async function list(claims: object, key?: SigningKey): Promise<Response> {
  const whole = { iss: ISSUER, iat: NOW, exp: NOW + 3600, seq: 1, salt: 's', events: {}, ...claims }
  const signer = key ?? (keyring.signingKeys.signing('ES256', NOW) as SigningKey)
  const headers = { 'content-type': 'application/jwt' }
  return new Response(await signClaims(whole, 'revocations+jwt', signer), { headers })
}

/** A resource server with an issuer of which one path answers otherwise, and what it was told of. */
function setUp(spoilt: string, answer?: Answer, remote: Partial<RemoteKeysOptions> = {}, more: object = {}) {
  const problems: Problem[] = []
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const good = await issuer.fetch(new Request(url, init))
    return answer !== undefined && new URL(url).pathname === spoilt ? answer(good) : good
  }
  const url = `${ISSUER}/keys?resource=${encodeURIComponent(API)}`
  const client = { clientId: 'api-server', clientSecret: SECRETS['api-server'] }
  const options: VerifierOptions = {
    issuer: ISSUER,
    resource: API,
    keys: remoteKeys({ url, ...client, fetch, ...remote }),
    revocations: { url: `${ISSUER}/revocations` },
    fetch,
    now: () => NOW,
    onProblem: (problem) => problems.push(problem),
    ...more,
  }
  return { problems, options, verifier: createVerifier(options) }
}

const lost = (code: string) => () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code } }))
const status = (code: number) => () => new Response(null, { status: code })
const html = () => new Response('<html>', { headers: { 'content-type': 'text/html' } })
afterEach(() => vi.restoreAllMocks())

describe('a mistake of the operator is 503 to the caller, and told in words of its own:', () => {
  it.each<[string, string, Answer | undefined, Partial<RemoteKeysOptions>, string]>([
    [
      'a wrong client secret',
      '/keys',
      undefined,
      { clientSecret: 'wrong' },
      'keys: status 401: the issuer does not know',
    ],
    [
      'several resources',
      '/keys',
      undefined,
      { url: `${ISSUER}/keys` },
      'keys: status 400: the entry of clientId serves',
    ],
    [
      'a wrong URL of keys',
      '/keys',
      undefined,
      { url: `${ISSUER}/key` },
      "keys: status 404: url is not the issuer's /keys",
    ],
    ['a host that is not there', '/keys', lost('ENOTFOUND'), {}, 'keys: TypeError: ENOTFOUND'],
    [
      'a certificate that is not trusted',
      '/keys',
      lost('DEPTH_ZERO_SELF_SIGNED_CERT'),
      {},
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    ['a redirect', '/keys', status(302), {}, 'keys: a redirect, which is not followed (status 302)'],
    ['a page in place of keys', '/keys', html, {}, 'keys: another media type'],
    [
      'keys that are not encrypted',
      '/keys',
      undefined,
      { decryptionKey: PARTNER_KEY },
      'keys: what came is not encrypted to',
    ],
    [
      'no list',
      '/revocations',
      status(404),
      {},
      "revocations: status 404: url is not the issuer's /revocations, or it has no",
    ],
    [
      'a list that is too long',
      '/revocations',
      () => new Response('x'.repeat(4_000_001), { headers: { 'content-type': 'application/jwt' } }),
      {},
      'revocations: the list is longer than 4000000 bytes',
    ],
    [
      "another's list",
      '/revocations',
      () => list({}, createSigningKeys(createRing({ now: NOW, key: testKey(7) }), ISSUER).signing('ES256', NOW)),
      {},
      'revocations: the list is not signed by a key of this issuer',
    ],
    [
      'a list of another issuer',
      '/revocations',
      () => list({ iss: 'https://b.example' }),
      {},
      'the list is of another issuer',
    ],
    ['a clock that is slow', '/revocations', () => list({ iat: NOW + 90 }), {}, 'the list is from the future'],
    [
      'a clock that is fast',
      '/revocations',
      () => list({ iat: NOW - 90 }),
      {},
      'older than maxStale: the clocks differ',
    ],
    ['no public keys', '/jwks', status(500), {}, 'its signature cannot be checked: jwks: status 500'],
  ])('%s', async (_, path, answer, remote, detail) => {
    const { verifier, problems } = setUp(path, answer, remote)
    const result = await verifier.verify(token)
    const expected = { reason: 'unavailable', detail: expect.stringContaining(detail) }
    expect(result).toMatchObject({ ok: false, code: 'temporarily_unavailable', ...expected })
    expect(problems.at(-1)).toMatchObject({ code: 'temporarily_unavailable', source: expect.any(String), ...expected })
    const told = JSON.stringify(problems)
    for (const secret of [token, SECRETS['api-server'], 'wrong"', PARTNER_KEY.d]) expect(told).not.toContain(secret)
  })

  it('a memory of proofs, and a demand, too', async () => {
    const { verifier, problems } = setUp('')
    expect((await verifier.verify(token)).ok).toBe(true)
    await verifier.verify(token, 'read' as never)
    expect(problems).toEqual([
      { reason: 'demand', detail: '"demand" expected an object, got a string', code: 'server_error' },
    ])
  })
})

describe('onProblem', () => {
  // promise: P22
  it('is told of each request that is refused, and of none that is let in', async () => {
    const { verifier, problems } = setUp('')
    const ask = (headers: Record<string, string>) => verifier.verify(new Request(API, { headers }), { scope: 'admin' })
    await ask({})
    await ask({ authorization: 'Bearer a b' })
    await ask({ authorization: 'Bearer x' })
    await ask({ authorization: `Bearer ${token}` })
    await verifier.verify(token)
    expect(problems.map(({ reason, code }) => [reason, code])).toEqual([
      ['no_credentials', 'no_credentials'],
      ['malformed', 'invalid_request'],
      ['form', 'invalid_token'],
      ['scope', 'insufficient_scope'],
    ])
    for (const { detail } of problems) expect(detail).toMatch(/^the \w+/)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the log is down')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('the log is down')
      },
    ],
  ])('that %s harms nothing', async (_, onProblem) => {
    const { verifier } = setUp('', undefined, {}, { onProblem })
    expect(await verifier.verify('x')).toMatchObject({ code: 'invalid_token', reason: 'form' })
    expect((await verifier.verify(token)).ok).toBe(true)
  })

  it('of a middleware is told of what that one refuses, beside a verifier or among its options', async () => {
    const { verifier, options, problems } = setUp('')
    const here: Problem[] = []
    const app = new Hono()
      .use('/a', resourceServer({ verifier, onProblem: (problem) => here.push(problem) }))
      .use('/b', resourceServer(options))
    await app.request(`${API}/a`)
    expect([here.map(({ reason }) => reason), problems.length]).toEqual([['no_credentials'], 1])
    await app.request(`${API}/b`)
    expect([here.length, problems.length]).toEqual([1, 2])
    expect(() => resourceServer({ verifier, onProblem: 'log' as never })).toThrow('"onProblem" expected a function')
  })

  it('left out, the console hears where the server is at fault, once a minute about the same, and of nobody else', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    const { verifier } = setUp('/keys', status(500), {}, { onProblem: undefined })
    for (let request = 0; request < 5; request++) await verifier.verify(token)
    await verifier.verify(new Request(API))
    expect(warn.mock.calls).toEqual([
      ['{"level":"warn","event":"verifier","reason":"unavailable","detail":"keys: status 500"}'],
    ])
  })

  it('has reasons of a closed list', () => {
    expectTypeOf<Problem['reason']>().toEqualTypeOf<ProblemReason>()
    expectTypeOf<
      'unavailable' | 'demand' | 'scope' | 'malformed' | 'no_credentials' | 'expired'
    >().toExtend<ProblemReason>()
    expectTypeOf<string>().not.toExtend<ProblemReason>()
  })
})
