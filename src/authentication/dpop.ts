/**
 * DPoP at the issuer's endpoints (RFC 9449 §5, §7, §8, §10.1): checks the proof of a request, and hands out nonces.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import { refusal } from '../protocol/error.ts'
import { type OpenedProof, openProof } from '../token/dpop.ts'
import { createNonces } from '../token/nonce.ts'

/** A request that may bring a proof. */
export interface DpopRequest {
  readonly headers: Headers
  /** The path of the endpoint under the issuer: `/token`. */
  readonly endpoint: string
  /** Default `POST`: most endpoints take nothing else. */
  readonly method?: string
  /** The access token that is shown beside the proof. Default: none. */
  readonly token?: string
  /** Unix seconds. */
  readonly now: number
}

/** A proof that is good for its request. */
export interface Proof {
  /** The thumbprint of the key that it proves (RFC 7638). */
  readonly jkt: string
  /** Headers for the answer: the next nonce, when the one that came is old (RFC 9449 §8.2). */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Spends the proof: after all checks, and before anything else is spent.
   *
   * @throws {OAuthError} `invalid_dpop_proof` when the same proof was used before, `temporarily_unavailable` when the guard
   * cannot tell
   */
  spend(): Promise<void>
}

/** What checks proofs. */
export interface Dpop {
  /**
   * Checks the proof of a request, if it brings one. Nothing is spent.
   *
   * @returns nothing when there is no `DPoP` header
   * @throws {OAuthError} `invalid_dpop_proof`; `use_dpop_nonce`, with a nonce for the answer
   */
  check(request: DpopRequest): Promise<Proof | undefined>
}

/** Returns what checks proofs for an issuer. */
export function createDpop({ settings, keyRing }: EndpointContext): Dpop {
  const { issuer, guard, lives, dpopNonce } = settings
  const nonces = createNonces((now) => keyRing.open(now).leavesFor('nonce', '', 'A256GCM', lives.nonce))

  async function spend({ id, expiresAt }: OpenedProof): Promise<void> {
    if ((await guard?.spend(`dpop ${id}`, expiresAt)) === 'spent') {
      throw refusal('invalid_dpop_proof', 'dpop_replayed', 'the proof was used before')
    }
  }

  async function open({ endpoint, method = 'POST', token, now }: DpopRequest, proof: string): Promise<Proof> {
    const shown = token === undefined ? {} : { token }
    const opened = await openProof(proof, { method, url: issuer + endpoint, ...shown, now })
    const isOld = dpopNonce && (await nonces.checkAge(opened.nonce, now)).isOld
    return {
      jkt: opened.jkt,
      headers: isOld ? { 'DPoP-Nonce': await nonces.give(now) } : {},
      spend: () => spend(opened),
    }
  }

  return {
    async check(request) {
      const proof = request.headers.get('dpop')
      if (proof === null) return undefined
      try {
        return await open(request, proof)
      } catch (cause) {
        if (!(cause instanceof TokenError) || cause.code === 'sealing') throw cause
        if (cause.code !== 'proof_nonce')
          throw refusal(
            'invalid_dpop_proof',
            cause.code === 'proof_time' ? 'dpop_time' : 'dpop_proof',
            explain(cause.code),
            { cause },
          )
        const dpopNonce = await nonces.give(request.now)
        throw refusal('use_dpop_nonce', 'dpop_nonce', explain(cause.code), { cause, dpopNonce })
      }
    },
  }
}
