import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { exportKeys, readRing, writeKeys } from '../../../keys/index.ts'
import { type Bindings, createIssuer, readBindings } from '../../../src/index.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { API, ISSUER, tokenRequest, VARS } from '../../fixtures.ts'
import { createProver, type ProofChanges, withHeader, withProofs } from '../../parties/dpop.ts'
import { type Ask, type Changes, createApp, createPerson, REQUESTS, readAnswer } from '../../parties/person.ts'

/** FAPI 2.0 Security Profile: what it asks of sender-constrained tokens, of a client with `dpop_bound_access_tokens`. */

const bound = { dpop_bound_access_tokens: true }
const CLIENTS = {
  ...VARS.CLIENTS,
  service: { ...VARS.CLIENTS.service, ...bound },
  web: { ...VARS.CLIENTS.web, ...bound },
  mtls: {
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'CN=mtls',
    tls_client_certificate_bound_access_tokens: true,
    grant_types: ['client_credentials'],
    resources: [API],
    scopes: ['read'],
  },
}
const issuer = createIssuer({ ...readBindings({ ...env, CLIENTS } as Bindings), log: () => {} })
const ask: Ask = (request) => issuer.fetch(request)
const seconds = (): number => Math.floor(Date.now() / 1000)
const prover = await createProver()
const other = await createProver('Ed25519')
const answerOf = async (response: Response | Promise<Response>) =>
  (await readAnswer(await response)) as Awaited<ReturnType<typeof readAnswer>> & Record<string, unknown>
