/**
 * The revocations of an issuer on Workers.
 *
 * @module
 */

import type { Bundle } from '../token/revocations.ts'
import type { RevocationEvent, Revocations } from './revocations.ts'

/** What a stub of the revocations' object can be asked; see `RevocationsObject`. */
export interface RevocationsStub {
  add(event: RevocationEvent): Promise<void>
  read(now: number, what: 'access tokens' | 'anything'): Promise<Bundle>
}

/** The binding of the revocations' object. */
export interface RevocationsNamespace {
  getByName(name: string): RevocationsStub
}

/** Returns the revocations: one list, so one object. */
export function createDurableObjectRevocations(namespace: RevocationsNamespace): Revocations {
  return {
    add: (event) => namespace.getByName('revocations').add(event),
    read: (now, what) => namespace.getByName('revocations').read(now, what),
  }
}
