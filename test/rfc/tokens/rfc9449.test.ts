import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { exportKeys, readRing, writeKeys } from '../../../keys/index.ts'
import { type Bindings, createIssuer, readBindings } from '../../../src/index.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { API, ISSUER, tokenRequest, VARS } from '../../fixtures.ts'
import { createProver, type ProofChanges, withHeader, withProofs } from '../../parties/dpop.ts'
import {
  type App,
  type Ask,
  type Changes,
  createApp,
  createPerson,
  pushedBy,
  REQUESTS,
  readAnswer,
} from '../../parties/person.ts'

const ask: Ask = (request) => exports.default.fetch(request)
const seconds = (): number => Math.floor(Date.now() / 1000)
const prover = await createProver()
const other = await createProver()
const appOf = (key = prover, client = 'pub'): App => createApp(withProofs(ask, key), { client })
const codeOf = async (changes: Changes = {}, asking = ask): Promise<string> =>
  (await createPerson(asking).answer('allow', changes)).searchParams.get('code') ?? ''
const answerOf = async (response: Response | Promise<Response>) =>
  (await readAnswer(await response)) as Awaited<ReturnType<typeof readAnswer>> & Record<string, unknown>

/** Sends a token request with the proof exactly as it is. */
const send = (proof: string, asking = ask): Promise<Response> =>
  Promise.resolve(withHeader(asking, 'dpop', proof)(tokenRequest()))
const nonce = async (): Promise<string> =>
  (await send(await prover.prove({ now: seconds() }))).headers.get('dpop-nonce') ?? ''
const proofFor = async (changes: ProofChanges = {}): Promise<string> =>
  prover.prove({ now: seconds(), nonce: await nonce(), ...changes })

/** A resource server that has nothing but the exported keys. */
function resourceServer() {
  const reading = readRing(env['KEY_RING'] as string)
  if (!reading.ok) throw new Error(reading.detail)
  const keys = writeKeys(exportKeys(reading.ring, { issuer: ISSUER, resource: API, now: seconds() }))
  return createVerifier({ issuer: ISSUER, resource: API, keys })
}

describe('checking proofs (RFC 9449 §4.3): one with any defect is refused', () => {
  const rows: readonly (readonly [string, () => Promise<string>])[] = [
    ['1. more than one DPoP header', async () => `${await proofFor()}, ${await proofFor()}`],
    ['2. no well-formed JWT', async () => 'x.y.z'],
    ['3. no jti', () => proofFor({ claims: { jti: undefined } })],
    ['3. no htm', () => proofFor({ claims: { htm: undefined } })],
    ['3. no htu', () => proofFor({ claims: { htu: undefined } })],
    ['3. no iat', () => proofFor({ claims: { iat: undefined } })],
    ['4. another typ', () => proofFor({ header: { typ: 'jwt' } })],
    ['5. no signature', async () => (await proofFor()).replace(/[^.]*$/, '')],
    [
      '5. a symmetric algorithm',
      async () => {
        const [, payload] = (await proofFor()).split('.')
        const header = btoa(JSON.stringify({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'AA' } }))
        return `${header.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')}.${payload}.AAAA`
      },
    ],
    ["6. another key's signature", () => proofFor({ header: { jwk: other.jwk } })],
    ['7. a private key', () => proofFor({ header: { jwk: { ...prover.jwk, d: 'AA' } } })],
    ['8. another method', () => proofFor({ method: 'GET' })],
    ['9. another URL', () => proofFor({ url: `${ISSUER}/revoke` })],
    ['9. another issuer', () => proofFor({ url: 'https://as2.example/token' })],
    ['11. an iat of over a minute ago', () => proofFor({ now: seconds() - 65 })],
    ['11. an iat over a minute ahead', () => proofFor({ now: seconds() + 65 })],
  ]

  it.each(rows)('%s', async (_, make) => {
    const response = await send(await make())
    expect([response.status, response.headers.get('cache-control'), await response.json()]).toEqual([
      400,
      'no-store',
      {
        error: 'invalid_dpop_proof',
        error_description: 'The DPoP proof is missing, malformed, used, or for another request.',
      },
    ])
  })

  it.each([-10, 0, 10])('an iat %i seconds off is taken (FAPI 2.0 §5.3.2.1-13)', async (off) => {
    expect((await send(await proofFor({ now: seconds() + off }))).status).toBe(200)
  })

  it('compares the URL without query and fragment, after normalization (SHOULD, 9.)', async () => {
    for (const url of [`${ISSUER}/token?x=y#z`, 'HTTPS://AS.example:443/./%74oken'])
      expect((await send(await proofFor({ url }))).status).toBe(200)
  })
})

