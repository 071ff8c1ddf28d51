/**
 * Tokens that nobody made, at a verifier: mutated ones of every envelope, in every shape of a request.
 *
 * @module
 */

import fc from 'fast-check'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { createVerifier, type Verification, type Verifier } from '../../src/verifier/index.ts'
import { API, ISSUER, NOW, SIGNED, testIssuer, testRing, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'

/** A verifier, and a token that it takes. */
export interface Target {
  readonly name: string
  readonly verifier: Verifier
  readonly token: string
}

/** Returns verifiers for both envelopes. */
export async function makeTargets(): Promise<readonly Target[]> {
  const issuer = testIssuer()
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => issuer.fetch(new Request(url, init))
  const ring = testRing(NOW)
  createKeyring(ring, ISSUER)
  return Promise.all(
    [API, SIGNED].map(async (resource) => {
      const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now: NOW }))
      const options = { issuer: ISSUER, resource, keys, fetch, now: () => NOW }
      const isSigned = resource === SIGNED
      const form = { grant_type: 'client_credentials', resource }
      const answer = await issuer.fetch(tokenRequest({ client: isSigned ? 'machine' : 'service', form }))
      return {
        name: isSigned ? 'nested' : 'direct',
        verifier: createVerifier(isSigned ? { ...options, jwksUri: `${ISSUER}/jwks` } : options),
        token: (await readAnswer(answer)).access_token,
      }
    }),
  )
}

const ALPHABET = [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  '.',
  '=',
  '+',
  '/',
  ' ',
  '\n',
  '\0',
  'é',
]

/** One change of a text. */
const change: fc.Arbitrary<(token: string, other: string) => string> = fc.oneof(
  fc.tuple(fc.nat(), fc.constantFrom(...ALPHABET)).map(([at, character]) => (token: string) => {
    const index = at % token.length
    return token.slice(0, index) + character + token.slice(index + 1)
  }),
  fc.tuple(fc.nat(), fc.nat({ max: 40 })).map(([at, length]) => (token: string) => {
    const index = at % token.length
    return token.slice(0, index) + token.slice(index + length)
  }),
  fc.tuple(fc.nat(), fc.nat({ max: 40 })).map(([at, length]) => (token: string) => {
    const index = at % token.length
    return token.slice(0, index + length) + token.slice(index)
  }),
  fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })).map(([to, from]) => (token: string, other: string) => {
    const segments = token.split('.')
    segments[to % segments.length] = other.split('.')[from] ?? ''
    return segments.join('.')
  }),
  fc.nat({ max: 6 }).map((count) => (token: string) => token.split('.').slice(0, count).join('.')),
  fc
    .record(
      {
        alg: fc.constantFrom('dir', 'none', 'HS256', 'ECDH-ES', 'RSA1_5', 'PBES2-HS256+A128KW'),
        enc: fc.constantFrom('A256GCM', 'A128GCM', 'A256CBC-HS512'),
        typ: fc.constantFrom<unknown>('at+jwe', 'at+jwt', 'code+jwe', 1, null),
        kid: fc.constantFrom<unknown>('r1.20833', '__proto__', '', 7, ['r1'], 'r1.-1', 'r1.1e9'),
        zip: fc.constant('DEF'),
        crit: fc.constantFrom<unknown>([], ['exp']),
        p2c: fc.constant(2147483647),
      },
      { requiredKeys: ['alg'] },
    )
    .map((header) => (token: string) => {
      const [, ...rest] = token.split('.')
      const text = btoa(JSON.stringify(header)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
      return [text, ...rest].join('.')
    }),
)

/** How a token is shown. */
export type Shape = 'alone' | 'Bearer' | 'bearer' | 'DPoP' | 'twice' | 'plain object' | 'nothing'
export const SHAPES: readonly Shape[] = ['alone', 'Bearer', 'bearer', 'DPoP', 'twice', 'plain object', 'nothing']

/** Some changes, one after another. */
export const changes: fc.Arbitrary<readonly ((token: string, other: string) => string)[]> = fc.array(change, {
  minLength: 1,
  maxLength: 4,
})

/** Shows a token. */
export function show(verifier: Verifier, token: string, shape: Shape): Promise<Verification> {
  const request = (authorization: unknown): unknown => ({ method: 'GET', url: `${API}/x`, headers: { authorization } })
  const asked: Readonly<Record<Shape, unknown>> = {
    alone: token,
    Bearer: request(`Bearer ${token}`),
    bearer: request(`bearer ${token}`),
    DPoP: { method: 'GET', url: `${API}/x`, headers: { authorization: `DPoP ${token}`, dpop: token } },
    twice: request([`Bearer ${token}`, `Bearer ${token}`]),
    'plain object': { headers: { Authorization: `Bearer ${token}`, DPoP: token } },
    nothing: request(token),
  }
  return verifier.verify(asked[shape] as string)
}
