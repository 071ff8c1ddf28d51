/**
 * A verifier from its options: keys of every kind, proofs, and what was revoked.
 *
 * @module
 */

import { checkFunctions, checkMembers } from '../../keys/check.ts'
import type { Fetch } from '../remote/document.ts'
import type { WaitUntil } from '../wait_until.ts'
import { COMMON_OPTIONS, type CommonOptions, checkOptions } from './common_options.ts'
import { createConfirmation, type DpopOptions } from './confirmation.ts'
import { findKeysOf } from './keys/issuer_keys.ts'
import { findNamesKeysOf } from './keys/names_keys.ts'
import { type OpeningOptions, openOf } from './opening.ts'
import { createRevocationCheck, type RevocationOptions } from './revocations.ts'
import { createVerifierAround, type Open, type Verifier } from './verifier.ts'

/** All that a verifier is made from. */
export interface VerifierOptions extends CommonOptions, OpeningOptions {
  /**
   * How it takes tokens that are bound to a DPoP key. Default: where they come, with a proof of this request. `off` refuses
   * them, and leaves DPoP out of every challenge.
   */
  readonly dpop?: DpopOptions | 'off'
  /**
   * The URL at which clients see this server; a request's path comes behind it, and what it says of its host does not count.
   * Default: the origin of `resource`, and only requests that say that they are for it. Needed for proofs behind a proxy that
   * changes scheme, host or path, in development, and where `resource` is no http(s) URL.
   */
  readonly baseUrl?: string
  /** How it learns of revoked tokens. Default: it does not. */
  readonly revocations?: RevocationOptions
  /**
   * Keeps a worker awake until what is fetched is there: `waitUntil` of `cloudflare:workers`. Default: on Workers the
   * request waits, elsewhere nothing need.
   */
  readonly waitUntil?: WaitUntil
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

const OPTIONS: Readonly<Record<keyof VerifierOptions, true>> = {
  ...COMMON_OPTIONS,
  keys: true,
  decryptionKeys: true,
  enc: true,
  jwks: true,
  jwksUri: true,
  dpop: true,
  baseUrl: true,
  revocations: true,
  waitUntil: true,
  fetch: true,
}

/** Returns a secret of the verifier's own, where it holds one from the start. */
function secretOf({ keys, decryptionKeys }: VerifierOptions): string | undefined {
  if (decryptionKeys !== undefined) return JSON.stringify(decryptionKeys)
  return typeof keys === 'string' ? keys : undefined
}

/**
 * Makes a verifier.
 *
 * @throws {TypeError} when an option is unknown or of a wrong type, or the keys do not go together
 * @throws {RangeError} when an option is out of bounds, or the keys are for another issuer or resource
 * @example
 * import { readFileSync } from 'node:fs'
 * import { createVerifier } from 'bulla/verifier'
 *
 * const keys = readFileSync('keys.json', 'utf8')
 * const verifier = createVerifier({ issuer: 'https://auth.example.com', resource: 'https://api.example.com', keys })
 *
 * export async function handle(request: Request): Promise<Response> {
 *   const { ok, entitlement, response } = await verifier.verify(request, { scope: 'notes:read' })
 *   return ok ? Response.json({ hello: entitlement.sub }) : response
 * }
 */
export function createVerifier(options: VerifierOptions): Verifier {
  checkMembers('createVerifier', options as unknown, Object.keys(OPTIONS))
  const checked = checkOptions(options)
  checkFunctions(options, ['waitUntil', 'fetch'])
  const { jwks, jwksUri, revocations, waitUntil, dpop = {}, baseUrl } = options
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const where = { issuer: checked.issuer, jwks, jwksUri, isNeeded: revocations !== undefined }
  const keysAt = findKeysOf(where, fetch, waitUntil, checked.tell)
  const isNested = jwks !== undefined || jwksUri !== undefined
  const open = openOf(options, checked, isNested ? keysAt : undefined)
  const confirm = createConfirmation(dpop, { checked, baseUrl, secret: secretOf(options) })
  if (revocations === undefined || keysAt === undefined) return createVerifierAround(open, checked, confirm)
  const check = createRevocationCheck(revocations, {
    issuer: checked.issuer,
    fetch,
    keys: keysAt,
    names: findNamesKeysOf(options, checked),
    waitUntil,
    tell: checked.tell,
  })
  const openUnrevoked: Open = async (token, expected) => {
    const opened = await open(token, expected)
    await check.check(opened, expected.now)
    return opened
  }
  return createVerifierAround(openUnrevoked, checked, confirm)
}