describe('DPoP access token request (RFC 9449 §5)', () => {
  it.each(['service', 'one'] as const)('gives %s a token of type DPoP', async (client) => {
    const answer = await answerOf(withProofs(ask, prover)(tokenRequest({ client })))
    expect(answer).toMatchObject({ token_type: 'DPoP', expires_in: 600 })
  })

  it.each(['pub', 'web'])('gives %s one for its code, and for its refresh token', async (client) => {
    const app = appOf(prover, client)
    const first = await answerOf(app.redeem(await codeOf(REQUESTS[client])))
    expect(first).toMatchObject({ token_type: 'DPoP', refresh_token: expect.any(String) })
    expect(await answerOf(app.refresh(first.refresh_token ?? ''))).toMatchObject({ token_type: 'DPoP' })
  })

  it("binds a public client's refresh token to the key: it MUST NOT be used with another, or none", async () => {
    const { refresh_token = '' } = await answerOf(appOf().redeem(await codeOf()))
    expect(await answerOf(appOf(other).refresh(refresh_token))).toMatchObject({ error: 'invalid_grant' })
    expect(await answerOf(createApp(ask).refresh(refresh_token))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(await answerOf(appOf().refresh(refresh_token))).toMatchObject({ token_type: 'DPoP' })
  })

  it('leaves a request without a proof what it was (§5: a Bearer token)', async () => {
    expect(await answerOf(ask(tokenRequest()))).toMatchObject({ token_type: 'Bearer' })
  })

  it('is open to browsers: the header may be sent, the nonce may be read', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const preflight = await ask(new Request(`${ISSUER}/token`, { method: 'OPTIONS', headers }))
    expect(preflight.headers.get('access-control-allow-headers')).toContain('DPoP')
    const refused = await send(await prover.prove({ now: seconds() }), (request) => {
      request.headers.set('origin', 'https://app.example')
      return ask(request)
    })
    expect(refused.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
  })
})

describe('metadata (RFC 9449 §5.1, §5.2)', () => {
  it('lists the algorithms that are taken, and no other is', async () => {
    const response = await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    const { dpop_signing_alg_values_supported: algorithms } = (await response.json()) as Record<string, unknown>
    expect(algorithms).toEqual(['ES256', 'Ed25519', 'EdDSA', 'PS256'])
    for (const alg of ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256', 'ES384']) {
      const key = await createProver(alg, /^[PR]S/.test(alg) ? { modulusLength: 2048 } : {})
      const response = await send(await key.prove({ now: seconds(), nonce: await nonce() }))
      expect([alg, response.status]).toEqual([alg, (algorithms as string[]).includes(alg) ? 200 : 400])
    }
  })

  it('dpop_bound_access_tokens of a client: its token requests without a proof MUST be rejected', async () => {
    const bound = { ...VARS.CLIENTS.service, dpop_bound_access_tokens: true }
    const app = { ...VARS.CLIENTS.pub, dpop_bound_access_tokens: true }
    const bindings = { ...env, CLIENTS: { ...VARS.CLIENTS, service: bound, pub: app } } as Bindings
    const issuer = createIssuer({ ...readBindings(bindings), log: () => {} })
    const asking: Ask = (request) => issuer.fetch(request)
    expect(await answerOf(asking(tokenRequest()))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(await answerOf(withProofs(asking, prover)(tokenRequest()))).toMatchObject({ token_type: 'DPoP' })
    const code = await codeOf({}, asking)
    expect(await answerOf(createApp(asking).redeem(code))).toMatchObject({ error: 'invalid_dpop_proof' })
    const redeemed = await answerOf(createApp(withProofs(asking, prover)).redeem(code))
    expect(redeemed).toMatchObject({ token_type: 'DPoP' })
  })
})

describe('protected resource access (RFC 9449 §7)', () => {
  const url = `${API}/orders`
  const tokenOf = async (): Promise<string> =>
    (await answerOf(withProofs(ask, prover)(tokenRequest()))).access_token as string
  const shown = async (token: string, scheme: string, proof?: string) =>
    resourceServer().verify(
      new Request(url, {
        headers: { authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) },
      }),
    )
  const proofOf = (token: string, key = prover): Promise<string> =>
    key.prove({ method: 'GET', url, token, now: seconds() })

  it('takes the token in the scheme DPoP with a proof of its key (§7.1, §6.1)', async () => {
    const token = await tokenOf()
    const result = await shown(token, 'DPoP', await proofOf(token))
    expect(result).toMatchObject({ ok: true, entitlement: { cnf: { jkt: prover.jkt } } })
  })

  it('MUST NOT take it without a proof, or with one of another key (§7.1)', async () => {
    const token = await tokenOf()
    expect(await shown(token, 'DPoP')).toMatchObject({ ok: false, code: 'invalid_dpop_proof' })
    const proof = await proofOf(token, other)
    expect(await shown(token, 'DPoP', proof)).toMatchObject({ ok: false, code: 'invalid_token' })
  })

  it('MUST reject it as a bearer token (§7.2)', async () => {
    const token = await tokenOf()
    const result = await shown(token, 'Bearer', await proofOf(token))
    expect(result).toMatchObject({ ok: false, code: 'invalid_token', reason: 'confirmation' })
  })

  it('MUST NOT take a proof for another token (§4.3, 12.)', async () => {
    const [token, another] = [await tokenOf(), await tokenOf()]
    expect(await shown(token, 'DPoP', await proofOf(another))).toMatchObject({ code: 'invalid_dpop_proof' })
  })

  it('tells the algorithms in the challenge (§7.1)', async () => {
    const result = await resourceServer().verify(new Request(url))
    const challenge = result.ok ? '' : result.response.headers.get('www-authenticate')
    expect(challenge).toContain('DPoP realm="https://api1.example", algs="ES256 Ed25519 EdDSA PS256"')
  })
})

describe('nonces of the authorization server (RFC 9449 §8)', () => {
  it('are told with 400 use_dpop_nonce, in a header that has them alone, and nobody keeps the answer', async () => {
    const response = await send(await prover.prove({ now: seconds() }))
    expect([response.status, response.headers.get('cache-control'), await response.json()]).toEqual([
      400,
      'no-store',
      {
        error: 'use_dpop_nonce',
        error_description: 'The DPoP proof needs the nonce that comes with this answer.',
      },
    ])
    expect(response.headers.get('dpop-nonce')).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{1,400}$/)
  })

  it('cannot be predicted, or made (§11.3)', async () => {
    expect(new Set([await nonce(), await nonce()]).size).toBe(2)
    for (const made of [String(seconds()), (await nonce()).replace(/.$/, 'A').replace(/^./, 'f')])
      expect(await answerOf(send(await proofFor({ nonce: made })))).toMatchObject({ error: 'use_dpop_nonce' })
  })
})

