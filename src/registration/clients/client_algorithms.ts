/**
 * By which algorithms clients want to be told something: who needs which key of the ring.
 *
 * @module
 */

import type { SigningAlgorithm } from '../../../keys/index.ts'
import { OPENID } from '../../openid/openid.ts'
import type { Client } from './client.ts'

/** A setting of a client, and the algorithm that stands behind it, said or by default. */
export interface WantedAlgorithm {
  readonly setting: string
  readonly alg: SigningAlgorithm
}

/**
 * Returns by which algorithms a client wants to be told something.
 *
 * @param isProvider whether there is who tells who logged in: else `openid` is a scope like any other
 */
export function wantedAlgorithms({ openid, scopes }: Client, isProvider: boolean): readonly WantedAlgorithm[] {
  const { idTokenAlg, userinfoAlg, authorizationAlg } = openid
  const answers = { setting: 'authorization_signed_response_alg', alg: authorizationAlg }
  if (!isProvider || !scopes.has(OPENID)) return [answers]
  const told = { setting: 'id_token_signed_response_alg', alg: idTokenAlg }
  const asked = userinfoAlg === undefined ? [] : [{ setting: 'userinfo_signed_response_alg', alg: userinfoAlg }]
  return [told, answers, ...asked]
}
