/**
 * Bound tokens at a resource server: what the request proves, held against the key that the token asks for (RFC 9449 §7,
 * RFC 8705 §3).
 *
 * @module
 */

import { checkBoolean, checkChoice, checkMembers, checkText } from '../../keys/check.ts'
import { digestText } from '../../keys/digest.ts'
import { createLeaves, deriveBranch } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import type { Scheme } from '../protocol/bearer.ts'
import { isShownRightly } from '../token/confirmation.ts'
import { DPOP_ALGORITHMS, type OpenedProof, openProof } from '../token/dpop.ts'
import { createNonces, NONCE_LIFE, type Nonces } from '../token/nonce.ts'
import type { CheckedOptions } from './common_options.ts'
import { problemOfError, unavailable } from './problem.ts'
import { createMemoryReplay, type ReplayStore } from './replay.ts'
import { baseOf, urlOf } from './request_target.ts'
import type { Confirm, Proved, Shown } from './verifier.ts'

/** How a verifier takes DPoP-bound tokens. */
export interface DpopOptions {
  /** Whether tokens that are bound to no DPoP key are refused. Default false. */
  readonly required?: boolean
  /**
   * Whether proofs must bring back a nonce (RFC 9449 §9), so that none can be made ahead of time. `true` seals them under a
   * key derived from the verifier's own `keys` or `decryptionKeys`; with `remoteKeys`, give a secret text of at least 32
   * characters. Servers of the same resource need the same. Default false.
   */
  readonly nonce?: boolean | string
  /**
   * Where it is kept that a proof was used. Default: in the memory of this process, for its last 100,000 proofs. `'none'`
   * keeps nothing: then whoever saw a request can repeat it for as long as its proof is taken.
   */
  readonly replay?: ReplayStore | 'none'
  /** What becomes of requests when `replay` fails: `refuse` answers 503, `accept` lets them in. Default `refuse`. */
  readonly onReplayFailure?: 'refuse' | 'accept'
}

/** What the check needs beside the options. */
export interface ConfirmationParts {
  readonly checked: CheckedOptions
  /** The URL at which clients see this server, if it is not at the origin of its resource. */
  readonly baseUrl: string | undefined
  /** A secret of this verifier's own, if it has one at hand. */
  readonly secret: string | undefined
}

/** Returns nonces under a key derived from a secret. */
function noncesUnder(secret: string, { issuer, resource }: CheckedOptions): Nonces {
  const key = deriveBranch(digestText(secret), issuer, 'nonce', resource)
  const always = { pub: 0, use: 0, end: Number.MAX_SAFE_INTEGER, del: Number.MAX_SAFE_INTEGER }
  const branches = [{ kid: 'nonce', k: () => key, ...always }]
  const leaves = createLeaves({ branches, enc: 'A256GCM', period: 86_400, skew: 60, longestLife: NONCE_LIFE })
  return createNonces(() => leaves)
}

function readNonces(nonce: unknown, { checked, secret }: ConfirmationParts): Nonces | undefined {
  if (typeof nonce === 'string') {
    checkText('dpop.nonce', nonce, /.{32}/s, 'a secret of at least 32 characters')
    return noncesUnder(nonce, checked)
  }
  checkBoolean('dpop.nonce', nonce)
  if (!nonce) return undefined
  if (secret === undefined) throw new RangeError('"dpop.nonce" expected a secret text where the keys are fetched')
  return noncesUnder(secret, checked)
}

/**
 * Returns the check of bound tokens; of `off`, one that knows certificates alone.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createConfirmation(asked: DpopOptions | 'off', parts: ConfirmationParts): Confirm {
  const options = asked === 'off' ? {} : asked
  checkMembers('dpop', options as unknown, ['required', 'nonce', 'replay', 'onReplayFailure'])
  const { required = false, nonce = false, replay = createMemoryReplay(parts.checked.now) } = options
  const { onReplayFailure = 'refuse' } = options
  checkBoolean('dpop.required', required)
  checkChoice('dpop.onReplayFailure', onReplayFailure, ['refuse', 'accept'])
  if (replay !== 'none' && typeof replay?.spend !== 'function')
    throw new TypeError('"dpop.replay" expected an object with spend(id, expiresAt), or "none"')
  const base = baseOf(parts.baseUrl, parts.checked.resource)
  const nonces = readNonces(nonce, parts)

  /** The proof that each request was let in with, while the framework has it: middlewares in a row are one use. */
  const spentBy = new WeakMap<object, { readonly id: string; readonly spending: Promise<void> }>()

  function spendOnce(proof: OpenedProof, native: object = {}): Promise<void> {
    const known = spentBy.get(native)
    if (known?.id === proof.id) return known.spending
    const spending = spend(proof)
    spentBy.set(native, { id: proof.id, spending })
    return spending
  }

  async function spend({ id, expiresAt }: OpenedProof): Promise<void> {
    if (replay === 'none') return
    let outcome: unknown
    try {
      outcome = await replay.spend(`dpop ${id}`, expiresAt)
    } catch (error) {
      const lack = unavailable('replay', `spend failed (${error instanceof Error ? error.name : typeof error})`)
      if (onReplayFailure === 'refuse') throw lack
      parts.checked.tell(problemOfError(lack))
      return
    }
    if (outcome !== 'first') throw new TokenError('proof_replayed')
  }

  async function open({ token, request }: Shown, now: number): Promise<OpenedProof> {
    if (request === undefined) throw new TokenError('proof')
    const proof = request.header('dpop')
    if (proof === undefined) throw new TokenError('proof')
    return openProof(proof, { method: request.method, url: urlOf(request, base), token, now })
  }

  /** Checks the nonce of a proof, where one is asked for; returns the next, when it is old. */
  async function nonceAfter({ nonce }: OpenedProof, now: number): Promise<string | undefined> {
    if (nonces === undefined) return undefined
    const { isOld } = await nonces.checkAge(nonce, now)
    return isOld ? nonces.give(now) : undefined
  }

  async function prove(shown: Shown, now: number): Promise<Proved> {
    const { certificate, native } = shown.request ?? {}
    const proof = shown.scheme === 'DPoP' ? await open(shown, now) : undefined
    const proved = { jkt: proof?.jkt, 'x5t#S256': certificate }
    return {
      confirms: (cnf) => isShownRightly(cnf, proved) && (!required || proof !== undefined),
      nonce: proof === undefined ? undefined : await nonceAfter(proof, now),
      spend: async () => (proof === undefined ? undefined : spendOnce(proof, native)),
    }
  }

  const both: readonly Scheme[] = required ? ['DPoP'] : ['Bearer', 'DPoP']
  return {
    algorithms: DPOP_ALGORITHMS.join(' '),
    schemes: asked === 'off' ? ['Bearer'] : both,
    explain,
    prove,
    nonce: async (now) => nonces?.give(now),
  }
}