const app = (key = prover) => createApp(withProofs(ask, key), { client: 'web' })
const codeOf = async (changes: Changes = {}): Promise<string> => {
  const url = await createPerson(ask).answer('allow', { ...REQUESTS['web'], ...changes })
  return url.searchParams.get('code') ?? ''
}
const send = async (changes: ProofChanges, key = prover): Promise<Response> => {
  const first = await withHeader(ask, 'dpop', await key.prove({ now: seconds() }))(tokenRequest())
  const nonce = first.headers.get('dpop-nonce') ?? ''
  return withHeader(ask, 'dpop', await key.prove({ now: seconds(), nonce, ...changes }))(tokenRequest())
}
/** A request of a client over mutual TLS. */
const overTls = (tlsClientAuth: object): Request =>
  new Request(`${ISSUER}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&client_id=mtls',
    cf: { tlsClientAuth },
  } as RequestInit)
const CERTIFICATE = {
  certPresented: '1',
  certVerified: 'SUCCESS',
  certRevoked: '0',
  certFingerprintSHA256: 'ab'.repeat(32),
  certSubjectDNRFC2253: 'CN=mtls',
}

/** What a resource server answers to a token shown in this way; `ok` when it lets it in. */
async function shown(token: string, headers: Readonly<Record<string, string>>, url = API, certificate?: string) {
  const reading = readRing(env['KEY_RING'] as string)
  if (!reading.ok) throw new Error(reading.detail)
  const keys = writeKeys(exportKeys(reading.ring, { issuer: ISSUER, resource: API, now: seconds() }))
  const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, dpop: { nonce: false } })
  expect(token.length).toBeGreaterThan(0)
  const result = await verifier.verify({ method: 'GET', url, headers, certificate })
  return result.ok ? 'ok' : result.code
}
const proofOf = (token: string, changes: ProofChanges = {}, key = prover): Promise<string> =>
  key.prove({ method: 'GET', url: API, token, now: seconds(), ...changes })
const tokenOf = async (): Promise<string> =>
  (await answerOf(withProofs(ask, prover)(tokenRequest()))).access_token ?? ''

/** Each row: the number in the profile's list, what it asks, what is done, what must come of it. */
const rows: readonly (readonly [string, string, () => Promise<unknown>, unknown])[] = [
  [
    'G4',
    'refuses a token request without a key',
    async () => (await answerOf(ask(tokenRequest()))).error,
    'invalid_dpop_proof',
  ],
  [
    'G4',
    'refuses a code without a key',
    async () => (await answerOf(createApp(ask, { client: 'web' }).redeem(await codeOf()))).error,
    'invalid_dpop_proof',
  ],
  ['G5', 'binds by DPoP', async () => (await answerOf(withProofs(ask, prover)(tokenRequest()))).token_type, 'DPoP'],
  [
    'G5',
    'binds by mutual TLS, where the platform tells of it',
    async () => {
      const { access_token } = await answerOf(ask(overTls(CERTIFICATE)))
      const headers = { authorization: `Bearer ${access_token}` }
      const own = 'q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s'
      return [await shown(access_token, headers, API, own), await shown(access_token, headers)]
    },
    ['ok', 'invalid_token'],
  ],
  ['G5', 'refuses mutual TLS without a certificate', async () => (await ask(overTls({}))).status, 401],
  [
    'G6',
    'refuses a certificate that is not verified',
    async () => (await ask(overTls({ ...CERTIFICATE, certVerified: 'FAILED' }))).status,
    401,
  ],
  [
    'G9',
    'does not rotate the refresh tokens of a confidential client',
    async () => {
      const { refresh_token = '' } = await answerOf(app().redeem(await codeOf()))
      const answers = [await answerOf(app().refresh(refresh_token)), await answerOf(app().refresh(refresh_token))]
      return answers.map((answer) => [answer.token_type, answer.refresh_token === refresh_token])
    },
    [
      ['DPoP', true],
      ['DPoP', true],
    ],
  ],
  ['G10', 'asks for a nonce, and takes it', async () => (await send({})).status, 200],
  [
    'G10',
    'refuses a nonce that it did not give',
    async () => (await answerOf(send({ nonce: 'x' }))).error,
    'use_dpop_nonce',
  ],
  [
    'G12',
    'redeems a code that is bound by dpop_jkt with that key',
    async () => (await answerOf(app().redeem(await codeOf({ dpop_jkt: prover.jkt })))).token_type,
    'DPoP',
  ],
  [
    'G12',
    'refuses it with another',
    async () => (await answerOf(app(other).redeem(await codeOf({ dpop_jkt: prover.jkt })))).error,
    'invalid_grant',
  ],
  ['G13', 'takes an iat 10 seconds ahead', async () => (await send({ now: seconds() + 10 })).status, 200],
  ['G13', 'takes an iat 10 seconds ago', async () => (await send({ now: seconds() - 10 })).status, 200],
  ['G13', 'refuses an iat over 60 seconds ahead', async () => (await send({ now: seconds() + 65 })).status, 400],
  ['G13', 'takes an nbf 8 seconds ahead', async () => (await send({ claims: { nbf: seconds() + 8 } })).status, 200],
  [
    'G13',
    'refuses an nbf over 60 seconds ahead',
    async () => (await send({ claims: { nbf: seconds() + 65 } })).status,
    400,
  ],
  ['G13', 'refuses an exp that is over', async () => (await send({ claims: { exp: seconds() - 5 } })).status, 400],
  [
    'R1',
    'takes the token from the header alone',
    async () => shown('x', {}, `${API}/?access_token=${await tokenOf()}`),
    'no_credentials',
  ],
  [
    'R5',
    'takes a bound token with a proof of its key, whatever the case of the scheme (A15)',
    async () => {
      const token = await tokenOf()
      const schemes = ['DPoP', 'dpop', 'DPOP'].map(async (scheme) =>
        shown(token, { authorization: `${scheme} ${token}`, dpop: await proofOf(token) }),
      )
      return Promise.all(schemes)
    },
    ['ok', 'ok', 'ok'],
  ],
  [
    'R5',
    'refuses it as a bearer token, without a proof, with a foreign, wrong or old one',
    async () => {
      const token = await tokenOf()
      const authorization = `DPoP ${token}`
      return Promise.all([
        shown(token, { authorization: `Bearer ${token}` }),
        shown(token, { authorization }),
        shown(token, { authorization, dpop: await proofOf(token, {}, other) }),
        shown(token, { authorization, dpop: await proofOf(token, { method: 'POST' }) }),
        shown(token, { authorization, dpop: await proofOf(token, { url: `${API}/other` }) }),
        shown(token, { authorization, dpop: await proofOf('another') }),
        shown(token, { authorization, dpop: await proofOf(token, { now: seconds() - 65 }) }),
      ])
    },
    ['invalid_token', 'invalid_dpop_proof', 'invalid_token', ...Array(4).fill('invalid_dpop_proof')],
  ],
  [
    'K1',
    'takes proofs by ES256, PS256 and Ed25519, and not by RS256',
    async () => {
      const keys = ['PS256', 'RS256'].map((alg) => createProver(alg, { modulusLength: 2048 }))
      const all = [prover, other, ...(await Promise.all(keys))]
      return Promise.all(all.map(async (key) => (await send({}, key)).status))
    },
    [200, 200, 200, 400],
  ],
]

describe('sender-constrained tokens (FAPI 2.0 Security Profile §5.3)', () => {
  it.each(rows)('%s: %s', async (_, __, act, expected) => {
    expect(await act()).toEqual(expected)
  })
})
