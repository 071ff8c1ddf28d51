/**
 * Pairwise subjects: at each resource that asks for it a person is called otherwise, so that resource servers which compare
 * what they know cannot tell who is who (OpenID Connect Core §8.1, RFC 9068 §6).
 *
 * The names come from a salt, and not from the ring: they stay as they are when roots retire.
 *
 * @module
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encodeBase64url } from '../../keys/base64url.ts'
import { checkText } from '../../keys/check.ts'
import { encodeLabels } from '../../keys/derive.ts'
import { isImpersonal } from '../protocol/subject.ts'
import type { Resource } from './resource.ts'

/** What is named otherwise at each resource: a person, and an approval, by which the person could be told again. */
export type PairwiseKind = 'sub' | 'gid'

/** Bytes of each kind of name. */
const BYTES: Readonly<Record<PairwiseKind, number>> = { sub: 32, gid: 16 }

/** Who is told pairwise names: a resource, or a client that asks who logged in. */
export interface Sector {
  /** Whose names: all of one sector call a person the same. Nothing where they are public. */
  readonly sector: string | undefined
}

/** The pairwise names of an issuer. */
export interface Pairwise {
  /** Returns the name that stands in tokens for a resource: another where its subjects are pairwise, else the same. */
  nameAt(resource: Sector, kind: PairwiseKind, value: string): string
  /** Returns all names by which tokens call the same, at these resources or at any: itself, and the pairwise ones. */
  namesOf(kind: PairwiseKind, value: string, resources?: Iterable<Resource | undefined>): readonly string[]
}

/**
 * Reads the salt: its text as it stands is the key.
 *
 * @throws {TypeError | RangeError} when it is not at least 32 bytes in base64 or hex, or clearly not random
 */
export function readPairwiseSalt(name: string, salt: unknown): Uint8Array {
  checkText(name, salt, /^[A-Za-z0-9+/_=-]{43,512}$/, 'at least 32 random bytes as base64 or hex')
  if (new Set(salt).size < 12) throw new RangeError(`"${name}" expected random bytes`)
  return new TextEncoder().encode(salt)
}

/**
 * Returns the pairwise names of an issuer.
 *
 * @param salt needed where the subjects of a resource are pairwise; without it their names cannot be had
 */
export function createPairwise(
  issuer: string,
  salt: Uint8Array | undefined,
  resources: ReadonlyMap<string, Resource>,
): Pairwise {
  function derive(sector: string, kind: PairwiseKind, value: string): string {
    if (salt === undefined) throw new RangeError('pairwise subjects without a salt')
    const mac = hmac(sha256, salt, encodeLabels('bulla/1/pairwise', kind, issuer, sector, value))
    return encodeBase64url(mac.subarray(0, BYTES[kind]))
  }

  // A client that acts for itself, or an anonymous one, is called the same everywhere.
  function nameAt({ sector }: Sector, kind: PairwiseKind, value: string): string {
    return sector === undefined || isImpersonal(value) ? value : derive(sector, kind, value)
  }

  return {
    nameAt,
    namesOf: (kind, value, at = resources.values()) => [
      ...new Set([value, ...[...at].flatMap((resource) => (resource ? nameAt(resource, kind, value) : []))]),
    ],
  }
}

/**
 * Reads the pairwise names of an issuer from the settings.
 *
 * @throws {TypeError | RangeError} when a resource or a client has pairwise subjects and there is no salt, or it is none
 */
export function readPairwise(
  issuer: string,
  salt: unknown,
  resources: ReadonlyMap<string, Resource>,
  clients: ReadonlyMap<string, { readonly openid: Sector }>,
): Pairwise {
  const [resource] = [...resources].find(([, { sector }]) => sector !== undefined) ?? []
  const [client] = [...clients].find(([, { openid }]) => openid.sector !== undefined) ?? []
  const needing = resource === undefined ? client && `client "${client}"` : `resource "${resource}"`
  if (needing !== undefined && salt === undefined)
    throw new TypeError(`"pairwiseSalt" expected a secret: the ${needing} has pairwise subjects`)
  return createPairwise(issuer, salt === undefined ? undefined : readPairwiseSalt('pairwiseSalt', salt), resources)
}
