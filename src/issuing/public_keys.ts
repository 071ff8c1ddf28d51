/**
 * The issuer's public signing keys: yesterday's, today's and tomorrow's (RFC 7517 §5).
 *
 * @module
 */

import type { SigningAlgorithm } from '../../keys/index.ts'
import type { EndpointContext } from '../context.ts'
import { type PublicJwk, readVerificationKeys, readySigningKey, type VerificationKeys } from '../jose/jwks.ts'
import { OPENID } from '../openid/openid.ts'
import { SIGNED_ANSWER_LIFETIME } from '../protocol/response_mode.ts'
import type { Client } from '../registration/clients/client.ts'

/** The public keys of an issuer. */
export interface PublicKeys {
  /** Returns the keys as they are told at `now`. */
  told(now: number): Promise<readonly PublicJwk[]>
  /** Returns the keys as the issuer itself verifies with them. */
  verification(now: number): Promise<VerificationKeys>
  /** Seconds that anybody may keep them: less than a new ring takes to reach everyone, and less than a period. */
  readonly maxAge: (now: number) => number
}

/** Returns the algorithms by which a client wants to be told something. */
function algorithmsOf({ openid, scopes }: Client): readonly SigningAlgorithm[] {
  const { idTokenAlg, userinfoAlg, authorizationAlg } = openid
  const ofPersons = [idTokenAlg, ...(userinfoAlg === undefined ? [] : [userinfoAlg])]
  return [authorizationAlg, ...(scopes.has(OPENID) ? ofPersons : [])]
}

/** Returns the public keys of an issuer: ES256 for what all can read, and what its resources and clients ask for. */
export function createPublicKeys({ settings, keyRing }: EndpointContext): PublicKeys {
  const { resources, clients, openid } = settings
  const ofClients = [...clients.values()].flatMap(algorithmsOf)
  const ofResources = [...resources.values()]
    .filter(({ envelope }) => envelope === 'nested')
    .map(({ signingAlg }) => signingAlg)
  const algorithms: readonly SigningAlgorithm[] = [
    ...new Set<SigningAlgorithm>(['ES256', ...ofResources, ...ofClients]),
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

  return {
    told,
    verification: async (now) => readVerificationKeys({ keys: await told(now) }),
    maxAge(now) {
      const { propagation, period } = keyRing.open(now)
      return Math.max(1, Math.min(300, Math.floor(Math.min(propagation, period) / 2)))
    },
  }
}
