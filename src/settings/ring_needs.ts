/**
 * What clients need of the ring beside a root: RSA keys, for those that are told something by RS256.
 *
 * @module
 */

import { type RingTexts, readRing } from '../../keys/index.ts'
import { wantedAlgorithms } from '../registration/clients/client_algorithms.ts'
import type { CheckedSettings } from './settings.ts'

/** Tells whether a ring, or the one that comes next, has an RSA key; and where one is not there, or cannot be read, that it may. */
export function mayHaveRsaKey({ ring, next = '' }: RingTexts): boolean {
  const rings = [ring, ...(next.trim() === '' ? [] : [next])].map(readRing)
  const revoked = rings.flatMap((one) => (one.ok ? one.ring.revoked : []))
  return rings.some((one) => !one.ok || one.bad.length > 0 || one.ring.rsa?.some(({ kid }) => !revoked.includes(kid)))
}

/**
 * Checks that the ring, or the one that comes next, has an RSA key where a client is told something by RS256. When it signs is asked
 * with each signature: a key that begins later is there.
 *
 * A ring that is not there, or cannot be read, is another fault: that of every answer.
 *
 * @throws {RangeError} when there is none
 */
export function checkRing(
  { openid, clients, walkIns }: Pick<CheckedSettings, 'openid' | 'clients' | 'walkIns'>,
  texts: RingTexts,
): void {
  const wanted = [...clients.values()].flatMap((client) =>
    wantedAlgorithms(client, openid !== undefined).map((one) => ({
      ...one,
      who: `the client "${client.id}" is answered by RS256, unless its "${one.setting}" says "ES256" or "Ed25519"`,
    })),
  )
  const ofWalkIns = walkIns === undefined ? [] : wantedAlgorithms(walkIns.template, openid !== undefined)
  const who = 'clients that walk in are answered by RS256, unless "registration.scopes" has no "openid"'
  const needing = [...wanted, ...ofWalkIns.map((one) => ({ ...one, who }))].find(({ alg }) => alg === 'RS256')
  if (needing === undefined) return
  if (!mayHaveRsaKey(texts))
    throw new RangeError(`"keyRing" expected an RSA key, which \`bulla keys rotate --rs256\` adds: ${needing.who}`)
}
