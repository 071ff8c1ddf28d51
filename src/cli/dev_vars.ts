/**
 * What a development issuer needs in `.dev.vars`: made where it is missing, and nothing else is touched.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { createRing, type RsaJwk, readRing, writeRing } from '../../keys/index.ts'
import { ensureRsaKey } from '../../keys/rotate.ts'
import { readVariable, writeVariable } from './dotenv_file.ts'

/** Where time and chance come from. */
export interface Sources {
  /** Unix seconds. */
  readonly now: number
  /** Returns 32 random bytes. */
  readonly random: () => Uint8Array
  /** Returns a new RSA key for the ring. */
  readonly makeRsaKey: () => RsaJwk
  /** Returns a new key pair for the partner's API, as a JWK. */
  readonly makePartnerKey: () => object
}

/** The text of `.dev.vars`, and what was written into it, in words. */
export interface CompletedVars {
  readonly text: string
  readonly written: readonly string[]
}

/** Returns the text with an RSA key in its ring, if that can be read and has none: by it OpenID Connect's clients are told who logged in. */
function completeRing(text: string, { now, makeRsaKey }: Sources): string {
  const reading = readRing(readVariable(text, 'KEY_RING'))
  const next = readRing(readVariable(text, 'KEY_RING_NEXT'))
  // A key that cannot be read would be lost; and one that comes with the next ring is on its way.
  if (!reading.ok || reading.bad.length > 0 || (next.ok && next.ring.rsa !== undefined)) return text
  const ring = ensureRsaKey(reading.ring, makeRsaKey, now)
  return ring === reading.ring ? text : writeVariable(text, 'KEY_RING', writeRing(ring))
}

/**
 * Returns the text of `.dev.vars` with all that it lacks.
 *
 * @throws {Refusal} when two readers could disagree about it
 */
export function completeVars(before: string, sources: Sources): CompletedVars {
  const { now, random, makeRsaKey, makePartnerKey } = sources
  const makers: Readonly<Record<string, () => string>> = {
    DEVELOPMENT: () => 'true',
    PARTNER_KEY: () => JSON.stringify(makePartnerKey()),
    REGISTRATION_KEYS: () => encodeBase64url(random()),
    KEY_RING: () => writeRing(createRing({ now, key: random(), rsaKey: makeRsaKey() })),
  }
  const missing = Object.entries(makers).filter(([name]) => readVariable(before, name) === undefined)
  const made = missing.reduce((text, [name, make]) => writeVariable(text, name, make()), before)
  const text = completeRing(made, sources)
  const names = missing.map(([name]) => name)
  return { text, written: text === made ? names : [...names, 'an RSA key (KEY_RING)'] }
}