describe('authorization code binding (RFC 9449 §10)', () => {
  it('dpop_jkt: a code is redeemed with that key, and MUST be refused with another, or none (H33)', async () => {
    const code = await codeOf({ dpop_jkt: prover.jkt })
    expect(await answerOf(appOf(other).redeem(code))).toMatchObject({ error: 'invalid_grant' })
    expect(await answerOf(createApp(ask).redeem(code))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(await answerOf(appOf().redeem(code))).toMatchObject({ token_type: 'DPoP' })
  })

  it.each(['x', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, `${'a'.repeat(42)}/`])(
    'a dpop_jkt that is no thumbprint is an invalid request: %s',
    async (dpop_jkt) => {
      const url = await createPerson(ask).answer('allow', { dpop_jkt })
      expect([url.searchParams.get('error'), url.searchParams.get('code')]).toEqual(['invalid_request', null])
    },
  )

  it('a request that is pushed with a proof leads to a code for that key (§10.1)', async () => {
    const pushed = await pushedBy('pub', await appOf().push())
    const code = await codeOf(pushed)
    expect(await answerOf(appOf(other).redeem(code))).toMatchObject({ error: 'invalid_grant' })
    expect(await answerOf(appOf().redeem(code))).toMatchObject({ token_type: 'DPoP' })
  })

  it('a request that is pushed with a proof MUST NOT name another key (§10.1)', async () => {
    expect(await answerOf(appOf().push({ dpop_jkt: other.jkt }))).toMatchObject({ error: 'invalid_dpop_proof' })
    expect((await appOf().push({ dpop_jkt: prover.jkt })).status).toBe(201)
  })

  it('a proof at /par is checked as any other: for its URL, with a nonce, once (§10.1)', async () => {
    const url = `${ISSUER}/par`
    const send = (proof: string): Promise<Record<string, unknown>> =>
      answerOf(createApp(withHeader(ask, 'dpop', proof)).push())
    expect(await send(await prover.prove({ url, now: seconds() }))).toMatchObject({ error: 'use_dpop_nonce' })
    expect(await send(await proofFor())).toMatchObject({ error: 'invalid_dpop_proof' })
    const proof = await proofFor({ url })
    expect(await send(proof)).toHaveProperty('request_uri')
    expect(await send(proof)).toMatchObject({ error: 'invalid_dpop_proof' })
  })

  it('a code without one is for any key', async () => {
    expect(await answerOf(appOf(other).redeem(await codeOf()))).toMatchObject({ token_type: 'DPoP' })
  })
})

describe('replay (RFC 9449 §11.1)', () => {
  it('the same proof is taken once', async () => {
    const proof = await proofFor()
    expect((await send(proof)).status).toBe(200)
    expect(await answerOf(send(proof))).toMatchObject({ error: 'invalid_dpop_proof' })
  })
})
