import { describe, expect, it } from 'vitest'
import { TokenError } from '../../src/jose/error.ts'
import type { TokenErrorCode } from '../../src/jose/explain.ts'
import type { Scheme } from '../../src/protocol/bearer.ts'
import type { Expectations } from '../../src/token/claims.ts'
import type { Confirmation, Entitlement } from '../../src/token/entitlement.ts'
import { type CommonOptions, checkOptions } from '../../src/verifier/common_options.ts'
import type { Demand } from '../../src/verifier/demand.ts'
import type { Problem } from '../../src/verifier/problem.ts'
import type { ResourceRequest } from '../../src/verifier/request.ts'
import { type Confirm, createVerifierAround, type Open, type Shown } from '../../src/verifier/verifier.ts'
import { API, ENTITLEMENT, ISSUER, NOW } from '../ring.ts'

const entitlement: Entitlement = { ...ENTITLEMENT, scope: ['read', 'write'], acr: 'high', auth_time: NOW }
const bound = { ...entitlement, cnf: { jkt: 'k' } }
const METADATA = 'https://api1.example/about'

const opens =
  (one: Entitlement = entitlement): Open =>
  () => ({ entitlement: one, kid: 'k', leaf: 'k' })
const fails =
  (error: unknown): Open =>
  () => {
    throw error
  }
const request = (authorization?: string, url: string = API): ResourceRequest => ({
  method: 'GET',
  url,
  headers: authorization === undefined ? {} : { authorization },
})

/** Takes what is bound to `k`, where a request shows it by DPoP. */
function confirmWith(
  changes: Partial<Confirm> & { readonly next?: string; readonly spend?: () => Promise<void> } = {},
) {
  const shown: (readonly [Shown, number])[] = []
  const spent: number[] = []
  const { next, spend = async () => {}, ...more } = changes
  const confirm: Confirm = {
    schemes: ['Bearer', 'DPoP'],
    algorithms: 'ES256 PS256',
    explain: (code) => `in words: ${code}`,
    prove: async (one, now) => {
      shown.push([one, now])
      return {
        confirms: (cnf: Confirmation | undefined) => (cnf?.jkt === 'k') === (one.scheme === 'DPoP'),
        nonce: next,
        spend: async () => {
          spent.push(now)
          await spend()
        },
      }
    },
    nonce: async (now) => `nonce of ${now}`,
    ...more,
  }
  return { confirm, shown, spent }
}

/** A verifier around a way to open, and what it told. */
function setUp(open: Open = opens(), confirm?: Confirm, more: Partial<CommonOptions> = {}) {
  const problems: Problem[] = []
  const options = { issuer: ISSUER, resource: API, now: () => NOW, ...more }
  const checked = checkOptions({ ...options, onProblem: (problem) => problems.push(problem) })
  const verifier = createVerifierAround(open, checked, confirm)
  const ask = async (input: unknown, ...demand: readonly unknown[]) => {
    const result = await verifier.verify(input as string, ...(demand as [Demand]))
    const { ok, code, reason, detail, response } = result
    if (response === undefined) return { ok, nonce: result.nonce, entitlement: result.entitlement, problems }
    const headers = Object.fromEntries(response.headers)
    return { ok, code, reason, detail, problems, status: response.status, headers, body: await response.json() }
  }
  return { ask, verifier, problems }
}

