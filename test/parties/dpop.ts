/**
 * A client with a DPoP key: makes proofs, right ones and any other.
 *
 * @module
 */

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { encodeBase64url } from '../../keys/base64url.ts'
import { digestText } from '../../keys/digest.ts'
import { ISSUER, NOW } from '../ring.ts'
import type { Ask } from './person.ts'

/** The parts of a proof that a test wants otherwise; nothing leaves a member out. */
export interface ProofChanges {
  readonly method?: string
  readonly url?: string
  /** The access token that it is for. Default: none. */
  readonly token?: string
  readonly nonce?: string
  readonly now?: number
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** A DPoP key and its holder. */
export interface Prover {
  readonly jwk: JWK
  readonly jkt: string
  /** Makes a proof: for `POST /token` of the tests' issuer, unless it is changed. */
  prove(changes?: ProofChanges): Promise<string>
}

function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** Asks with a header more, or another one. */
export function withHeader(ask: Ask, name: string, value: string): Ask {
  return (request) => {
    request.headers.set(name, value)
    return ask(request)
  }
}

/**
 * Asks as a client with a DPoP key does: with a proof for each request, and once more when it is told a nonce.
 *
 * @param now returns Unix seconds. Default: the clock
 */
export function withProofs(ask: Ask, prover: Prover, now = () => Math.floor(Date.now() / 1000)): Ask {
  let nonce: string | undefined
  const once = async (request: Request): Promise<Response> => {
    const url = request.url.replace(/[?#].*$/, '')
    const changes = { method: request.method, url, now: now(), ...(nonce === undefined ? {} : { nonce }) }
    const response = await withHeader(ask, 'dpop', await prover.prove(changes))(request)
    nonce = response.headers.get('dpop-nonce') ?? nonce
    return response
  }
  return async (request) => {
    const again = request.clone()
    const response = await once(request)
    const isAsked = response.status === 400 && (await response.clone().text()).includes('"use_dpop_nonce"')
    return isAsked ? once(again) : response
  }
}

let count = 0

/** Makes a key. */
export async function createProver(alg = 'ES256', options: { modulusLength?: number } = {}): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options })
  const jwk = await exportJWK(publicKey)
  return {
    jwk,
    jkt: await calculateJwkThumbprint(jwk),
    prove: ({ method = 'POST', url = `${ISSUER}/token`, token, nonce, now = NOW, claims, header } = {}) => {
      const ath = token === undefined ? undefined : encodeBase64url(digestText(token))
      const payload = present({ jti: `proof-${++count}`, htm: method, htu: url, iat: now, ath, nonce, ...claims })
      const members = present({ typ: 'dpop+jwt', alg, jwk, ...header })
      // What a test puts into the header is its own: jose signs with the key's algorithm whatever it says.
      return new SignJWT(payload).setProtectedHeader(members as { alg: string }).sign(privateKey)
    },
  }
}
