/**
 * Which names of keys a ring knows.
 *
 * @module
 */

import { readLeafKid } from './derive.ts'
import type { Ring } from './ring.ts'

/**
 * Tells whether a ring has a key of this kid, or has it revoked: a root; a leaf, or a signing key, of a period in which its
 * root seals; an RSA key.
 *
 * This does NOT tell whether a resource has, or had, the branch that a leaf's kid names.
 */
export function hasKey({ roots, rsa = [], revoked, period }: Ring, kid: string): boolean {
  if ([...roots, ...rsa].some((key) => key.kid === kid) || revoked.includes(kid)) return true
  const leaf = readLeafKid(kid.replace(/-Ed25519$/, ''))
  if (leaf === undefined) return false
  const root = roots.find((one) => one.kid === leaf.root)
  if (root === undefined) return revoked.includes(leaf.root)
  return root.use < (leaf.period + 1) * period && root.end > leaf.period * period
}
