/**
 * The issuer's public signing keys: yesterday's, today's and tomorrow's (RFC 7517 §5).
 *
 * @module
 */

import { type SigningAlgorithm, writeInstant } from '../../keys/index.ts'
import type { EndpointContext } from '../context.ts'
import { type PublicJwk, readVerificationKeys, readySigningKey, type VerificationKeys } from '../jose/jwks.ts'
import { SIGNED_ANSWER_LIFETIME } from '../protocol/response_mode.ts'
import { wantedAlgorithms } from '../registration/clients/client_algorithms.ts'

/** The public keys of an issuer. */
export interface PublicKeys {
  /** Returns the keys as they are told at `now`. */
  told(now: number): Promise<readonly PublicJwk[]>
  /** Returns the keys as the issuer itself verifies with them. */
  verification(now: number): Promise<VerificationKeys>
  /** Seconds that anybody may keep them: less than a new ring takes to reach everyone, and less than a period. */
  readonly maxAge: (now: number) => number
  /** Returns what resources and clients ask for, and no key of the ring can do at `now`. */
  missing(now: number): readonly string[]
}

/** Returns the public keys of an issuer: ES256 for what all can read, and what its resources and clients ask for. */
export function createPublicKeys({ settings, keyRing }: EndpointContext): PublicKeys {
  const { resources, clients, openid } = settings
  const ofClients = [...clients.values()].flatMap((client) => wantedAlgorithms(client, openid !== undefined))
  const ofResources = [...resources.values()]
    .filter(({ envelope }) => envelope === 'nested')
    .map(({ signingAlg }) => signingAlg)
  const algorithms: readonly SigningAlgorithm[] = [
    ...new Set<SigningAlgorithm>(['ES256', ...ofResources, ...ofClients.map(({ alg }) => alg)]),
  ]
  const lives = [...resources.values()].map(({ accessTokenLifetime }) => accessTokenLifetime)
  const longestLife = lives.reduce(
    (longest, life) => Math.max(longest, life),
    Math.max(SIGNED_ANSWER_LIFETIME, openid?.idTokenLifetime ?? 0),
  )

  async function told(now: number): Promise<readonly PublicJwk[]> {
    const { signingKeys } = keyRing.open(now)
    const keys = algorithms.flatMap((alg) => signingKeys.published(alg, now, longestLife))
    return Promise.all(keys.map(async (key) => (await readySigningKey(key)).publicJwk))
  }

  function missing(now: number): readonly string[] {
    const { signingKeys } = keyRing.open(now)
    return algorithms
      .filter((alg) => signingKeys.signing(alg, now) === undefined)
      .map((alg) => {
        const next = signingKeys.published(alg, now, longestLife).find(({ nbf }) => nbf > now)
        const until =
          next === undefined ? 'until `bulla keys rotate --rs256` adds one' : `until ${writeInstant(next.nbf)}`
        return `no key signs by ${alg} ${until}`
      })
  }

  return {
    missing,
    told,
    verification: async (now) => readVerificationKeys({ keys: await told(now) }),
    maxAge(now) {
      const { propagation, period } = keyRing.open(now)
      return Math.max(1, Math.min(300, Math.floor(Math.min(propagation, period) / 2)))
    },
  }
}
