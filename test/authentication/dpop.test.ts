import { describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { createMemoryGuard, type Guard, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { createPurposeEnvelopes } from '../../src/token/purpose.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { API, basic, ISSUER, NOW, openEntitlement, testIssuer, testRing, tokenRequest, VARS } from '../fixtures.ts'
import { createProver, type ProofChanges, withHeader, withProofs } from '../parties/dpop.ts'
import {
  type App,
  type Ask,
  createApp,
  createPerson,
  type FullAnswer,
  REQUESTS,
  readAnswer,
} from '../parties/person.ts'

const prover = await createProver()
const other = await createProver()

/** An issuer with a clock that the test turns. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const lines: LogEntry[] = []
  const guard = createMemoryGuard(() => now, { single: true })
  const issuer = testIssuer({ now: () => now, log: (entry) => lines.push(entry), guard, ...changes })
  const ask: Ask = (request) => issuer.fetch(request)
  const at = (): number => now
  const code = async (client = 'pub', asked = {}): Promise<string> => {
    const url = await createPerson(ask, { now: at }).answer('allow', { ...REQUESTS[client], ...asked })
    return url.searchParams.get('code') ?? ''
  }
  const appWith = (key = prover, client = 'pub'): App => createApp(withProofs(ask, key, at), { client })
  return { ask, at, code, appWith, guard, lines, wait: (seconds: number) => (now += seconds) }
}

const open = (token: string, now = NOW): Promise<Entitlement> =>
  openEntitlement(token, createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 600), {
    issuer: ISSUER,
    resource: API,
    now,
    clockTolerance: 0,
    longestLife: 600,
    anonymous: false,
  })
/** An issuer without a guard has only clients that need none, and takes nobody's assertions. */
const clients = { service: VARS.CLIENTS.service, pub: VARS.CLIENTS.pub }
const unguarded = { guard: 'none', clients, trustedIssuers: {} } as const

/** What a refresh token says inside. */
const openRefresh = (token: string, now = NOW) => {
  const lives = { refresh: 2_592_000 } as Parameters<typeof createPurposeEnvelopes>[1]
  return createPurposeEnvelopes(createKeyring(testRing(NOW), ISSUER), lives, now).open('refresh', token)
}
const answerOf = async (response: Response | Promise<Response>): Promise<FullAnswer> => readAnswer(await response)
/** Asks for a token with a proof that is as it is made. */
const askWith = async (ask: Ask, changes: ProofChanges): Promise<Response> =>
  withHeader(ask, 'dpop', await prover.prove(changes))(tokenRequest())
const nonceOf = async (ask: Ask, now = NOW): Promise<string> =>
  (await askWith(ask, { now })).headers.get('dpop-nonce') ?? ''

describe('a token request with a proof', () => {
  it('gives a token that is bound to the key of the proof, and says so', async () => {
    const { ask, at } = setUp()
    const answer = await answerOf(withProofs(ask, prover, at)(tokenRequest()))
    expect(answer).toMatchObject({ token_type: 'DPoP', expires_in: 600 })
    expect((await open(answer.access_token)).cnf).toEqual({ jkt: prover.jkt })
    expect((await answerOf(ask(tokenRequest()))).token_type).toBe('Bearer')
  })

  it('tells hooks what the token is bound to, and lets them change nothing of it', async () => {
    const seen: unknown[] = []
    const { ask, at } = setUp({
      claims: (entitlement) => {
        seen.push(entitlement.cnf)
        return { cnf: { jkt: 'x' } }
      },
      response: () => ({ token_type: 'Bearer' }),
    })
    const answer = await answerOf(withProofs(ask, prover, at)(tokenRequest()))
    expect([seen, answer.token_type]).toEqual([[{ jkt: prover.jkt }], 'DPoP'])
    expect((await open(answer.access_token)).cnf).toEqual({ jkt: prover.jkt })
  })

  it('is the same without a framework', async () => {
    const issuer = testIssuer({ dpopNonce: false })
    const request = tokenRequest()
    const headers = { ...Object.fromEntries(request.headers), DPoP: await prover.prove() }
    const { body } = await issuer.createTokenResponse({
      uri: '/token',
      method: 'POST',
      headers,
      body: await request.text(),
    })
    expect(JSON.parse(body)).toMatchObject({ token_type: 'DPoP' })
  })

  it('asks the client to prove itself first: a wrong secret is told before a wrong proof', async () => {
    const { ask } = setUp()
    const request = tokenRequest({ headers: { authorization: basic('service', 'wrong') } })
    expect((await withHeader(ask, 'dpop', 'x')(request)).status).toBe(401)
  })

  it('never has a proof, a nonce or a key in the log', async () => {
    const { ask, lines } = setUp()
    const nonce = await nonceOf(ask)
    await askWith(ask, { nonce, url: 'https://canary.example/token', claims: { jti: 'canary' } })
    const logged = JSON.stringify(lines)
    expect(lines.map(({ code }) => code)).toEqual(['use_dpop_nonce', 'invalid_dpop_proof'])
    for (const secret of ['canary', nonce, prover.jkt, prover.jwk.x ?? '']) expect(logged).not.toContain(secret)
  })
})

describe('a nonce', () => {
  it('is needed by default: without one of ours the request is refused, and told one (RFC 9449 §8)', async () => {
    const { ask } = setUp()
    for (const nonce of [undefined, '', 'x', 'e30.e30.e30'])
      expect((await askWith(ask, nonce === undefined ? {} : { nonce })).headers.get('dpop-nonce')).toMatch(
        /^ey[\w.-]+$/,
      )
  })

  it('is no other envelope of ours', async () => {
    const { ask, code } = setUp()
    const response = await askWith(ask, { nonce: await code() })
    expect([response.status, await answerOf(response)]).toEqual([
      400,
      expect.objectContaining({ error: 'use_dpop_nonce' }),
    ])
  })

  it('lives five minutes; from the half on, the answer tells the next', async () => {
    const { ask, wait } = setUp()
    const nonce = await nonceOf(ask)
    wait(150)
    const half = await askWith(ask, { nonce, now: NOW + 150 })
    expect([half.status, half.headers.get('dpop-nonce')]).toEqual([200, null])
    wait(1)
    const young = await askWith(ask, { nonce, now: NOW + 151 })
    expect([young.status, young.headers.get('dpop-nonce')]).toEqual([200, expect.stringMatching(/^ey/)])
    wait(148)
    expect((await askWith(ask, { nonce, now: NOW + 299 })).status).toBe(200)
    wait(1)
    expect((await askWith(ask, { nonce, now: NOW + 300 })).status).toBe(400)
  })

  it('is good at every machine of the issuer, for nothing is kept', async () => {
    const nonce = await nonceOf(setUp().ask)
    expect((await askWith(setUp().ask, { nonce })).status).toBe(200)
  })

  it('is not asked for where the operator says so', async () => {
    const { ask } = setUp({ dpopNonce: false })
    for (const changes of [{}, { nonce: 'x' }]) {
      const response = await askWith(ask, changes)
      expect([response.status, response.headers.get('dpop-nonce')]).toEqual([200, null])
    }
    expect(() => testIssuer({ dpopNonce: 'no' as never })).toThrow('"dpopNonce" expected true or false')
  })

  it('does not come from a ring that cannot seal: 503', async () => {
    const { ask, at } = setUp({ keyRing: undefined })
    expect((await askWith(ask, { now: at() })).status).toBe(503)
  })
})

describe('a proof is spent once', () => {
  it('and comes to nothing the second time, also at the same moment (H31)', async () => {
    const { ask } = setUp()
    const nonce = await nonceOf(ask)
    const proof = await prover.prove({ nonce })
    const again = (): Promise<Response> => Promise.resolve(withHeader(ask, 'dpop', proof)(tokenRequest()))
    const statuses = (await Promise.all([again(), again(), again()])).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 400, 400])
    expect(await answerOf(again())).toMatchObject({ error: 'invalid_dpop_proof' })
  })

  it('by its key and jti: another key may have the same jti', async () => {
    const { ask } = setUp()
    const nonce = await nonceOf(ask)
    for (const key of [prover, other]) {
      const proof = await key.prove({ nonce, claims: { jti: 'same' } })
      expect((await withHeader(ask, 'dpop', proof)(tokenRequest())).status).toBe(200)
    }
  })

  it('after all checks, and before the code: what is refused burns neither (C17, b.5)', async () => {
    const { ask, code } = setUp({ dpopNonce: false })
    const spent = await prover.prove()
    expect((await withHeader(ask, 'dpop', spent)(tokenRequest())).status).toBe(200)
    const redeemable = await code()
    const fresh = await prover.prove()
    const appWith = (proof: string): App => createApp(withHeader(ask, 'dpop', proof))
    expect(await answerOf(appWith(fresh).redeem(redeemable, { code_verifier: 'x'.repeat(43) }))).toMatchObject({
      error: 'invalid_grant',
    })
    expect(await answerOf(appWith(spent).redeem(redeemable))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(await answerOf(appWith('x').redeem(redeemable))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(await answerOf(appWith(fresh).redeem(redeemable))).toMatchObject({ token_type: 'DPoP' })
  })

  it('before a refresh token moves on', async () => {
    const { ask, code, wait } = setUp({ dpopNonce: false })
    const { refresh_token = '' } = await answerOf(createApp(ask).redeem(await code()))
    const spent = await prover.prove()
    await withHeader(ask, 'dpop', spent)(tokenRequest())
    const app = createApp(withHeader(ask, 'dpop', spent))
    expect(await answerOf(app.refresh(refresh_token))).toMatchObject({ error: 'invalid_dpop_proof' })
    // After the grace: a family that had moved on would end now.
    wait(31)
    expect(await answerOf(createApp(ask).refresh(refresh_token))).toMatchObject({ token_type: 'Bearer' })
  })

  it.each<[string, Partial<Guard>]>([
    ['throws', { spend: () => Promise.reject(new Error('canary')) }],
    ['never answers', { spend: () => new Promise(() => {}) }],
  ])('or not at all: 503 when the guard %s (F07)', async (_, broken) => {
    const { ask } = setUp({ dpopNonce: false, guard: { ...createMemoryGuard(), ...broken } })
    const response = await askWith(ask, {})
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await response.text()).not.toMatch(/canary|access_token/)
  })

  it('where there is a guard: an operator who wrote "none" has none', async () => {
    const { ask } = setUp({ dpopNonce: false, ...unguarded })
    const proof = await prover.prove()
    for (let times = 0; times < 2; times++)
      expect((await withHeader(ask, 'dpop', proof)(tokenRequest())).status).toBe(200)
  })
})

describe('a refresh token of a public client', () => {
  it('that came with a proof is bound to its key, and stays the same until the approval ends (H32)', async () => {
    const { code, appWith, wait, at } = setUp()
    const { refresh_token = '' } = await answerOf(appWith().redeem(await code()))
    const facts = await openRefresh(refresh_token)
    expect(facts).toMatchObject({ cnf: { jkt: prover.jkt }, generation: 0, exp: NOW + 2_592_000 })
    for (let times = 0; times < 3; times++) {
      wait(700_000)
      const answer = await answerOf(appWith().refresh(refresh_token))
      expect(answer).toMatchObject({ token_type: 'DPoP', refresh_token })
      expect((await open(answer.access_token, at())).cnf).toEqual({ jkt: prover.jkt })
    }
    wait(500_000)
    expect(await answerOf(appWith().refresh(refresh_token))).toMatchObject({ error: 'invalid_grant' })
  })

  it('is given and used without a guard: nothing needs to be remembered', async () => {
    const { ask, code, appWith } = setUp(unguarded)
    const { refresh_token = '' } = await answerOf(appWith().redeem(await code()))
    expect(await answerOf(appWith().refresh(refresh_token))).toMatchObject({ token_type: 'DPoP' })
    expect(await answerOf(createApp(ask).redeem(await code()))).not.toHaveProperty('refresh_token')
  })

  it('that was bound to nothing becomes bound when it is used with a proof', async () => {
    const { ask, code, appWith } = setUp()
    const first = await answerOf(createApp(ask).redeem(await code()))
    const second = await answerOf(appWith().refresh(first.refresh_token ?? ''))
    expect(second).toMatchObject({ token_type: 'DPoP', refresh_token: expect.any(String) })
    expect(await openRefresh(second.refresh_token ?? '')).toMatchObject({ cnf: { jkt: prover.jkt }, generation: 1 })
    expect(await answerOf(appWith(other).refresh(second.refresh_token ?? ''))).toMatchObject({ error: 'invalid_grant' })
  })

  it('ends with its family all the same', async () => {
    const { code, appWith } = setUp()
    const spentCode = await code()
    const { refresh_token = '' } = await answerOf(appWith().redeem(spentCode))
    await answerOf(appWith().redeem(spentCode))
    expect(await answerOf(appWith().refresh(refresh_token))).toMatchObject({ error: 'invalid_grant' })
  })

  it('of a confidential client is bound to the client alone, whose key may change (RFC 9449 §5)', async () => {
    const { code, appWith } = setUp()
    const { refresh_token = '' } = await answerOf(appWith(prover, 'web').redeem(await code('web')))
    expect(await openRefresh(refresh_token)).not.toHaveProperty('cnf')
    const answer = await answerOf(appWith(other, 'web').refresh(refresh_token))
    expect((await open(answer.access_token)).cnf).toEqual({ jkt: other.jkt })
  })
})

describe('what is bound, from end to end', () => {
  it('is taken by the resource server with the key, and by nobody without', async () => {
    const { ask, at } = setUp()
    const { access_token: token } = await answerOf(withProofs(ask, prover, at)(tokenRequest()))
    const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW }))
    const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW })
    const shown = async (key: typeof prover) =>
      verifier.verify({
        method: 'GET',
        url: `${API}/x`,
        headers: { authorization: `DPoP ${token}`, dpop: await key.prove({ method: 'GET', url: `${API}/x`, token }) },
      })
    expect([(await shown(prover)).ok, (await shown(other)).ok]).toEqual([true, false])
  })

  it('is told to the resource server that introspects (RFC 9449 §6.2)', async () => {
    const api = { kind: 'resource_server', secret_hash: VARS.CLIENTS.one.secret_hash, resources: [API] } as const
    const { ask, at } = setUp({ clients: { ...VARS.CLIENTS, api } })
    for (const [asking, type, cnf] of [
      [withProofs(ask, prover, at), 'DPoP', { jkt: prover.jkt }],
      [ask, 'Bearer', undefined],
    ] as const) {
      const { access_token: token } = await answerOf(asking(tokenRequest()))
      const authorization = basic('api', 'one-secret')
      const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams({ token }).toString()
      const told = await ask(new Request(`${ISSUER}/introspect`, { method: 'POST', headers, body }))
      const json = (await told.json()) as Record<string, unknown>
      expect([json['active'], json['token_type'], json['cnf']]).toEqual([true, type, cnf])
    }
  })
})
