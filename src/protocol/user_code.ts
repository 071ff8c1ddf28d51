/**
 * What a person carries from a device to a browser: a short code, and how it may be written there (RFC 8628 §3.2, §6.1).
 *
 * @module
 */

import { decodeBase64url } from '../../keys/base64url.ts'

/** Seconds that a code lives, be it the device's or the person's. */
export const DEVICE_LIFE = 600

/** Letters that make no words, and are not taken for others: 20 of them (RFC 8628 §6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** Letters of a code: 20 to the eighth are 2.56 * 10^10. */
const LENGTH = 8

const CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`, 'i')

/** Spaces, and dashes of every kind: keyboards of telephones put in their own. */
const BETWEEN = /[\s\p{Pd}]/gu

/** Characters that a person may type: a code, and what stands between. */
const LONGEST_TYPED = 64

/**
 * Makes a code, each as likely as any other.
 *
 * @param newId makes 128 random bits, base64url
 */
export function makeUserCode(newId: () => string): string {
  let code = ''
  while (code.length < LENGTH) {
    // From 240 on the first letters would come more often than the others.
    const fair = [...decodeBase64url(newId())].filter((byte) => byte < 240)
    code += fair.map((byte) => LETTERS[byte % LETTERS.length]).join('')
  }
  return code.slice(0, LENGTH)
}

/** Reads a code as a person types it: in any case, with spaces and dashes anywhere; nothing where it can be none. */
export function readUserCode(typed: string): string | undefined {
  const code = typed.length > LONGEST_TYPED ? '' : typed.replace(BETWEEN, '')
  return CODE.test(code) ? code.toUpperCase() : undefined
}

/** Returns a code as a person reads it: `WDJB-MJHT`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}
