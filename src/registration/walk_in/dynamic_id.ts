/**
 * The ids of clients that register (RFC 7591): each holds what was registered, and a MAC over it, so that nothing is stored.
 *
 * They hang on keys of their own and not on the ring, and they never end: clients keep theirs for good, and most are lost for
 * good when it is not known any more. Nothing in them is secret.
 *
 * The labels and the form are frozen by `test/vectors/v1`, and never recycled.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { decodeBase64url, encodeBase64url } from '../../../keys/base64url.ts'
import { encodeLabels } from '../../../keys/derive.ts'
import { isEqual } from '../../../keys/digest.ts'
import { readText } from '../../jose/strict_json.ts'

/** What ids of clients begin with that registered; no configured client may have such a one. */
export const DYNAMIC_PREFIX = 'dcr.'

/** Characters that such an id may have. */
export const LONGEST_DYNAMIC_ID = 1024

/** How such a client can prove itself, and how its id says so. */
const METHODS = { none: 'n', client_secret_basic: 'b', client_secret_post: 'p' } as const

/** The grant types that such a client can have, and how its id says so. */
const GRANT_TYPES = { authorization_code: 'c', refresh_token: 'r' } as const

/** How a client can prove itself that registered. */
export type DynamicMethod = keyof typeof METHODS

/** A grant type that a client can have that registered. */
export type DynamicGrantType = keyof typeof GRANT_TYPES

/** The ways in which a client can prove itself that registered. */
export const DYNAMIC_METHODS = Object.keys(METHODS) as readonly DynamicMethod[]

/** The grant types that a client can have that registered. */
export const DYNAMIC_GRANT_TYPES = Object.keys(GRANT_TYPES) as readonly DynamicGrantType[]

/** What an id holds. */
export interface DynamicFacts {
  /** Random: the same registered twice gives two ids. */
  readonly random: string
  /** The hour in which it was registered, counted from 1970. */
  readonly hour: number
  /** `''` where it gave itself none. */
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly method: DynamicMethod
  readonly grantTypes: readonly DynamicGrantType[]
}

/** A client's id, opened. */
export interface OpenedId {
  readonly facts: DynamicFacts
  /** Returns the secret that goes with it; a client by `none` is never told one. */
  secret(): string
}

/** The ids of an issuer. */
export interface DynamicIds {
  /** Returns the id of what was registered, by the first key. It may be longer than {@link LONGEST_DYNAMIC_ID}. */
  make(facts: DynamicFacts): string
  /** Returns what an id holds, by whichever key made it; nothing when it is none of ours, or spelled otherwise. */
  open(id: string): OpenedId | undefined
}

/** The keys that come from one of the operator's. */
interface Keys {
  readonly id: Uint8Array
  readonly secret: Uint8Array
}

function writePayload({ random, hour, name, redirectUris, method, grantTypes }: DynamicFacts): string {
  const grants = DYNAMIC_GRANT_TYPES.filter((type) => grantTypes.includes(type)).map((type) => GRANT_TYPES[type])
  const payload: Payload = [random, hour, name, redirectUris, METHODS[method], grants.join('')]
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(payload)))
}

/** What a payload is, as JSON: random, hour, name, redirect URIs, method, grant types. */
type Payload = readonly [string, number, string, readonly string[], string, string]

/** Returns what a payload says that bears our MAC: nobody else wrote it. */
function readPayload(payload: string): DynamicFacts {
  const json: Payload = JSON.parse(readText(decodeBase64url(payload)) ?? '')
  const [random, hour, name, redirectUris, method, grants] = json
  return {
    ...{ random, hour, name, redirectUris },
    method: DYNAMIC_METHODS.find((one) => METHODS[one] === method) ?? 'none',
    grantTypes: DYNAMIC_GRANT_TYPES.filter((type) => grants.includes(GRANT_TYPES[type])),
  }
}

/**
 * Returns the ids of an issuer.
 *
 * @param keys one to four of 32 random bytes: the first makes ids, all open them
 */
export function createDynamicIds(issuer: string, keys: readonly Uint8Array[]): DynamicIds {
  const derive = (key: Uint8Array, what: string): Uint8Array =>
    hkdf(sha256, key, undefined, encodeLabels('bulla/1/registration', what, issuer), 32)
  const pairs = keys.map((key): Keys => ({ id: derive(key, 'id'), secret: derive(key, 'secret') }))
  const macOf = (key: Uint8Array, text: string): Uint8Array => hmac(sha256, key, new TextEncoder().encode(text))
  return {
    make(facts) {
      const payload = writePayload(facts)
      return `${DYNAMIC_PREFIX}${payload}.${encodeBase64url(macOf((pairs[0] as Keys).id, payload))}`
    },
    open(id) {
      if (!id.startsWith(DYNAMIC_PREFIX) || id.length > LONGEST_DYNAMIC_ID) return undefined
      const [payload = '', mac = '', ...more] = id.slice(DYNAMIC_PREFIX.length).split('.')
      if (!/^[\w-]{43}$/.test(mac) || more.length > 0) return undefined
      const shown = new TextEncoder().encode(mac)
      // What was shown is compared as it is spelled: so no two spellings are one id.
      const pair = pairs.find((one) =>
        isEqual(new TextEncoder().encode(encodeBase64url(macOf(one.id, payload))), shown),
      )
      if (pair === undefined) return undefined
      return { facts: readPayload(payload), secret: () => encodeBase64url(macOf(pair.secret, id)) }
    },
  }
}