describe('who is let in', () => {
  it('has an entitlement, from a token alone or of a request, opened at once or later', async () => {
    for (const open of [opens(), async (...asked) => opens()(...asked)] satisfies readonly Open[])
      for (const input of ['token', request('Bearer token')])
        expect(await setUp(open).verifier.verify(input)).toStrictEqual({ ok: true, entitlement })
  })

  it('has a token that is opened for what the options expect', async () => {
    const asked: (readonly [string, Expectations])[] = []
    const open: Open = (...one) => {
      asked.push(one)
      return opens()(...one)
    }
    await setUp(open, undefined, { clockTolerance: 7, longestLife: 60, anonymous: true }).ask(request('bearer a.b'))
    const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 7, longestLife: 60, anonymous: true }
    expect(asked).toEqual([['a.b', expected]])
  })

  it.each<Demand | undefined>([
    undefined,
    {},
    { scope: 'read' },
    { scope: 'write read' },
    { acr: 'low high', maxAge: 1 },
  ])('has what is asked for: %j', async (demand) => {
    expect(await setUp().ask('token', demand)).toMatchObject({ ok: true, problems: [] })
  })

  it('is told the next nonce, where there is one, and has spent the proof', async () => {
    const { confirm, spent, shown } = confirmWith({ next: 'next' })
    const input = request('DPoP a.b', `${API}/orders`)
    const result = await setUp(opens(bound), confirm).verifier.verify(input)
    expect(result).toStrictEqual({ ok: true, entitlement: bound, nonce: 'next' })
    expect(spent).toEqual([NOW])
    const read = expect.objectContaining({ method: 'GET', url: `${API}/orders` })
    expect(shown).toEqual([[{ scheme: 'DPoP', token: 'a.b', request: read }, NOW]])
    const none = confirmWith()
    expect(await setUp(opens(), none.confirm).verifier.verify('a.b')).toStrictEqual({ ok: true, entitlement })
    expect(none.shown).toEqual([[{ scheme: 'Bearer', token: 'a.b', request: undefined }, NOW]])
  })
})

const BAD = { code: 'invalid_token', status: 401, body: { error: 'invalid_token' } }

