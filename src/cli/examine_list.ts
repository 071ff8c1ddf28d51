/**
 * The list of revocations that an issuer tells, as the doctor sees it: held against the issuer's own ring.
 *
 * @module
 */

import { createKeyring, type Ring, writeInstant } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { readVerificationKeys, readySigningKey, type VerificationKeys } from '../jose/jwks.ts'
import { verifyClaims } from '../jose/signed.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { fetchText } from '../remote/document.ts'
import { type Bundle, LONGEST_BUNDLE, MOST_EVENTS, REVOCATIONS_TYP, readBundle } from '../token/revocations.ts'
import { UsageError } from './command.ts'

/** What the doctor found: rules that are broken, and what is good to know. */
export interface ListFindings {
  readonly broken: readonly string[]
  readonly notes: readonly string[]
}

/** What the doctor has to know beside the ring. */
export interface ListOptions {
  readonly issuer: string
  /** Unix seconds. */
  readonly now: number
  /** Seconds that the longest-lived thing lives that can be revoked. */
  readonly longestLife: number
}

async function keysOf(ring: Ring, { issuer, now }: ListOptions): Promise<VerificationKeys> {
  const keys = createKeyring(ring, issuer).signingKeys.published('ES256', now, 86_400)
  return readVerificationKeys({
    keys: await Promise.all(keys.map(async (key) => (await readySigningKey(key)).publicJwk)),
  })
}

/** Returns what a list that is good has to say. */
function examineBundle({ epoch, events }: Bundle, issuedAt: number, { now, longestLife }: ListOptions): ListFindings {
  const count = Object.values(events).reduce((sum, instants) => sum + Object.keys(instants).length, 0)
  const made = epoch === undefined ? undefined : Math.floor(epoch / 1000)
  const isYoung = made !== undefined && now - made < longestLife
  return {
    broken: [
      ...(Math.abs(now - issuedAt) > 120
        ? [`the list of revocations is dated ${writeInstant(issuedAt)}, not now`]
        : []),
      ...(count >= MOST_EVENTS / 2
        ? [`the list of revocations has ${count} of ${MOST_EVENTS} events: see in the log who revokes so much`]
        : []),
    ],
    notes: [
      made === undefined
        ? 'the list of revocations does not say since when it is there: it was made by 0.1.0'
        : `the list of revocations is there since ${writeInstant(made)}, and has ${count} events`,
      ...(isYoung
        ? [
            `if there was one before, what it revoked counts again until ${writeInstant(made + longestLife)}: revoke that anew`,
          ]
        : []),
    ],
  }
}

/**
 * Asks an issuer for its list of revocations, and examines it. That it was signed by this ring is checked.
 *
 * @throws {UsageError} when the issuer is no https URL, nor http on this machine
 */
export async function examineList(ring: Ring, options: ListOptions): Promise<ListFindings> {
  const { issuer } = options
  const url = `${issuer.replace(/\/$/, '')}/revocations`
  try {
    checkRemoteUrl('--issuer', url, true)
  } catch {
    throw new UsageError('--issuer expected an https URL, or http on this machine')
  }
  const bounds = { type: /^application\/jwt$/, longest: LONGEST_BUNDLE }
  const fetched = await fetchText(url, (...request) => fetch(...request), {}, bounds)
  if (!fetched.ok) {
    if (fetched.status === 404)
      return { broken: [], notes: ['the issuer keeps no revocations: REVOCATIONS is not bound'] }
    return { broken: [`the list of revocations cannot be had: ${fetched.detail}`], notes: [] }
  }
  try {
    const keys = await keysOf(ring, options)
    const { claims } = await verifyClaims(fetched.text.trim(), REVOCATIONS_TYP, keys, LONGEST_BUNDLE)
    const [bundle, issuedAt] = [readBundle(claims), claims['iat']]
    if (bundle === undefined || claims['iss'] !== issuer || typeof issuedAt !== 'number') throw new TokenError('claims')
    return examineBundle(bundle, issuedAt, options)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return { broken: [`the list of revocations is not one that this ring signed: ${error.code}`], notes: [] }
  }
}