describe('who is not let in is told of it by', () => {
  const challenge = (rest: string, scheme: Scheme = 'Bearer'): object => ({
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'www-authenticate': expect.stringMatching(new RegExp(`^${scheme} realm="${API}"${rest}$`)),
    },
  })
  const withError = (code: string, rest = '', scheme?: Scheme): object =>
    challenge(`, error="${code}", error_description="[^"]+"${rest}`, scheme)

  it('a challenge that names the scope, and where the metadata are', async () => {
    const { ask } = setUp(opens(), undefined, { resourceMetadata: METADATA })
    expect(await ask(request(), { scope: 'read' })).toMatchObject({
      ok: false,
      code: 'no_credentials',
      reason: 'no_credentials',
      status: 401,
      ...challenge(`, scope="read", resource_metadata="${METADATA}"`),
    })
    expect(await ask(request('Bearer a b'), { scope: 'read' })).toMatchObject({
      code: 'invalid_request',
      reason: 'malformed',
      status: 400,
      ...withError('invalid_request', `, scope="read", resource_metadata="${METADATA}"`),
    })
  })

  it('403 where scope lacks', async () => {
    for (const scope of ['admin', 'read admin', 'rea', 'read write admin'])
      expect(await setUp().ask('token', { scope })).toMatchObject({
        code: 'insufficient_scope',
        reason: 'scope',
        status: 403,
        ...withError('insufficient_scope', `, scope="${scope}"`),
      })
  })

  it('a challenge to log in, within the tolerance of the clocks, which names the scope, too', async () => {
    const { ask } = setUp(opens({ ...entitlement, auth_time: NOW - 310 }))
    expect(await ask('token', { maxAge: 300 })).toMatchObject({ ok: true })
    expect(await ask('token', { maxAge: 299, acr: 'high', scope: 'admin' })).toMatchObject({
      code: 'insufficient_user_authentication',
      reason: 'login',
      status: 401,
      ...withError('insufficient_user_authentication', ', acr_values="high", max_age="299", scope="admin"'),
    })
  })

  it.each<[TokenErrorCode, object]>([
    ['expired', BAD],
    ['key', BAD],
    ['revoked', BAD],
    ['unavailable', { code: 'temporarily_unavailable', status: 503 }],
    ['proof', { code: 'invalid_dpop_proof', status: 401 }],
    ['proof_origin', { code: 'invalid_dpop_proof', status: 401 }],
    ['proof_nonce', { code: 'use_dpop_nonce', status: 401 }],
  ])('the code of what is wrong, and never by more: %s', async (reason, told) => {
    for (const open of [fails(new TokenError(reason)), () => Promise.reject(new TokenError(reason))]) {
      const { problems, ...refused } = await setUp(open).ask(request('Bearer token'))
      expect(refused).toMatchObject({ ok: false, reason, ...told })
      expect(problems).toEqual([expect.objectContaining({ reason, code: refused.code, detail: refused.detail })])
      expect(refused.headers).not.toHaveProperty('dpop-nonce')
    }
  })

  it('503 where something else fails: it never throws', async () => {
    for (const error of [new RangeError('x'), 'x', undefined])
      expect(await setUp(fails(error)).ask('token')).toMatchObject({ reason: 'unavailable', status: 503 })
  })

  it('400 where a request cannot be read', async () => {
    const unreadable = {
      get headers(): never {
        throw new Error('x')
      },
    }
    expect(await setUp().ask(unreadable)).toMatchObject({
      code: 'invalid_request',
      reason: 'malformed',
      detail: expect.stringContaining('threw'),
      status: 400,
      ...withError('invalid_request'),
    })
  })

  it.each<unknown>([null, 'read', { scopes: 'read' }, { scope: 'a  b' }, { scope: undefined }])(
    '500 where nobody knows what is asked for: %j',
    async (demand) => {
      for (const input of ['token', request()]) {
        const { problems, ...refused } = await setUp().ask(input, demand)
        const told = { code: 'server_error', reason: 'demand', detail: expect.stringMatching(/^"\w+" /) }
        expect(refused).toMatchObject({ ok: false, status: 500, ...told, body: { error: 'server_error' } })
        expect(problems).toEqual([told])
      }
    },
  )

  it('the answer to a bad token where it is bound, and nothing confirms it', async () => {
    const reason = 'confirmation'
    for (const input of ['token', request('Bearer token')]) {
      expect(await setUp(opens(bound)).ask(input)).toMatchObject({ ...BAD, reason, ...withError('invalid_token') })
      expect(await setUp(opens(bound), confirmWith().confirm).ask(input)).toMatchObject({ ...BAD, reason })
    }
    const wrong = await setUp(opens(), confirmWith().confirm).ask(request('DPoP token'))
    expect(wrong).toMatchObject({ ...BAD, reason, ...withError('invalid_token', ', algs="ES256 PS256"', 'DPoP') })
  })

  it('all schemes where none was shown, and its own where one was', async () => {
    const { confirm } = confirmWith()
    const both = challenge(`, DPoP realm="${API}", algs="ES256 PS256"`)
    expect(await setUp(opens(), confirm).ask(request())).toMatchObject({ code: 'no_credentials', ...both })
    const shown = await setUp(opens(), confirm).ask(request('DPoP a b'))
    expect(shown).toMatchObject(withError('invalid_request', ', algs="ES256 PS256"', 'DPoP'))
    expect(await setUp().ask(request('DPoP token'))).toMatchObject({ code: 'no_credentials', ...challenge('') })
  })

  it('a nonce, where a proof lacks one, and there is one to tell', async () => {
    const prove = () => Promise.reject(new TokenError('proof_nonce'))
    const { confirm } = confirmWith({ prove })
    const refused = await setUp(opens(), confirm).ask(request('DPoP token'))
    const detail = 'in words: proof_nonce'
    expect(refused).toMatchObject({ code: 'use_dpop_nonce', detail, headers: { 'dpop-nonce': `nonce of ${NOW}` } })
    const lacking = confirmWith({ prove, nonce: () => Promise.reject(new TokenError('sealing')) })
    const none = await setUp(opens(), lacking.confirm).ask(request('DPoP token'))
    expect(none).toMatchObject({ code: 'use_dpop_nonce', status: 401 })
    expect(none.headers).not.toHaveProperty('dpop-nonce')
    const other = confirmWith({ prove: () => Promise.reject(new TokenError('proof')) })
    expect((await setUp(opens(), other.confirm).ask(request('DPoP token'))).headers).not.toHaveProperty('dpop-nonce')
  })

  it('a proof that is spent after all else, and not where something else is wrong', async () => {
    const { confirm, spent } = confirmWith({ spend: () => Promise.reject(new TokenError('proof_replayed')) })
    const { ask } = setUp(opens(bound), confirm)
    expect(await ask(request('DPoP token'), { scope: 'admin' })).toMatchObject({ code: 'insufficient_scope' })
    expect(await ask(request('DPoP token'), { acr: 'other' })).toMatchObject({ reason: 'login' })
    expect(await ask(request('Bearer token'))).toMatchObject({ reason: 'confirmation' })
    expect(spent).toEqual([])
    const refused = { code: 'invalid_dpop_proof', reason: 'proof_replayed', status: 401 }
    expect(await ask(request('DPoP token'))).toMatchObject(refused)
    expect(spent).toEqual([NOW])
  })
})
